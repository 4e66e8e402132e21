"""Sections about evaluation runs: summary, curves, differences, slices, outcomes, flips, extraction panel.

The first run is the baseline. Runs that can be compared share their sections; those that cannot get sections of
their own, with the reason.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from rewardkit.formatting import number_of
from rewardkit.pages.blocks import Block, Folded, Picture, Pictures, Prose, Tabled
from rewardkit.pages.completions import Completions
from rewardkit.pages.page import Section
from rewardkit.pages.tables import Table, interval

from ..analysis.board import load_board
from ..analysis.comparison import STARRED
from ..analysis.ledger import ledger_table
from ..analysis.paired import RunComparison
from ..analysis.panel import panel
from ..analysis.summary import RunSummary, summarise
from ..run.folder import EvaluationRun
from . import charts
from .agreement import agreement_section
from .runs import Runs, comparable
from .texts import add_runs, flips_of

HEADLINES = (
    "accuracy",
    "mean@n",
    "greedy-mean@n",
    "none_recall",
    "none_precision",
    "false_none",
    "no_answer",
)
HEADLINES += ("truncated", "tokens", "reward")
HEADLINE_NOTE = f"95 % intervals over questions; {STARRED}"


def evaluation_sections(
    folders: Mapping[str, EvaluationRun],
    completions: Completions,
    *,
    scoring: str | None = None,
    anyway: bool = False,
) -> list[Section]:
    """Every section about these runs; their completions are added to `completions`.

    Raises what loading raises (a run that is not scored yet, say).
    """
    boards = {name: load_board(folder, scoring) for name, folder in folders.items()}
    sections: list[Section] = []
    groups = comparable(folders, boards, anyway)
    for place, runs in enumerate(groups):
        apart = (
            f": {runs.suite}" + (f" ({', '.join(runs.boards)})" if place else "") if len(groups) > 1 else ""
        )
        prefix = f"{place + 1}-" if len(groups) > 1 else ""
        texts = add_runs(runs, completions, scoring)
        made = [
            summary_section(runs, prefix),
            curves_section(runs, prefix),
            differences_section(runs),
            slices_section(runs, prefix),
            behaviour_section(runs, prefix),
            flips_section(runs, texts),
            panel_section(runs),
            agreement_section(runs.folders, runs.boards),
        ]
        sections += [
            Section(section.title + apart, section.blocks, section.lead, section.plain)
            for section in made
            if section is not None
        ]
    return sections


def summary_section(runs: Runs, prefix: str) -> Section:
    """Headline figures as a picture and a table; each run's every figure behind it."""
    summaries = {name: summarise(board, slices=False) for name, board in runs.boards.items()}
    asked = (
        f"{number_of(len(next(iter(runs.boards.values())).items), 'question')} of {runs.suite}: greedy decoding beside "
        "samples of the same questions."
    )
    lead, *told = [*(runs.comparison.conclusions if runs.comparison is not None else []), asked]
    blocks: list[Block] = [*map(Prose, told), Tabled(ledger_table(runs.boards))]
    blocks += map(Prose, _sentences(summaries))
    drawn = charts.headlines(runs.boards)
    pictures = []
    if drawn is not None:
        pictures.append(Picture(f"{prefix}headlines", drawn, "Headline figures with their 95 % intervals"))
    if runs.comparison is not None:
        moved = charts.differences(runs.comparison)
        caption = f"Paired differences from {runs.comparison.names[0]}, in points, with their 95 % intervals"
        pictures += [Picture(f"{prefix}differences", moved, caption)] if moved is not None else []
    blocks += [Pictures(pictures)] if pictures else []
    if runs.comparison is not None:
        blocks.append(Tabled(_headline_table(runs.comparison)))
    notes = dict.fromkeys(note for summary in summaries.values() for note in summary.notes[:-1])
    blocks += map(Prose, notes)
    for name, summary in summaries.items():
        alone = len(summaries) == 1
        table = summary.table()
        blocks.append(Tabled(table) if alone else Folded(f"{name}: every headline figure", [Tabled(table)]))
    blocks.append(Folded("Models and decoding", [Tabled(_decoding(runs))]))
    if runs.objections:
        word = "Compared nevertheless" if runs.comparison is not None else "Not compared with the others"
        lead += f" {word}: {'; '.join(dict.fromkeys(runs.objections))}."
    return Section("Summary", blocks, lead, list(summaries.values()))


