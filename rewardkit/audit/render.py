"""Audits on a terminal and as Markdown: sentences first, then the witness, then the change that fixes.

Audits come in; rich renderables that fit 80 columns, or Markdown, go out. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import regex

from ..documents import encode
from ..formatting import shortened
from .findings import (
    Audit,
    ClaimVerdict,
    Finding,
    Severity,
    Witness,
    sign,
    what_else,
    with_fix_lines,
    witness_cells,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

LONGEST = 1_000_000
"""Columns that no completion takes: it is shortened once, when the others of its line are known."""
COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def print_audit(console: Console, audit: Audit, everything: bool = False) -> None:
    """The verdict, then every error and warning with its completions and fix; with `everything`, also what is proven,
    notes and tables."""
    from rich.markup import escape

    console.print(f"[bold]{escape(audit.recipe)}[/bold]  [dim]{audit.digest}[/dim]")
    colour = "red" if audit.failed else "yellow" if audit.loud else "green"
    console.print(f"[{colour}]{escape(audit.headline)}[/{colour}]")
    for found, fixes in with_fix_lines(audit.findings if everything else audit.loud):
        console.print()
        _print_finding(console, audit, found, fixes)
    if everything:
        for name, table in audit.tables.items():
            for renderable in tables(name, table):
                console.print()
                console.print(renderable)
    elif rest := what_else(audit):
        console.print(f"\n[dim]{rest}: --all shows them[/dim]")


def _print_finding(console: Console, audit: Audit, found: Finding, fixes: Sequence[str]) -> None:
    from rich.markup import escape
    from rich.padding import Padding

    if found.code in audit.allowed and found.severity != Severity.INFO:
        console.print(
            f"[dim]{sign(found)} {found.code} is allowed: {escape(audit.allowed[found.code])}[/dim]"
        )
        return
    colour = "green" if found.verdict == ClaimVerdict.PROVEN else COLOURS[found.severity]
    console.print(f"[{colour}]{sign(found)} {found.code}[/{colour}]: {escape(found.sentence)}")
    if found.witness is not None and found.severity != Severity.INFO:
        for line in _witness_lines(found.witness, console.width - 2):
            console.print(f"  {escape(line)}", soft_wrap=True)
    for line in fixes:
        pasted = line.startswith("fix: --set")  # a command is never broken: it is there to be pasted
        shown = f"[dim]{escape(line)}[/dim]"
        console.print(
            f"  {shown}" if pasted else Padding(shown, (0, 0, 0, 2), expand=False), soft_wrap=pasted
        )


def _witness_lines(witness: Witness, width: int, most: int = 3) -> list[str]:
    """What each completion earns, one line each; equal ones once, with their number."""
    _, rows = witness_cells(witness.rows, LONGEST)
    cells = [
        [total, *(f"adv {value}" for value in advantage), outcome, f"{tokens} tokens" if tokens else "", text]
        for total, *advantage, outcome, tokens, text in rows[:most]
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)][:-1]
    left = len(widths) - 2  # the outcome is set to the left
    lines = []
    for row in cells:
        padded = [
            c.ljust(w) if at == left else c.rjust(w)
            for at, (c, w) in enumerate(zip(row, widths, strict=False))
        ]
        head = "  ".join(padded)
        lines.append(f"{head}  {shortened(row[-1], max(20, width - len(head) - 2))}")
    return lines


def witness_table(witness: Witness, most: int = 4) -> RenderableType:
    """Rows of reward, advantage and text; equal rows once, with their number."""
    from rich.markup import escape
    from rich.table import Table

    header, rows = witness_cells(witness.rows)
    table = Table(box=None, padding=(0, 1), show_header=True, header_style="dim")
    for name in header[:-1]:
        table.add_column(name, justify="left" if name == "outcome" else "right", no_wrap=True)
    table.add_column(header[-1], overflow="fold")
    for row in rows[:most]:
        table.add_row(*map(escape, row))
    return table


def tables(name: str, table: Any) -> list[RenderableType]:
    """The renderables of one of an audit's tables."""
    if hasattr(table, "rows") and hasattr(table, "header"):
        return [grid(table.title, table.header, table.rows())]
    return [f"{name}: {encode(table)}"]


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


def left_out(console: Console, bad: Sequence[str], faults: Sequence[str] = (), most: int = 5) -> None:
    """Names the rows that no figure is about."""
    from rich.markup import escape

    for what, rows in (("rows left out", bad), ("completions without a usable gold", faults)):
        if rows:
            console.print(f"[yellow]{len(rows)} {what}[/yellow]")
            for row in rows[:most]:
                console.print(escape(row))
