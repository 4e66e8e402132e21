"""`rewardkit advantages RECIPE --rollouts FILE`: what GRPO would compute from these rollouts.

Exit codes: 0; 2 usage or bad input.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .options import (
    AS_IT_IS,
    AsJson,
    RecipeName,
    RowOptions,
    Settings,
    Workers,
    print_document,
    with_row_options,
)


@with_row_options
def advantages(
    recipe: RecipeName,
    rollouts: Annotated[
        str,
        typer.Option(
            help="Completions: .jsonl, .json, .csv, .tsv, .parquet, or - for JSONL on standard input."
        ),
    ],
    scale_rewards: Annotated[
        Literal["group", "batch", "none"],
        typer.Option(help="The standard deviation to divide by, as in TRL."),
    ] = "group",
    aggregation: Annotated[
        Literal["sum_then_normalize", "normalize_then_sum"],
        typer.Option(
            help="TRL's multi_objective_aggregation, with each term as a reward function of its own."
        ),
    ] = "sum_then_normalize",
    set_: Settings = None,
    rows: RowOptions = AS_IT_IS,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Advantages as TRL computes them, the terms they come from, dead groups and amplified ties."""
    from ..audit.rollouts.advantages import grpo_advantages
    from ..audit.rollouts.load import load, scored
    from ..recipe.loading import load_recipe

    reward = load_recipe(recipe, set_ or ())
    loaded = load(rollouts, reward, **rows.given())
    held = scored(reward, loaded, workers)
    found = grpo_advantages(held, scale_rewards, aggregation)
    if as_json:
        print_document("advantages", found, bad_rows=loaded.bad, faults=held.faults)
        return
    from rich.console import Console

    from ..audit.render import left_out
    from ..formatting import terminal_table

    console = Console(highlight=False)
    console.print(f"[bold]{found.recipe}[/bold]  [dim]{found.digest}[/dim]  {scale_rewards}, {aggregation}")
    for line in found.sentences():
        console.print(line)
    header, table = found.share_rows()
    console.print(terminal_table(header, table, "Where the variance within groups comes from"))
    left_out(console, loaded.bad, held.faults)
