"""`rewardkit explain RECIPE`: the tree of one score, for a row of a file or for a completion on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import AsJson, Columns_, GoldExtract, GroupBy, RecipeName, Settings, Tokenizer, print_json

if TYPE_CHECKING:
    from ..recipe.recipe import Recipe
    from ..types import Rollout, Score


def explain(
    recipe: RecipeName,
    file: Annotated[
        str | None,
        typer.Argument(help="Rows, as `rewardkit score` reads them; - for JSONL on standard input."),
    ] = None,
    row: Annotated[
        int | None, typer.Option(min=1, help="The row of the file, by its line number in an editor.")
    ] = None,
    id_: Annotated[str | None, typer.Option("--id", help="The row with this id.")] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=0, help="Which of the row's or group's completions; by default the first."),
    ] = None,
    completion: Annotated[
        str | None,
        typer.Option(help="A completion to score, instead of a file; - reads it from standard input."),
    ] = None,
    gold: Annotated[
        list[str] | None, typer.Option(help="Its gold; repeat the option for several accepted golds.")
    ] = None,
    null_gold: Annotated[
        bool, typer.Option("--null-gold", help="Its gold is null: the problem cannot be answered.")
    ] = False,
    tokens: Annotated[int | None, typer.Option(min=0, help="Its number of tokens.")] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="Another column of its row, as JSON or text: nums=[79,17,60]."
        ),
    ] = None,
    truncated: Annotated[bool, typer.Option("--truncated", help="It was cut by a length limit.")] = False,
    column: Columns_ = None,
    gold_extract: GoldExtract = None,
    tokenizer: Tokenizer = None,
    set_: Settings = None,
    group_by: GroupBy = None,
    as_json: AsJson = False,
) -> None:
    """Explain one score: what each term paid and why, the outcome, and where the answer was found.

    Either a FILE, with --row or --id and --sample to choose (the first completion otherwise), or --completion with
    --gold.
    """
    from ..errors import UsageError
    from ..recipe.loading import load_recipe
    from ..rows.tokens import counted, load_tokenizer

    if (file is None) == (completion is None):
        raise UsageError("give either a FILE or --completion TEXT with --gold GOLD")
    reward = load_recipe(recipe, set_ or ())
    counter = load_tokenizer(tokenizer) if tokenizer and reward.needs() else None
    if completion is not None:
        chosen = {"--row": row, "--id": id_, "--sample": sample, "--group-by": group_by}
        _refuse(chosen, "selects from a FILE and cannot be used with --completion")
        group, at = [_rollout(completion, gold, null_gold, tokens, field, truncated)], 0
        if counter is None:
            _check_tokens(reward, tokens)
    else:
        facts = {"--gold": gold, "--null-gold": null_gold, "--tokens": tokens, "--field": field}
        facts["--truncated"] = truncated
        _refuse(facts, "describes a --completion; a FILE has a column for it")
        needs = frozenset() if tokenizer else reward.needs()
        group, at = _read(str(file), reward, needs, (row, id_, sample), column, gold_extract, group_by)
    scores = reward.score(counted(group, counter) if counter is not None else group)
    _print(reward, scores[at], len(group), as_json)


def _refuse(options: dict[str, object], why: str) -> None:
    """Raise UsageError for the first option that was given."""
    from ..errors import UsageError

    for name, value in options.items():
        if value not in (None, False):
            raise UsageError(f"{name} {why}")


def _check_tokens(reward: Recipe, tokens: int | None) -> None:
    from ..errors import MissingFact

    if "tokens" in reward.needs() and tokens is None:
        raise MissingFact(
            f"no token count, and {reward.ref} prices tokens: give it with --tokens N, or name a tokenizer "
            "(--tokenizer NAME)"
        )


def _read(
    file: str,
    reward: Recipe,
    needs: frozenset[str],
    wanted: tuple[int | None, str | None, int | None],
    column: list[str] | None,
    gold_extract: str | None,
    group_by: str | None,
) -> tuple[list[Rollout], int]:
    """The group of a file that holds the completion asked for, and its place there."""
    from ..rows import parse_columns, read_rollouts
    from ..rows.golds import ON_COMMAND_LINE

    groups = read_rollouts(
        file,
        parse_columns(column or ()),
        gold_extract=gold_extract,
        judges=[reward.answer],
        option=ON_COMMAND_LINE,
        null_gold=reward.answer.null_gold,
        needs=needs,
        fields=reward.fields(),
        group_by=group_by,
    )
    found = _chosen(groups, *wanted)
    typer.secho(str(groups.report.chosen), err=True, dim=True)
    return found


def _rollout(
    completion: str,
    gold: list[str] | None,
    null_gold: bool,
    tokens: int | None,
    fields: list[str] | None,
    truncated: bool,
) -> Rollout:
    """The rollout of a completion given on the command line."""
    import sys

    from ..errors import UsageError
    from ..types import Finish, Rollout

    if null_gold == bool(gold):
        raise UsageError("give the completion's --gold GOLD, or --null-gold if the problem has no answer")
    if completion == "-":
        completion = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    return Rollout(
        completion=completion,
        gold=None if null_gold else (gold or [])[0] if len(gold or []) == 1 else gold,
        id="1",
        group="1",
        tokens=tokens,
        finish=Finish.LENGTH if truncated else Finish.UNKNOWN,
        fields=dict(_field(text) for text in fields or ()),
    )


def _field(text: str) -> tuple[str, Any]:
    import json

    from ..errors import UsageError

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--field {text}: write it as name=value, as in nums=[79,17,60]")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _chosen(groups: Any, row: int | None, name: str | None, sample: int | None) -> tuple[list[Rollout], int]:
    """The group that holds the completion asked for, and its place there."""
    from ..errors import DataError

    for group in groups:
        for at, (rollout, number) in enumerate(zip(group, group.rows, strict=True)):
            if row in (None, number) and name in (None, rollout.id) and sample in (None, rollout.sample):
                return group, at
    wanted = [f"row {row}" if row is not None else "", f"id '{name}'" if name is not None else ""]
    wanted += [f"sample {sample}" if sample is not None else ""]
    for bad in groups.report.bad:
        if row in (None, bad.row):
            raise DataError(bad.fault, bad.file, bad.row)
    raise DataError(
        f"no completion with {' and '.join(filter(None, wanted)) or 'a usable row'} among "
        f"{groups.report.rollouts} in {groups.report.rows} rows",
        groups.report.file,
    )


def _print(reward: Recipe, score: Score, size: int, as_json: bool) -> None:
    from ..scoring.explain import explain_lines
    from ..scoring.record import record

    rollout = score.reading.rollout
    lines = explain_lines(score, reward)
    if as_json:
        print_json({**record(score), "lines": lines})
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    where = f"row id {rollout.id}, sample {rollout.sample} of {size}" if size > 1 else f"row id {rollout.id}"
    console.print(Text(f"{reward.ref} ({score.digest}), {where}", style="dim"), soft_wrap=True)
    for at, line in enumerate(lines):
        console.print(_coloured(line, bold=at == 0), soft_wrap=True)


def _coloured(line: str, bold: bool) -> Any:
    """Payments in green and red, on a terminal."""
    import re

    from rich.text import Text

    text = Text(line, style="bold" if bold else "")
    payment = re.match(r"[│├└─ ]*\S+\s+([+-][0-9][0-9.e+-]*)", line)
    if payment:
        text.stylize("red" if payment[1].startswith("-") else "green", *payment.span(1))
    return text
