"""`rewardkit diff A B [--rollouts FILE]`: what changed between two recipes.

Exit codes: 0; 1 a finding is an error (with --against: a completion is paid differently); 2 usage or bad input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import AS_IT_IS, Allow, AsJson, RowOptions, Workers, print_document, with_row_options

if TYPE_CHECKING:
    from rich.console import Console

    from ..audit.diff.diff import Diff


@with_row_options
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="name@version, or the path of a recipe.")],
    after: Annotated[
        str | None, typer.Argument(metavar="[B]", help="The other recipe; or use --against.")
    ] = None,
    rollouts: Annotated[
        str | None, typer.Option(help="Completions to compare on: .jsonl, .json, .csv, .tsv, .parquet, or -.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="KIND", help="Compare A with a plugin's kind (an existing reward function) instead of B."
        ),
    ] = None,
    params: Annotated[
        str | None, typer.Option(metavar="YAML", help="Parameters of that kind, as in '{threshold: 0.5}'.")
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="The column that says which checkpoint or model wrote a completion (`checkpoint`, `step`).",
        ),
    ] = None,
    allow: Allow = None,
    rows: RowOptions = AS_IT_IS,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """What changed between two recipes: how they read, what they pay in which cell, and what that does to the rewards of rollouts."""
    from ..audit.diff.diff import against as in_place
    from ..audit.diff.diff import diff as compared
    from ..audit.rollouts.load import load
    from ..errors import UsageError
    from ..recipe.loading import load_recipe

    if (after is None) == (against is None):
        raise UsageError("diff takes either a second recipe or --against KIND")
    one = load_recipe(before)
    two = load_recipe(after) if after is not None else in_place(one, against or "", _params(params))
    loaded = None
    if rollouts is not None:
        loaded = load(rollouts, one, two, **rows.given())
    elif checkpoint is not None:
        raise UsageError("--checkpoint needs --rollouts")
    found = compared(
        one,
        two,
        loaded,
        checkpoint=checkpoint,
        must_equal=against is not None,
        allow=allow or (),
        workers=workers,
    )
    if as_json:
        print_document("diff", found, bad_rows=loaded.bad if loaded else [])
    else:
        from rich.console import Console

        from ..audit.render import left_out

        console = Console(highlight=False)
        _print(console, found)
        if loaded is not None:
            left_out(console, loaded.bad)
    if found.failed:
        raise typer.Exit(1)


def _params(text: str | None) -> dict:
    from ..config.source import read_text
    from ..errors import UsageError

    if text is None:
        return {}
    found = read_text(text, "--params").plain()
    if not isinstance(found, dict):
        raise UsageError(f"--params {text}: write a mapping of parameters, as in '{{threshold: 0.5}}'")
    return found


def _print(console: Console, found: Diff) -> None:
    from rich.markup import escape
    from rich.padding import Padding

    from ..formatting import terminal_table

    console.print(f"[bold]{escape(found.before)} -> {escape(found.after)}[/bold]")
    for line in found.spec.sentences():
        console.print(escape(line))
    if found.spec.blocks:
        changed = [[name, *both] for name, both in found.spec.prices.items() if both[0] != both[1]]
        if changed:
            console.print(terminal_table(["outcome", "before", "after"], changed, "Prices, style aside"))
        console.print(terminal_table(found.spec.header, found.spec.rows(), "Cells that are paid differently"))
    for change in found.claims:
        console.print(f"[bold]claim {escape(str(change))}[/bold]")
        if change.sentence:
            console.print(Padding(escape(change.sentence), (0, 0, 0, 2)))
    held = found.comparison
    if held is not None:
        console.print(f"\n[bold]On {escape(found.on)}[/bold]")
        for line in held.sentences():
            console.print(escape(line))
        if held.by_term:
            console.print(
                terminal_table(["term", "completions", "sum of changes"], held.term_rows(), "Moved by")
            )
        if held.movers:
            header = ["before", "after", "outcome", "terms", "completion"]
            console.print(terminal_table(header, held.mover_rows(), "Moved most"))
        if held.checkpoints:
            console.print(
                terminal_table(["checkpoint", "before", "after"], held.checkpoint_rows(), "Mean reward")
            )
    for one in found.findings:
        console.print(f"[yellow]{one.severity} {one.code}[/yellow] {escape(one.sentence)}")
