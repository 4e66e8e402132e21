"""How a number, a string or a table is shown to a person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from math import isfinite
from typing import TYPE_CHECKING

import regex
from rich.cells import cell_len

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

NUMERIC = regex.compile(r"[-+]?[\d.,]*( ?%| ?x\d+| \[.*\])?|nan|no bound|None|–|")


def num(value: float | None, digits: int = 3) -> str:
    """A number as sentences show it: sign kept, no trailing zeros.

    >>> num(1.0), num(-0.1), num(0.0269, 3), num(20.0, 0), num(None)
    ('1', '-0.1', '0.027', '20', 'None')
    """
    if value is None:
        return "None"
    if not isfinite(value):
        return "no bound" if value else str(value)
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


SHOWN = 60
"""Width of a completion in a table, in columns."""
RUN = 8
"""From this many on, equal characters in a row are counted instead of shown."""


def exact(value: float | None) -> str:
    """A payment as cases state it, to twelve digits: `+0.9`, `null`.

    >>> exact(0.9), exact(None)
    ('+0.9', 'null')
    """
    return "null" if value is None else f"{value:+.12g}"


def cut(text: str, width: int = SHOWN) -> str:
    """The beginning of a string, for messages.

    >>> cut("abcdefghij", 8)
    'abcde...'
    """
    return text if len(text) <= width else text[: width - 3] + "..."


def ends(text: str, width: int, between: str = "...") -> str:
    """The two ends of a string.

    >>> ends("abcdefghij", 7), ends("short", 7)
    ('ab...ij', 'short')
    """
    if len(text) <= width:
        return text
    half = (width - len(between)) // 2
    return f"{text[:half]}{between}{text[-half:]}"


def excerpt(text: str, width: int = 160) -> str:
    """The two ends of a string on one line; invisible characters are escaped.

    >>> excerpt("one\\ntwo")
    'one\\\\ntwo'
    """
    text = ends(text, 2 * width, "")
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )
    return ends(shown, width + 5, " ... ")


def one_line(text: str) -> str:
    """A string on one line, character by character: white space as a space, unprintable characters as U+FFFD."""
    return "".join(" " if c.isspace() else c if c.isprintable() else "\ufffd" for c in text)


def shortened(text: str, width: int = SHOWN) -> str:
    """A completion on one line: runs of one character counted, what is unseen made visible, and the middle left out,
    with the number of characters that it had.

    >>> shortened("one two three four five six seven eight nine", 24)
    'one two t …26… ight nine'
    """
    line = "".join(_visible(character, run) for character, run in _runs(text))
    if cell_len(line) <= width:
        return line
    left = right = 0
    used = 4 + len(str(len(line)))
    for at in range(len(line)):
        used += cell_len(line[at]) + cell_len(line[-1 - at])
        if used > width:
            break
        left, right = at + 1, at + 1
    return f"{line[:left]} …{len(line) - left - right}… {line[len(line) - right :]}"


def _runs(text: str) -> list[tuple[str, int]]:
    return [(character, sum(1 for _ in run)) for character, run in groupby(text)]


def _visible(character: str, run: int) -> str:
    shown = character if character.isprintable() else "⏎" if character == "\n" else f"\\u{ord(character):04x}"
    return shown * run if run < RUN else f"{shown}(x{run})"


def markdown_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], rule: Sequence[str] | None = None
) -> str:
    """A Markdown table. `rule` is the line below the header, one cell per column; `--:` aligns a column to the right."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(header), line(rule or ["---"] * len(header)), *map(line, rows)])


def terminal_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    title: str = "",
    words: Collection[int] | None = None,
    whole: Collection[int] = (),
    width: Callable[[int], int] | None = None,
) -> RenderableType:
    """A table for a terminal, below its title. Strings are shown as they are: markup in them means nothing.

    Args:
        header: a name per column.
        rows: a cell per column.
        title: what stands above the table.
        words: columns that are left-aligned; by default the first, and those with a cell that is not a figure.
        whole: columns whose cells are not broken into lines.
        width: a column's width; by default rich finds it.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for at, name in enumerate(header):
        left = (
            at in words
            if words is not None
            else not at or not all(NUMERIC.fullmatch(str(row[at])) for row in rows)
        )
        table.add_column(
            Text(name),
            justify="left" if left else "right",
            overflow="fold",
            no_wrap=at in whole,
            min_width=max(map(len, name.split()), default=0),
            width=width(at) if width else None,
        )
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return Group(Text(title, "bold"), table) if title else table


def signed(value: float | None, digits: int = 2) -> str:
    """A payment: `+0.90`, a dash for None. More digits if two would hide it.

    >>> signed(0.9), signed(None), signed(-0.0625), signed(0.00004)
    ('+0.90', '–', '-0.0625', '+4e-05')
    """
    if value is None:
        return "–"
    if round(value, digits) == round(value, 9):
        return f"{value:+.{digits}f}"
    short = f"{value:+.4f}"
    return short if float(short) != 0 else f"{value:+.1g}"


def printable(text: str) -> str:
    """A string that any terminal can print: control characters and lone surrogates are escaped."""
    text = "".join(c if c >= " " and c != "\x7f" else c.encode("unicode_escape").decode() for c in text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def number_of(count: int, noun: str) -> str:
    """A count with its noun.

    >>> number_of(1, "row"), number_of(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a sentence lists them.

    >>> listed(["4"]), listed(["4", "8", "16"])
    ('4', '4, 8 and 16')
    """
    return f" {last} ".join(part for part in (", ".join(words[:-1]), words[-1]) if part) if words else ""
