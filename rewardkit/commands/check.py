"""`rewardkit check RECIPE...`: what a recipe pays for, proven or refuted, alone or on the user's own data.

Exit codes: 0; 1 a finding is an error that is not allowed; 2 usage or bad input.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .options import Allow, AsJson, Columns_, GoldExtract, Limit, Settings, Tokenizer, print_document

if TYPE_CHECKING:
    from ..audit.findings import Audit
    from ..recipe.recipe import Recipe
    from ..types import Rollout


def check(
    recipes: Annotated[
        list[str], typer.Argument(metavar="RECIPE...", help="name@version, or the path of a recipe.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Problems with golds: check the recipe against them, and compare policies on their mix."
        ),
    ] = None,
    rollouts: Annotated[
        str | None,
        typer.Option(
            help="Completions of your own, with golds: claims that the bounds do not prove are tried on them too."
        ),
    ] = None,
    set_: Settings = None,
    allow: Allow = None,
    max_completion_length: Annotated[
        int | None, typer.Option(min=1, help="Tokens at which completions are cut; finds prices beyond it.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(help="A training plan, for its max_completion_length and beta.")
    ] = None,
    unanswerable: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="The share of problems without an answer.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=0.999,
            help="P(unanswerable) from which None should pay; prints the price for that.",
        ),
    ] = None,
    chance: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="The chance of being right that --threshold is for.")
    ] = 0.5,
    accuracy: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            help="With --data: the accuracy of the honest policy that others are compared with.",
        ),
    ] = 0.5,
    tokenizer: Tokenizer = None,
    prefilled: Annotated[
        bool | None,
        typer.Option(
            "--prefilled/--not-prefilled", help="With --data: whether the chat template opens the reasoning."
        ),
    ] = None,
    column: Columns_ = None,
    gold_extract: GoldExtract = None,
    limit: Limit = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show what is proven, notes and tables too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prove what a recipe pays for, alone or on your data.

    Everything has a price; no wrong answer outscores a right one; in a GRPO group no wrong answer is pushed up beside a
    right one; no term is dead, unbounded or not monotonic; and at which P(unanswerable) None starts to pay. Each claim
    is proven, refuted by a completion that was scored, or unknown.
    """
    from ..audit.proof.check import check as audit
    from ..cases.files import case_rollouts
    from ..recipe.loading import load_recipe

    cut, beta = (max_completion_length, None) if plan is None else _planned(plan, max_completion_length)
    on_data = None
    if data is not None:
        from ..audit.data.contract import with_data
        from ..rows import parse_columns
        from ..rows.tokens import load_tokenizer

        on_data = partial(
            with_data,
            path=data,
            columns=parse_columns(column or ()),
            gold_extract=gold_extract,
            accuracy=accuracy,
            limit=limit,
            longest=cut,
            counter=load_tokenizer(tokenizer) if tokenizer else None,
            prefilled=prefilled,
        )
    audits: list[Audit] = []
    for reference in recipes:
        recipe = load_recipe(reference, set_ or ())
        found = audit(
            recipe,
            max_completion_length=cut,
            unanswerable=unanswerable,
            wished=None if threshold is None else (threshold, chance),
            allow=allow or (),
            extra=[
                *case_rollouts(reference, recipe),
                *(_own(rollouts, recipe, column, gold_extract, tokenizer, limit) if rollouts else ()),
            ],
            beta=beta,
        )
        audits.append(found if on_data is None else on_data(found, recipe))
    _print(audits, as_json, everything)
    if any(found.failed for found in audits):
        raise typer.Exit(1)


def _own(
    path: str,
    recipe: Recipe,
    column: list[str] | None,
    gold_extract: str | None,
    tokenizer: str | None,
    limit: int | None,
) -> list[Rollout]:
    """The rollouts of a file; rows that cannot be used are named on standard error."""
    from ..audit.rollouts.load import load

    found = load(path, recipe, column=column, gold_extract=gold_extract, tokenizer=tokenizer, limit=limit)
    if found.bad:
        typer.echo(f"{path}: {len(found.bad)} rows left out; the first: {found.bad[0]}", err=True)
    return [rollout for group in found.groups for rollout in group]


def _print(audits: list[Audit], as_json: bool, everything: bool) -> None:
    if as_json:
        print_document("check", {"audits": audits})
        return
    from rich.console import Console

    from ..audit.render import print_audit

    console = Console(highlight=False)
    for at, found in enumerate(audits):
        if at:
            console.print()
        print_audit(console, found, everything)


def _planned(plan: Path, given: int | None) -> tuple[int, float | None]:
    """The plan's longest completion (the smallest `max_completion_length` that it names) and its least `beta`."""
    from ..config.source import read_file

    if given is not None:
        raise UsageError("--plan and --max-completion-length both say where completions end; keep one")
    tree = read_file(plan).plain()
    lengths = [length for length in _named(tree, "max_completion_length") if isinstance(length, int)]
    if not lengths:
        raise UsageError(f"{plan} has no max_completion_length; give --max-completion-length")
    betas = [float(beta) for beta in _named(tree, "beta") if isinstance(beta, (int, float))]
    return min(lengths), min(betas, default=None)


def _named(tree: object, name: str) -> list[object]:
    """Every value under this name, at any depth."""
    if isinstance(tree, dict):
        own = [value for key, value in tree.items() if key == name]
        return own + [value for child in tree.values() for value in _named(child, name)]
    return [value for child in tree for value in _named(child, name)] if isinstance(tree, list) else []
