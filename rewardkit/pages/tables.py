"""Tables for people: the same rows in a terminal of 80 columns, as Markdown, as CSV and in a notebook."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from rich.console import Console

from ..errors import UsageError
from ..formatting import markdown_table, terminal_table
from ..statistics.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and rows of strings, with `title` above and `notes` below; all columns but the first are figures."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    notes: Sequence[str] = field(default_factory=tuple)
    words: Sequence[int] = (0,)
    """Columns of words, which are left-aligned."""

    def print(self, console: Console | None = None) -> None:
        """Print to a terminal, in several parts if the columns do not fit side by side."""
        out = console or Console()
        parts = self._parts(out.width)
        split = len(parts) > 1
        for part, places in enumerate(parts):
            table = terminal_table(
                [self.headers[place] for place in places],
                [[row[place] for place in places] for row in self.rows],
                self.title if not part else "",
                words=[at for at, place in enumerate(places) if place in self.words],
                width=(lambda at, places=places: self._narrowest(places[at])) if split else None,
            )
            if part:
                out.print()
            out.print(table)
        for note in self.notes:
            out.print(note, style="dim", markup=False, highlight=False)

    def _narrowest(self, place: int) -> int:
        """The longest word of a column."""
        texts = (self.headers[place], *(row[place] for row in self.rows))
        return max(len(word) for text in texts for word in [*text.split(), ""])

    def _parts(self, width: int) -> list[list[int]]:
        """The columns in parts that fit the width with cells wrapped between words; columns of words are in every part."""
        every = range(len(self.headers))
        narrow = [self._narrowest(place) + 2 for place in every]
        words = [place for place in every if place in self.words]
        room = width - sum(narrow[place] for place in words)
        figures = [place for place in every if place not in self.words]
        if sum(narrow[place] for place in figures) <= room or room < max(
            (narrow[f] for f in figures), default=0
        ):
            return [list(every)]
        parts, used = [[*words]], 0
        for place in figures:
            if used and used + narrow[place] > room:
                parts.append([*words])
                used = 0
            parts[-1].append(place)
            used += narrow[place]
        return parts

    def markdown(self) -> str:
        """As a Markdown table."""
        rule = ["---" if place in self.words else "--:" for place in range(len(self.headers))]
        head = [f"**{self.title}**", ""] if self.title else []
        tail = ["", *self.notes] if self.notes else []
        return "\n".join([*head, markdown_table(self.headers, self.rows, rule), *tail]) + "\n"

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


def print_tables(tables: Sequence[Table], format: str, takes: str = "text, md or csv") -> None:
    """Print tables in a format that the command takes. Raises UsageError for another one."""
    if format not in ("text", "md", "csv"):
        raise UsageError(f"--format is {takes}; found '{format}'")
    for table in tables:
        if format == "text":
            table.print()
            print()
        else:
            print(table.markdown() if format == "md" else table.csv())


def figure(value: float, unit: str = "share") -> str:
    """A figure as it is shown: shares as .345, tokens as 41.2, differences with a sign; – for unknown."""
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
