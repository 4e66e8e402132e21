"""Sections about evaluation runs: summary, curves, comparison, slices, extraction panel, outcomes, lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from ..board import Board, load_board
from ..compare import Comparison, compare
from ..panel import panel
from ..run.folder import RunFolder
from ..summary import summarise
from ..tables import Table
from . import charts
from .completions import CompletionTable, add_runs
from .page import Section


def evaluation_sections(
    folders: Sequence[RunFolder],
    *,
    scoring: str | None = None,
    anyway: bool = False,
    completions: CompletionTable | None = None,
    profiles: Sequence[str] | None = None,
) -> list[Section]:
    """Every section about these runs, the first as baseline; adds to `completions` if given.

    `profiles` are read in the extraction panel; by default the first run's suite names them. Raises what
    loading and comparing raise.
    """
    loaded = [load_board(folder, scoring) for folder in folders]
    made = compare(loaded, anyway=anyway) if len(loaded) > 1 else None
    names = made.names if made else [loaded[0].name]
    boards = dict(zip(names, loaded, strict=True))
    sections = [summary_section(boards), curves_section(boards, made)]
    if made is not None:
        sections.append(comparison_section(made))
    sections += list(slice_sections(boards))
    sections.append(panel_section(dict(zip(names, folders, strict=True)), profiles))
    sections.append(behaviour_section(boards))
    if completions is not None:
        add_runs(completions, folders, names, made.flips if made else (), scoring)
    return [section for section in sections if section is not None]


def summary_section(boards: dict[str, Board]) -> Section:
    """A table of headline metrics for each run, and how it was decoded."""
    summaries = [summarise(board, slices=False) for board in boards.values()]
    tables = [summary.table() for summary in summaries]
    decoding = [
        [arm, ", ".join(f"{key} {value}" for key, value in settings.items() if value not in ([], None))]
        for arm, settings in next(iter(boards.values())).meta["decoding"].items()
    ]
    tables.append(Table(["arm", "decoding"], decoding, title="decoding", words=(0, 1)))
    lead = "Greedy decoding beside sampling over the same questions; every figure with its 95 % interval."
    return Section.of_tables("Summary", tables, lead=lead, plain=[summary.plain() for summary in summaries])


def curves_section(boards: dict[str, Board], made: Comparison | None) -> Section | None:
    """pass@k with greedy accuracy, the pass rates, and where curves cross."""
    drawn = [charts.curves(boards), charts.pass_rates(boards)]
    labels = [
        "pass@k against k, with greedy accuracy",
        "How many questions have which share of right samples",
    ]
    pictures = [
        charts.svg(chart, label=label)
        for chart, label in zip(drawn, labels, strict=True)
        if chart is not None
    ]
    if not pictures:
        return None
    lead = (
        "Where pass@k lies above greedy accuracy, the policy can already do what it does not do by default: that is "
        "what reinforcement learning can win."
    )
    section = Section.of_tables("Greedy and pass@k", [], lead=lead, pictures=pictures)
    if made is None or not made.curves:
        return section
    notes = "".join(f"<p>{escape(note)}</p>" for note in made.notes())
    return Section(section.title, section.body + notes, lead, "\n".join(made.notes()), made.plain()["curves"])


def comparison_section(made: Comparison) -> Section:
    """Paired differences from the first run."""
    tables = [*made.tables()[: len(made.names) - 1], made.ablation()]
    lead = f"Paired by question: {len(made.items)} questions that every run answered."
    if made.objections:
        lead += " Compared although " + "; ".join(made.objections) + "."
    return Section.of_tables("Comparison", tables, lead=lead, plain=made.plain())


def slice_sections(boards: dict[str, Board]) -> Iterator[Section]:
    """A section for the suite's slices, where it has any."""
    first = next(iter(boards.values()))
    tables, pictures = [], []
    for column in first.suite.slices:
        chart = charts.slices(boards, column)
        pictures += [charts.svg(chart, label=f"Accuracy by {column}")] if chart is not None else []
        for name, board in boards.items():
            table = summarise(board).slice_table(column)
            title = f"{name}: by {column}" if len(boards) > 1 else table.title
            tables.append(Table(table.headers, table.rows, title=title))
    if tables:
        yield Section.of_tables("Slices", tables, pictures=pictures)


def panel_section(folders: dict[str, RunFolder], profiles: Sequence[str] | None = None) -> Section | None:
    """The same completions under several ways of reading; None where only one is named."""
    suite = next(iter(folders.values())).suite()
    chosen = list(profiles or dict.fromkeys([suite.recipe, *suite.profiles]))
    if len(chosen) < 2:
        return None
    tables = []
    for name, folder in folders.items():
        for table in panel(folder, chosen).tables():
            tables.append(
                Table(table.headers, table.rows, f"{name}: {table.title}" if table.title else "", table.notes)
            )
    lead = "The same completions under several ways of reading an answer. A gap here is about format, not ability."
    return Section.of_tables("Extraction panel", tables, lead=lead)


def behaviour_section(boards: dict[str, Board]) -> Section:
    """Outcomes and lengths."""
    drawn = [
        (charts.outcomes(boards), "The share of each outcome"),
        (charts.lengths(boards), "Lengths in tokens"),
    ]
    pictures = [charts.svg(chart, label=label) for chart, label in drawn if chart is not None]
    return Section.of_tables("Outcomes and lengths", [], pictures=pictures)
