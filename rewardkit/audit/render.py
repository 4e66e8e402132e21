"""Audits on a terminal and as Markdown: sentences first, then the witness, then the change that mends.

Audits come in; rich renderables that fit 80 columns, or Markdown, go out. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import regex

from .findings import Audit, Finding, Severity, Verdict, Witness, num, plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SIGNS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFO: "·"}
COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
SHOWN = 60
"""Columns that a completion may take in a table."""
RUN = 8
"""From here on, equal characters in a row are counted instead of shown."""


def sign(found: Finding) -> str:
    """A mark for a finding: ✓ where a claim is proven."""
    return "✓" if found.verdict == Verdict.PROVEN else SIGNS[found.severity]


def print_audit(console: Console, audit: Audit) -> None:
    """Every finding as a sentence, with its witness and mend below it."""
    from rich.markup import escape
    from rich.padding import Padding

    console.print(f"[bold]{escape(audit.recipe)}[/bold]  [dim]{audit.digest}[/dim]")
    for found in audit.findings:
        colour = "green" if found.verdict == Verdict.PROVEN else COLOURS[found.severity]
        verdict = f" [{colour}]{found.verdict}[/{colour}]" if found.verdict else ""
        allowed = audit.allowed.get(found.code)
        head = f"[{colour}]{sign(found)} {found.code}[/{colour}]{verdict}"
        if allowed is not None and found.severity != Severity.INFO:
            head += f" [dim]allowed: {escape(allowed)}[/dim]"
        console.print(head)
        console.print(Padding(escape(found.sentence), (0, 0, 0, 2)))
        if found.witness is not None and found.severity != Severity.INFO:
            console.print(Padding(witness_table(found.witness), (0, 0, 0, 2)))
        for line in mend_lines(found):
            console.print(Padding(f"[dim]{escape(line)}[/dim]", (0, 0, 0, 2)))
    for name, table in audit.tables.items():
        for renderable in tables(name, table):
            console.print()
            console.print(renderable)
    number = len(audit.errors)
    console.print(f"{number} error{'' if number == 1 else 's'}" if number else "no errors")


def mend_lines(found: Finding) -> list[str]:
    """What would do away with a finding."""
    lines = [f"mend: --set {' --set '.join(quoted(s) for s in found.mend)}"] if found.mend else []
    return lines + ([f"mend: {found.advice}"] if found.advice else [])


def quoted(setting: str) -> str:
    """An assignment as a shell takes it."""
    return f'"{setting}"' if any(sign in setting for sign in " {[") else setting


def witness_table(witness: Witness, most: int = 4) -> RenderableType:
    """Rows of reward, advantage and text; equal rows once, with their number."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), show_header=True, header_style="dim")
    table.add_column("reward", justify="right", no_wrap=True)
    if witness.advantages:
        table.add_column("adv.", justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("tokens", justify="right", no_wrap=True)
    table.add_column("completion", overflow="fold")
    for row in witness_rows(witness)[:most]:
        table.add_row(*map(escape, row))
    return table


def witness_rows(witness: Witness) -> list[list[str]]:
    """The cells of a witness table as text."""
    rows: list[list[str]] = []
    counts: list[int] = []
    for at, rollout in enumerate(witness.rollouts):
        row = [num(witness.totals[at])]
        if witness.advantages:
            row.append(f"{witness.advantages[at]:+.3f}")
        tokens = "" if rollout.tokens is None else str(rollout.tokens)
        row += [witness.outcomes[at], tokens, shortened(rollout.completion)]
        if rows and rows[-1] == row:
            counts[-1] += 1
        else:
            rows.append(row)
            counts.append(1)
    for row, number in zip(rows, counts, strict=True):
        row[0] += f" x{number}" if number > 1 else ""
    return rows


def shortened(text: str, width: int = SHOWN) -> str:
    """A completion on one line: runs of one character counted, its middle left out, the unseen made visible."""
    from rich.cells import cell_len

    line = "".join(_visible(character, run) for character, run in _runs(text))
    if cell_len(line) <= width:
        return line
    left = right = 0
    used = 3
    for at in range(len(line)):
        used += cell_len(line[at]) + cell_len(line[-1 - at])
        if used > width:
            break
        left, right = at + 1, at + 1
    return f"{line[:left]} … {line[len(line) - right :]}"


def _runs(text: str) -> list[tuple[str, int]]:
    return [(character, sum(1 for _ in run)) for character, run in groupby(text)]


def _visible(character: str, run: int) -> str:
    shown = character if character.isprintable() else "⏎" if character == "\n" else f"\\u{ord(character):04x}"
    return shown * run if run < RUN else f"{shown}(x{run})"


def tables(name: str, table: Any) -> list[RenderableType]:
    """The renderables of one of an audit's tables."""
    from .scoring import CHANCES, Scoring

    if isinstance(table, Scoring):
        rows = [[num(c), num(table.threshold(c))] for c in CHANCES]
        return [grid("None begins to pay at", ["chance of being right", "P(unanswerable) above"], rows)]
    if hasattr(table, "rows") and hasattr(table, "header"):
        return [grid(table.title, table.header, table.rows())]
    return [f"{name}: {plain(table)}"]


NUMERIC = regex.compile(r"[-+]?[\d.,]*( ?%| ?x\d+| \[.*\])?|nan|no bound|None|")


def grid(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> RenderableType:
    """A plain table of text below its title; columns of numbers are right-aligned."""
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1), header_style="dim")
    for at, name in enumerate(header):
        numeric = at > 0 and all(NUMERIC.fullmatch(row[at]) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return Group(Text(title, style="bold"), table)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(header), line(["---"] * len(header)), *map(line, rows)])


