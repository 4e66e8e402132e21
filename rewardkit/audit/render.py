"""Audits on a terminal and as Markdown: sentences first, then the witness, then the change that fixes.

Audits come in; rich renderables that fit 80 columns, or Markdown, go out. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import regex

from ..documents import encode
from .findings import Audit, ClaimVerdict, Severity, Witness, fix_lines, sign, witness_rows

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def print_audit(console: Console, audit: Audit) -> None:
    """Every finding as a sentence, with its witness and fix below it."""
    from rich.markup import escape
    from rich.padding import Padding

    console.print(f"[bold]{escape(audit.recipe)}[/bold]  [dim]{audit.digest}[/dim]")
    for found in audit.findings:
        colour = "green" if found.verdict == ClaimVerdict.PROVEN else COLOURS[found.severity]
        verdict = f" [{colour}]{found.verdict}[/{colour}]" if found.verdict else ""
        allowed = audit.allowed.get(found.code)
        head = f"[{colour}]{sign(found)} {found.code}[/{colour}]{verdict}"
        if allowed is not None and found.severity != Severity.INFO:
            head += f" [dim]allowed: {escape(allowed)}[/dim]"
        console.print(head)
        console.print(Padding(escape(found.sentence), (0, 0, 0, 2)))
        if found.witness is not None and found.severity != Severity.INFO:
            console.print(Padding(witness_table(found.witness), (0, 0, 0, 2)))
        for line in fix_lines(found):
            console.print(Padding(f"[dim]{escape(line)}[/dim]", (0, 0, 0, 2)))
    for name, table in audit.tables.items():
        for renderable in tables(name, table):
            console.print()
            console.print(renderable)
    number = len(audit.errors)
    console.print(f"{number} error{'' if number == 1 else 's'}" if number else "no errors")


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
