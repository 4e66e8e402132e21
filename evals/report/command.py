"""`rewardkit report RUN... -o FILE`: one page about runs, scores and diffs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rewardkit.errors import UsageError


def report(
    paths: Annotated[list[Path], typer.Argument(help="Runs, scored files and diffs; the baseline first.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")] = Path("report.html"),
    title: Annotated[str | None, typer.Option(help="The page's title.")] = None,
    format: Annotated[str, typer.Option(help="html, md or json.")] = "html",
    completions: Annotated[int, typer.Option(help="How many completions the page holds at most.")] = 5000,
    anyway: Annotated[
        bool, typer.Option(help="Compare runs whose data, prompts, decoding or reading differ.")
    ] = False,
) -> None:
    """One page about runs, scores and diffs."""
    from ..run.folder import write_whole
    from . import CompletionTable, Page, write_page
    from .sources import read_sources

    if format not in ("html", "md", "json"):
        raise UsageError(f"--format is html, md or json; found '{format}'")
    table = CompletionTable(completions)
    sections = read_sources(paths, table, anyway=anyway)
    page = Page(
        title or ", ".join(path.name for path in paths), sections, table.plain() if len(table) else None
    )
    if format == "html":
        write_page(page, out)
    else:
        write_whole(out, page.markdown() if format == "md" else page.json())
    typer.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB")
