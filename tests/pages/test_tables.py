"""Tables in a terminal: what does not fit beside stands below, and nothing is cut off."""

import pytest
from rich.console import Console

from rewardkit.formatting import terminal_table
from rewardkit.pages.tables import Table

WIDE = Table(
    ["run", *(f"pass@{k} (sampled)" for k in range(1, 13))],
    [
        [name, *(f"{'-' * (k % 3)}.{k}00 [{'+' * (k % 2)}.{k}00, .{k}99]*" for k in range(1, 13))]
        for name in ("before", "after")
    ],
    title="two runs",
    notes=["a note"],
)


def printed(table: Table, width: int) -> str:
    console = Console(width=width, no_color=True)
    with console.capture() as seen:
        table.print(console)
    return seen.get()


@pytest.mark.parametrize("width", [30, 60, 80, 100, 400])
def test_every_cell_is_there_whatever_the_width(width):
    text = printed(WIDE, width)
    assert all(len(line) <= width for line in text.splitlines())
    for word in (word for row in (WIDE.headers, *WIDE.rows) for cell in row for word in cell.split()):
        assert word in text
    assert text.count("two runs") == text.count("a note") == 1


def test_a_table_that_fits_is_one():
    assert printed(WIDE, 400).count("before") == 1
    assert printed(WIDE, 80).count("before") == 2  # eight columns of eleven characters in each part


def test_words_that_fill_the_width_alone_are_folded_as_ever():
    table = Table(["suite", "about", "n"], [["a" * 30, "b" * 60, "1"]], words=(0, 1))
    assert printed(table, 50).count("suite") == 1


def test_cells_are_shown_as_they_are():
    table = Table(["[bold]run", "share"], [["[red]a[/red] :smile:", "[.1, .2]"]], title="[i]two")
    text = printed(table, 80)
    for cell in (table.title, *table.headers, *table.rows[0]):
        assert cell in text


def test_columns_of_figures_are_to_the_right_unless_named():
    console = Console(width=80)
    with console.capture() as seen:
        console.print(
            terminal_table(["name", "n", "note"], [["a", "1", "x"], ["b", "–", "long"], ["c", "100", ""]])
        )
    assert [line.rstrip() for line in seen.get().splitlines()] == [
        "name    n  note", "a       1  x", "b       –  long", "c     100",
    ]  # fmt: skip