def audit_markdown(audit: Audit) -> str:
    """An audit as Markdown."""
    parts = [f"### {audit.recipe} `{audit.digest}`", ""]
    for found in audit.findings:
        verdict = f" ({found.verdict})" if found.verdict else ""
        allowed = audit.allowed.get(found.code)
        note = f" — allowed: {allowed}" if allowed is not None and found.severity != Severity.INFO else ""
        parts.append(f"- {sign(found)} **{found.code}**{verdict}{note}: {found.sentence}")
        parts += [f"  - {line}" for line in mend_lines(found)]
        if found.witness is not None and found.severity != Severity.INFO:
            rows = witness_rows(found.witness)[:4]
            header = [
                "reward",
                *(["advantage"] if found.witness.advantages else []),
                "outcome",
                "tokens",
                "completion",
            ]
            parts += ["", *("  " + line for line in markdown_table(header, rows).splitlines()), ""]
    for name, table in audit.tables.items():
        parts += ["", *_markdown_of(name, table)]
    return "\n".join(parts) + "\n"


def _markdown_of(name: str, table: Any) -> list[str]:
    from .scoring import CHANCES, Scoring

    if isinstance(table, Scoring):
        rows = [[num(c), num(table.threshold(c))] for c in CHANCES]
        return [markdown_table(["chance of being right", "None pays at P(unanswerable) above"], rows)]
    if hasattr(table, "rows") and hasattr(table, "header"):
        return [f"**{table.title}**", "", markdown_table(table.header, table.rows())]
    if isinstance(table, Mapping):
        return [markdown_table(list(table), [[str(value) for value in table.values()]])]
    return [f"{name}: {plain(table)}"]


def left_out(console: Console, bad: Sequence[str], faults: Sequence[str] = (), most: int = 5) -> None:
    """Names the rows that no figure is about."""
    from rich.markup import escape

    for what, rows in (("rows left out", bad), ("completions without a usable gold", faults)):
        if rows:
            console.print(f"[yellow]{len(rows)} {what}[/yellow]")
            for row in rows[:most]:
                console.print(escape(row))
