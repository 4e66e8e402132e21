"""`rewardkit report RUN... -o FILE`: one page about runs, scores, audits and diffs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class PageFormat(StrEnum):
    """What is written."""

    HTML = "html"
    MD = "md"
    JSON = "json"


def report(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Evaluation runs (the baseline first), training runs, folders that hold them, score files, the JSON of "
            "check, diff, advantages or redteam, and recipes.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write; report.html by default.")
    ] = None,
    format: Annotated[
        PageFormat | None, typer.Option(help="html, md or json; by default what the file's name says.")
    ] = None,
    title: Annotated[str, typer.Option(help="The page's title.")] = "",
    pictures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write each picture as SVG and PNG.")
    ] = None,
    completions: Annotated[
        int, typer.Option(min=0, help="How many completions the page holds at most.")
    ] = 20_000,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Compare runs whose data, prompts, decoding or reading differ."),
    ] = False,
) -> None:
    """One self-contained page: figures with intervals, curves, audits, and every completion with its reward explained.

    The page needs no network. Runs that can be compared are; for the others the page gives the reason.
    """
    from .build import build

    chosen = format or PageFormat(_ending(out))
    target = out or Path(f"report.{chosen}")
    build(
        sources,
        target,
        str(chosen),
        title=title,
        pictures=pictures,
        anyway=anyway,
        limit=completions,
    )
    typer.echo(f"wrote {target} ({target.stat().st_size / 1e6:.1f} MB)")
    if pictures is not None:
        typer.echo(f"wrote {len(list(pictures.glob('*.svg')))} pictures to {pictures}/, as SVG and PNG")


def _ending(out: Path | None) -> str:
    ending = "" if out is None else out.suffix.lstrip(".").lower()
    return {"md": "md", "markdown": "md", "json": "json"}.get(ending, "html")