def curves_section(runs: Runs, prefix: str) -> Section | None:
    """pass@k with greedy accuracy, the pass rates, and the quadrants."""
    drawn = [
        (
            "pass-at-k",
            charts.curves(runs.boards),
            "Share of questions right within k samples, against k; dashed: greedy",
        ),
        (
            "pass-rates",
            charts.pass_rates(runs.boards),
            "How many questions have which share of right samples",
        ),
        ("quadrants", charts.quadrants(runs.boards), "Questions by what greedy decoding and samples reach"),
    ]
    pictures = [Picture(prefix + name, chart, caption) for name, chart, caption in drawn if chart is not None]
    if not pictures:
        return None
    lead = (
        "Where pass@k lies above greedy accuracy, the policy can already do what it does not do by default: "
        "that is what reinforcement learning can win."
    )
    plain = runs.comparison.curves if runs.comparison is not None else None
    return Section("Greedy and pass@k", [Pictures(pictures)], lead, plain)


def differences_section(runs: Runs) -> Section | None:
    """Paired differences from the first run; those by slice behind their titles."""
    made = runs.comparison
    if made is None:
        return None
    tables = made.tables()
    several = len(made.names) - 1
    blocks: list[Block] = [Prose(note) for note in made.notes()]
    blocks += [Folded(table.title, [Tabled(_untitled(table))]) for table in tables[:several]]
    if tables[several:]:
        blocks.append(Folded("By slice", [Tabled(table) for table in tables[several:]]))
    lead = f"Paired by question: {len(made.items)} questions that every run was asked."
    return Section("Differences", blocks, lead, made)


def slices_section(runs: Runs, prefix: str) -> Section | None:
    """A picture and tables for each sliced column."""
    columns = next(iter(runs.boards.values())).suite.slices
    pictures = []
    for column in columns:
        chart = charts.slices(runs.boards, column)
        if chart is not None:
            pictures.append(
                Picture(f"{prefix}slices-{column}", chart, f"Accuracy by {column}, with 95 % intervals")
            )
    if not pictures:
        return None
    summaries = {name: summarise(board) for name, board in runs.boards.items()}
    blocks: list[Block] = [Pictures(pictures)]
    for column in columns:
        tables = []
        for name, summary in summaries.items():
            table = summary.slice_table(column)
            tables.append(Tabled(Table(table.headers, table.rows, name if len(summaries) > 1 else "")))
        blocks.append(Folded(f"Figures by {column}", tables))
    lead = "The same figures over parts of the questions; small parts have wide intervals."
    return Section("Slices", blocks, lead)


def behaviour_section(runs: Runs, prefix: str) -> Section:
    """Outcomes and lengths."""
    drawn = [
        ("outcomes", charts.outcomes(runs.boards), "The share of each outcome among the completions"),
        ("lengths", charts.lengths(runs.boards), "How many tokens right and other completions take"),
    ]
    pictures = [Picture(prefix + name, chart, caption) for name, chart, caption in drawn if chart is not None]
    return Section("Outcomes and lengths", [Pictures(pictures)])


def flips_section(runs: Runs, texts: Mapping[tuple[str, str], Any]) -> Section | None:
    """Questions that greedy decoding answers rightly in one run and not in the other, both texts."""
    if runs.comparison is None or not runs.comparison.flips:
        return None
    lead = "Questions that greedy decoding answers rightly in one run and not in the other, both texts side by side."
    return Section("Flipped questions", flips_of(runs.comparison, texts), lead, runs.comparison.flips)


