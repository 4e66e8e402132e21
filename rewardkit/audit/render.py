"""Audits on a terminal and as Markdown: sentences first, then the witness, then the change that fixes.

Audits come in; rich renderables that fit 80 columns, or Markdown, go out. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..documents import encode
from ..formatting import shortened, terminal_table
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
        print_witness(console, found.witness)
    for line in fixes:
        pasted = line.startswith("fix: --set")  # a command is never broken: it is there to be pasted
        shown = f"[dim]{escape(line)}[/dim]"
        console.print(
            f"  {shown}" if pasted else Padding(shown, (0, 0, 0, 2), expand=False), soft_wrap=pasted
        )


def print_witness(console: Console, witness: Witness, most: int = 3) -> None:
    """What each completion earns, one line each; equal ones once, with their number."""
    from rich.markup import escape

    _, rows = witness_cells(witness.rows, LONGEST)
    cells = [
        [total, *(f"adv {value}" for value in advantage), outcome, f"{tokens} tokens" if tokens else "", text]
        for total, *advantage, outcome, tokens, text in rows[:most]
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)][:-1]
    left = len(widths) - 2  # the outcome is set to the left
    for row in cells:
        padded = [
            c.ljust(w) if at == left else c.rjust(w)
            for at, (c, w) in enumerate(zip(row, widths, strict=False))
        ]
        head = "  ".join(padded)
        text = shortened(row[-1], max(20, console.width - len(head) - 4))
        console.print(f"  {escape(f'{head}  {text}')}", soft_wrap=True)


def tables(name: str, table: Any) -> list[RenderableType]:
    """The renderables of one of an audit's tables."""
    if hasattr(table, "rows") and hasattr(table, "header"):
        return [terminal_table(table.header, table.rows(), table.title)]
    return [f"{name}: {encode(table)}"]


def left_out(console: Console, bad: Sequence[str], faults: Sequence[str] = (), most: int = 5) -> None:
    """Names the rows that no figure is about."""
    from rich.markup import escape

    for what, rows in (("rows left out", bad), ("completions without a usable gold", faults)):
        if rows:
            console.print(f"[yellow]{len(rows)} {what}[/yellow]")
            for row in rows[:most]:
                console.print(escape(row))
