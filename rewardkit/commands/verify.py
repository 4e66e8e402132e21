"""`rewardkit verify`: compares an answer with a gold, says why, and measures the verifier.

Four uses: one pair; a file of labelled cases; the golds of a data set before training on it; a sample of your own
completions to label by hand, and the error rates those labels give.
"""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..formatting import excerpt
from .options import print_document

if TYPE_CHECKING:
    from ..audit.verifier.judged import Report
    from ..audit.verifier.noise import Noise, Rate
    from ..kinds import Extractor, Verifier
    from ..rows import GoldReader

EXTRACT_HELP = "Extractors to try in order (default: answer_tag, boxed, hash, answer_line)."


def verify(
    gold: Annotated[str | None, typer.Argument(help="The gold answer.", show_default=False)] = None,
    answer: Annotated[
        str | None, typer.Argument(help="The answer to compare with it.", show_default=False)
    ] = None,
    cases: Annotated[
        str | None,
        typer.Option(
            "--cases",
            metavar="FILE",
            help="Labelled rows (completion, gold, label): report agreement and every miss.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="VERIFIER", help="With --cases: also judge with this verifier: math-verify."
        ),
    ] = None,
    golds: Annotated[
        str | None,
        typer.Option("--golds", metavar="FILE", help="List the unusable golds in a data file."),
    ] = None,
    sample: Annotated[
        str | None,
        typer.Option(
            "--sample",
            metavar="FILE",
            help="For completions: write a sample to label by hand. For a labelled sample: report error rates.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="With --sample: the file to write the sample to.")
    ] = None,
    per_route: Annotated[
        int, typer.Option("--per-route", min=1, help="With --sample: rows to draw per route and verdict.")
    ] = 20,
    seed: Annotated[int, typer.Option("--seed", help="With --sample: random seed of the draw.")] = 0,
    extract: Annotated[list[str] | None, typer.Option("--extract", metavar="NAME", help=EXTRACT_HELP)] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="ROLE=NAME", help="Which column holds a role: gold, completion, ..."
        ),
    ] = None,
    gold_extract: Annotated[
        str | None,
        typer.Option(
            "--gold-extract",
            metavar="NAME",
            help="Extractor that finds the gold inside its column, such as hash.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check whether an answer equals the gold, by which route and how fast.

    Exit code 0; 1 if the answer is not the gold, a case is missed or a gold is unusable; 2 for bad input.
    """
    from ..errors import UsageError

    asked = [name for name, value in (("--cases", cases), ("--golds", golds), ("--sample", sample)) if value]
    if len(asked) > 1 or (asked and gold is not None):
        raise UsageError(f"choose one: GOLD ANSWER, --cases, --golds or --sample; found {', '.join(asked)}")
    if against and not cases:
        raise UsageError("--against needs --cases FILE")
    if cases:
        _cases(cases, against, extract, json)
    elif golds:
        _golds(golds, column, gold_extract, json)
    elif sample:
        _sample(sample, out, per_route, seed, extract, column, gold_extract, json)
    elif gold is None or answer is None:
        raise UsageError("give GOLD and ANSWER, or --cases FILE, --golds FILE or --sample FILE; see --help")
    else:
        _pair(gold, answer, json)


def _tiers(names: list[str] | None) -> list[Extractor]:
    from ..audit.verifier.judged import DEFAULT_TIERS, tiers
    from ..errors import UsageError

    try:
        return tiers([part.strip() for name in names for part in name.split(",")] if names else DEFAULT_TIERS)
    except KeyError as fault:
        raise UsageError(str(fault.args[0])) from None


def _pair(gold: str, answer: str, json: bool) -> None:
    from ..verify.math.verifier import Math

    found = Math().compare(gold, answer)
    if json:
        print_document("verdict", found)
    else:
        typer.echo(f"{found.equality}  (route {found.route}, {_time(found.seconds)})")
        typer.echo(f"  gold    {excerpt(found.gold or gold)}")
        typer.echo(f"  answer  {excerpt(found.answer or answer)}")
        if found.details:
            typer.echo(f"  {found.details.get('fault')}")
    raise typer.Exit(2 if found.equality == "undecided" else int(found.equality != "equal"))


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us" if seconds < 0.001 else f"{seconds * 1e3:.1f} ms"


def _cases(file: str, against: str | None, extract: list[str] | None, json: bool) -> None:
    from ..audit.verifier.judged import JUDGES, judge_cases, load_cases, report
    from ..errors import UsageError, nearest
    from ..verify.math.verifier import Math

    if against and against not in JUDGES:
        raise UsageError(f"there is no verifier {against!r}; {nearest(against, JUDGES)}")
    found = load_cases(file)
    made = report("rewardkit", *judge_cases(found, Math(), _tiers(extract)))
    other = report(against, *JUDGES[against](found)) if against else None
    if json:
        print_document("verify", made, **({"against": other} if other else {}))
    else:
        _print_report(made, other)
    raise typer.Exit(int(bool(made.misses)))


def _print_report(made: Report, other: Report | None) -> None:
    from rich.console import Console

    from ..audit.verifier.judged import NO_CATEGORY
    from ..formatting import terminal_table

    console = Console()
    reports = [made, *([other] if other else [])]
    header = ["category", "cases", *(name for one in reports for name in (one.verifier, "FP", "FN"))]
    rows = []
    named = sorted(made.categories) if set(made.categories) != {NO_CATEGORY} else []
    for name in [*named, ""]:
        counts = [one.categories[name] if name else one.total for one in reports]
        cells = [
            cell
            for tally in counts
            for cell in (_share(tally.agreement), str(tally.false_positives), str(tally.false_negatives))
        ]
        rows.append([name or "all", str(counts[0].cases), *cells])
    console.print(terminal_table(header, rows, "Agreement with the labels, firm cases", words=(0,)))
    for one in made.misses:
        case = one.case
        console.print(
            f"{one.miss} {case.id}: gold {excerpt(case.gold, 60)!r}, answer {excerpt(one.answer or '(nothing)', 60)!r}, "
            f"route {one.route}" + (f" ({case.note})" if case.note else ""),
            markup=False,
            highlight=False,
        )
    for one in reports:
        total = one.total
        console.print(
            f"{one.verifier}: {_share(total.agreement)} of {total.cases} firm cases ({one.debatable} debatable not counted), "
            f"{total.false_positives} false positives, {total.false_negatives} false negatives, {one.seconds:.2f} s",
            markup=False,
            highlight=False,
        )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _golds(file: str, column: list[str] | None, gold_extract: str | None, json: bool) -> None:
    from itertools import chain, islice

    from ..recipe.answer import Answer
    from ..rows import GoldReader, open_rows, parse_columns
    from ..rows.golds import ON_COMMAND_LINE, WINDOW

    answer = Answer()
    golds = GoldReader(gold_extract, judges=[answer], option=ON_COMMAND_LINE)
    columns = parse_columns(column or [])
    source = open_rows(file)
    chosen = None
    faults: list[dict[str, Any]] = []
    doubted: list[dict[str, Any]] = []
    rows = 0
    rest = iter(source)
    head = list(islice(rest, WINDOW))
    for row in chain(head, rest):
        rows += 1
        if row.cells is None:
            faults.append({"row": row.number, "gold": None, "fault": row.fault})
            continue
        if chosen is None:
            chosen = columns.choose(row.cells, required=("gold",)).columns["gold"]
            golds.look((one.cells.get(chosen) for one in head if one.cells), chosen, source.name)
        fault, doubt = _gold_fault(row.cells.get(chosen), golds, answer.verify)
        if fault:
            faults.append({"row": row.number, **fault})
        elif doubt:
            doubted.append({"row": row.number, **doubt})
    if json:
        told = {"file": source.name, "rows": rows, "unusable": faults} | (
            {"doubted": doubted} if doubted else {}
        )
        print_document("golds", told)
    else:
        for one in sorted(faults + doubted, key=lambda one: one["row"]):
            typer.echo(f"{source.name}:{one['row']}: {one['fault']}")
        tail = f", {len(doubted)} equal to their own text alone" if doubted else ""
        typer.echo(f"{source.name}: {rows} rows, {len(faults)} unusable golds{tail}")
    raise typer.Exit(int(bool(faults)))


def _gold_fault(
    cell: Any, golds: GoldReader, verifier: Verifier
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What is wrong with the golds of one row, and which of them is equal to its own text alone; None for neither."""
    from ..rows.golds import doubts
    from ..rows.values import RowFault
    from ..types import Rollout

    try:
        found = golds.read(cell)
    except RowFault as fault:
        return {"gold": str(cell)[:200], "fault": str(fault)}, None
    rollouts = [
        Rollout(completion="", gold=gold)
        for gold in (found if isinstance(found, tuple) else (found,))
        if gold is not None
    ]
    for one in rollouts:
        told = verifier.gold_fault(str(one.gold), one)
        if told:
            return {"gold": str(one.gold)[:200], "fault": told}, None
    doubted = doubts(verifier, rollouts)
    return None, {"gold": str(doubted[0][0].gold)[:200], "fault": doubted[0][1]} if doubted else None


def _sample(
    file: str, out: Path | None, per_route: int, seed: int, extract: list[str] | None,
    column: list[str] | None, gold_extract: str | None, json: bool,
) -> None:  # fmt: skip
    from ..audit.verifier.noise import draw, noise, read_labels
    from ..documents import encode
    from ..errors import DataError, UsageError
    from ..files import write_whole
    from ..rows import open_rows

    first = next(iter(open_rows(file)), None)
    if first is not None and first.cells is not None and "stratum" in first.cells:
        rows = []
        for row in open_rows(file):
            if row.cells is None:
                raise DataError(row.fault, file, row.number)
            rows.append(row.cells)
        found = noise(read_labels(rows, file))
        if not found.labelled:
            raise DataError(
                "no row has a label yet; set `label` to true if the answer is the gold and to false if it is not",
                file,
            )
        _print_noise(found, json)
        return
    if out is None:
        raise UsageError("--sample writes a sample to label; give the file to write with --out FILE")
    drawn = draw(_judged(file, _tiers(extract), column, gold_extract), per_route, seed)
    write_whole(out, "".join(json_module.dumps(encode(one)) + "\n" for one in drawn))
    typer.echo(f"{out}: {len(drawn)} completions from {len({one.stratum for one in drawn})} strata; "
               f"set `label` in each to true or false, then: rewardkit verify --sample {out}")  # fmt: skip


def _judged(
    file: str, found: list[Extractor], column: list[str] | None, gold_extract: str | None
) -> list[Any]:
    """Every completion of a file with its verdict."""
    from ..audit.verifier.judged import question
    from ..audit.verifier.noise import TAIL, Drawn
    from ..recipe.answer import Answer
    from ..rows import parse_columns, read_rollouts
    from ..rows.golds import ON_COMMAND_LINE
    from ..verify.math.verifier import Math

    verifier = Math()
    judged = []
    groups = read_rollouts(
        file,
        parse_columns(column or []),
        gold_extract=gold_extract,
        judges=[Answer(verify=verifier)],
        option=ON_COMMAND_LINE,
        null_gold="unanswerable",
    )
    for group in groups:
        rollouts = [rollout for rollout in group if any(gold is not None for gold in rollout.golds)]
        asked = [
            question(r.completion, tuple(g for g in r.golds if g is not None), found, r) for r in rollouts
        ]
        verdicts = iter(verifier.verify([one for one in asked if one is not None]))
        for rollout, one in zip(rollouts, asked, strict=True):
            verdict = next(verdicts) if one is not None else None
            equality, route = (str(verdict.equality), verdict.route) if verdict else ("different", "nothing")
            judged.append(
                Drawn(
                    id=f"{rollout.id}/{rollout.sample}" if rollout.sample else rollout.id,
                    gold=str(rollout.golds[0]),
                    answer=one.extraction.text if one else None,
                    verdict=equality,
                    route=route,
                    stratum=f"{route}/{equality}",
                    stratum_size=0,
                    completion_end=rollout.completion[-TAIL:],
                )
            )
    for bad in groups.report.bad:
        typer.echo(str(bad), err=True)
    return judged


def _print_noise(found: Noise, json: bool) -> None:
    if json:
        print_document("noise", found)
        return

    def line(name: str, rate: Rate) -> None:
        shown = (
            "nothing labelled"
            if rate.value is None
            else f"{rate.value:.1%}  (95% {rate.low:.1%} to {rate.high:.1%}, {rate.labelled} labels)"
        )
        typer.echo(f"{name:<22}{shown}")

    line("truly right", found.right)
    line("false positives", found.false_positive)
    line("false negatives", found.false_negative)
    if found.youden is not None:
        typer.echo(f"{'J = 1 - FN - FP':<22}{found.youden:.3f}")
    if found.signal_kept is not None:
        typer.echo(
            f"{'signal kept':<22}{found.signal_kept:.1%} of what a perfect verifier would teach at this share of right answers"
        )