def panel_section(runs: Runs) -> Section | None:
    """The same completions under several ways of reading, where a run was scored in several ways."""
    blocks: list[Block] = []
    for name, folder in runs.folders.items():
        chosen = _readings(folder)
        if len(chosen) > 1:
            for table in panel(folder, chosen).tables():
                title = f"{name}: {table.title}" if table.title else ""
                blocks.append(Tabled(Table(table.headers, table.rows, title, table.notes)))
    if not blocks:
        return None
    lead = (
        "The same completions under several ways of reading an answer. A gap is about format where the "
        "stricter reader misses an answer that is there, and about credit that is not due where the other takes a number that "
        "is not the answer: read some of the completions on which they differ."
    )
    return Section("Extraction panel", blocks, lead)


def _readings(folder: EvaluationRun) -> list[str]:
    """References of the scoring passes that read answers differently from each other."""
    found: dict[str, str] = {}
    for path in sorted(folder.scores.glob("*.json")):
        about = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault(
            json.dumps(about["tree"].get("answer", {}), sort_keys=True), about["asked"] or about["recipe"]
        )
    return list(found.values())


def _headline_table(made: RunComparison) -> Table:
    """One row per metric and one column per run."""
    rows = [row for row in made.rows if not row.column]
    found = {(row.run, row.metric, row.arm): row for row in rows}
    last = [
        metric for metric in dict.fromkeys(row.metric for row in rows) if metric.startswith(("pass@", "maj@"))
    ]
    shown = {
        *HEADLINES,
        *(metric for metric in last if metric.rpartition("@")[2] == last[-1].rpartition("@")[2]),
    }
    cells = []
    for metric, arm, unit in dict.fromkeys(
        (row.metric, row.arm, row.unit) for row in rows if row.metric in shown
    ):
        line = [f"{metric} ({arm})", ""]
        for run in made.names[1:]:
            row = found.get((run, metric, arm))
            if row is not None:
                line[1] = interval(row.base, unit)
            line.append("–" if row is None else interval(row.other, unit) + made.star(row))
        cells.append(line)
    return Table(["metric", *made.names], cells, notes=[HEADLINE_NOTE])


def _untitled(table: Table) -> Table:
    return Table(table.headers, table.rows, notes=table.notes, words=table.words)


def _sentences(summaries: Mapping[str, RunSummary]) -> Iterator[str]:
    """What greedy decoding gets right and what samples reach, in words."""
    for name, summary in summaries.items():
        found = {(row.measure.name, row.measure.arm): row.estimate for row in summary.rows}
        greedy = found.get(("accuracy", "greedy"))
        reached = [(n, e) for (n, arm), e in found.items() if n.startswith("pass@") and arm == "sampled"]
        if greedy is None or not reached or math.isnan(greedy.value):
            continue
        last, estimate = reached[-1]
        room = estimate.value - greedy.value
        yield (
            f"{name}: greedy decoding is right on {greedy.value:.1%} of the questions [{greedy.low:.1%}, "
            f"{greedy.high:.1%}], and {last} reaches {estimate.value:.1%}: {100 * room:.1f} points apart."
        )


def _decoding(runs: Runs) -> Table:
    rows = []
    for name, board in runs.boards.items():
        model = ", ".join(f"{key} {value}" for key, value in board.meta["model"].items() if value is not None)
        for arm, settings in board.meta["decoding"].items():
            told = ", ".join(f"{key} {value}" for key, value in settings.items() if value not in ([], None))
            rows.append([name, arm, f"{board.meta['n'][arm]}", told, model, board.scoring["recipe"]])
    headers = ["run", "arm", "n", "decoding", "model", "read by"]
    return Table(headers, rows, words=(0, 1, 3, 4, 5))
