"""`rewardkit redteam RECIPE [--rollouts FILE]`: a recipe attacked with named mutations of completions.

Exit codes: 0; 1 an exploit is an error that is not allowed; 2 usage or bad input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    AS_IT_IS,
    Allow,
    AsJson,
    RecipeName,
    RowOptions,
    Settings,
    print_document,
    with_row_options,
)

if TYPE_CHECKING:
    from rich.console import Console

    from ..audit.redteam.attacks import RedTeam


@with_row_options
def redteam(
    recipe: RecipeName,
    rollouts: Annotated[
        str | None,
        typer.Option(help="Real completions to mutate: .jsonl, .json, .csv, .tsv, .parquet, or -."),
    ] = None,
    bases: Annotated[
        int, typer.Option(min=0, help="How many of each outcome are mutated, the shortest first.")
    ] = 12,
    set_: Settings = None,
    allow: Allow = None,
    rows: RowOptions = AS_IT_IS,
    as_json: AsJson = False,
) -> None:
    """Attack a recipe with named mutations of honest completions, each with an invariant that the rewards must keep."""
    from ..audit.redteam.redteam import redteam as attack
    from ..audit.rollouts.load import load
    from ..cases.files import case_rollouts
    from ..recipe.loading import load_recipe

    reward = load_recipe(recipe, set_ or ())
    given = []
    if rollouts is not None:
        given = [rollout for group in load(rollouts, reward, **rows.given()).groups for rollout in group]
    found = attack(reward, given, cases=case_rollouts(recipe, reward), bases=bases, allow=allow or ())
    if as_json:
        print_document("redteam", found)
    else:
        from rich.console import Console

        _print(Console(highlight=False), found)
    if found.failed:
        raise typer.Exit(1)


def _print(console: Console, found: RedTeam) -> None:
    from rich.markup import escape
    from rich.padding import Padding

    from ..audit.findings import SIGNS
    from ..audit.render import COLOURS, print_witness
    from ..formatting import terminal_table

    console.print(f"[bold]{escape(found.recipe)}[/bold]  [dim]{found.digest}[/dim]")
    for line in found.sentences():
        console.print(escape(line))
    for one in found.findings:
        colour = COLOURS[one.severity]
        allowed = found.allowed.get(one.code)
        note = f" [dim]allowed: {escape(allowed)}[/dim]" if allowed is not None else ""
        console.print(f"[{colour}]{SIGNS[one.severity]} {one.code}[/{colour}]{note}")
        console.print(Padding(escape(one.sentence), (0, 0, 0, 2)))
        if one.witness is not None:
            print_witness(console, one.witness)
        console.print(Padding(f"[dim]stop: {escape(one.advice)}[/dim]", (0, 0, 0, 2)))
    console.print(terminal_table(found.header, found.rows(), "Attacks"))
