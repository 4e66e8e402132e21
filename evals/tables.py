"""Tables for people: the same rows in a terminal of 80 columns, as Markdown, as CSV and in a notebook."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from rich.console import Console
from rich.table import Table as RichTable

from .stats import Estimate


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and rows of text. `title` stands above, `notes` below; all columns but the first are figures."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    notes: Sequence[str] = field(default_factory=tuple)
    words: Sequence[int] = (0,)
    """Columns that hold words, and are set to the left."""

    def print(self, console: Console | None = None) -> None:
        """To a terminal."""
        out = console or Console()
        table = RichTable(
            title=self.title or None, title_justify="left", pad_edge=False, box=None, padding=(0, 2, 0, 0)
        )
        for place, header in enumerate(self.headers):
            widest = max(len(word) for word in (header.split() or [""]))
            justify = "left" if place in self.words else "right"
            table.add_column(header, justify=justify, overflow="fold", min_width=widest)
        for row in self.rows:
            table.add_row(*row)
        out.print(table)
        for note in self.notes:
            out.print(note, style="dim", markup=False, highlight=False)

    def markdown(self) -> str:
        """As a Markdown table."""

        def line(cells: Sequence[str]) -> str:
            return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

        rule = ["---" if place in self.words else "--:" for place in range(len(self.headers))]
        head = [f"**{self.title}**", ""] if self.title else []
        tail = ["", *self.notes] if self.notes else []
        return "\n".join([*head, line(self.headers), line(rule), *map(line, self.rows), *tail]) + "\n"

    def csv(self) -> str:
        """As CSV, without title and notes."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.headers)
        writer.writerows(self.rows)
        return out.getvalue()

    def html(self) -> str:
        """As an HTML table."""

        def cells(tag: str, row: Sequence[str]) -> str:
            made = []
            for place, cell in enumerate(row):
                kind = "" if place in self.words else ' class="number"'
                scope = ' scope="col"' if tag == "th" else ""
                made.append(f"<{tag}{kind}{scope}>{escape(cell)}</{tag}>")
            return f"<tr>{''.join(made)}</tr>"

        title = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        body = "".join(cells("td", row) for row in self.rows)
        notes = "".join(f'<p class="note">{escape(note)}</p>' for note in self.notes)
        return (
            f'<div class="scroll" tabindex="0"><table>{title}<thead>{cells("th", self.headers)}</thead>'
            f"<tbody>{body}</tbody></table></div>{notes}"
        )

    def _repr_html_(self) -> str:
        return self.html()


def figure(value: float, unit: str = "share") -> str:
    """A figure as people write it: shares as .345, tokens as 41.2, differences with a sign; – for unknown."""
    if math.isnan(value):
        return "–"
    if unit == "tokens":
        return f"{value:.1f}"
    text = f"{value:+.3f}" if unit == "difference" else f"{value:.3f}"
    return text.replace("0.", ".", 1) if text.lstrip("+-").startswith("0.") else text


def interval(made: Estimate, unit: str = "share") -> str:
    """A figure with its interval."""
    if math.isnan(made.low):
        return figure(made.value, unit)
    return f"{figure(made.value, unit)} [{figure(made.low, unit)}, {figure(made.high, unit)}]"


def probability(p: float) -> str:
    """A p value."""
    return "–" if math.isnan(p) else "<.001" if p < 0.001 else figure(p)
