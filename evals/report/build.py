"""From sources to a page, and from a page to files.

    build(["runs/a", "runs/b", "train/b", "check.json"], Path("report.html"))

What `rewardkit report` does and what the demo calls. The runs are read and never written to, except that an
extraction panel scores a pass that is older than its run's log again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardkit import __version__
from rewardkit.errors import UsageError, nearest
from rewardkit.files import write_whole
from rewardkit.pages.blocks import Claim, Claims, Tabled
from rewardkit.pages.completions import Completions
from rewardkit.pages.page import Page, Section
from rewardkit.pages.tables import Table

from ..run.folder import EvaluationRun
from .audits import audit_section, document_section
from .evaluation import evaluation_sections
from .folders import folder_reports
from .scores import score_section
from .sources import ReportSource, SourceKind, document_title, recognise, short_names

FORMATS = ("html", "md", "json")


def build(
    sources: Sequence[Path | str],
    out: Path | str,
    format: str = "html",
    *,
    title: str = "",
    intro: Sequence[Any] = (),
    pictures: Path | str | None = None,
    anyway: bool = False,
    limit: int = 20_000,
) -> Path:
    """Write a page about these sources.

    Args:
        sources: runs, score files, JSON of audits, recipes (see `sources`); of comparable runs the first is
            the baseline.
        out: the file to write.
        format: html, md or json.
        title: the page's title; by default the sources' names.
        intro: what comes first: paragraphs (strings) and claims (mappings, or objects, with `text`,
            `holds` and `told`).
        pictures: a folder in which each picture is written as SVG and PNG, too.
        anyway: compare evaluation runs whose data, prompts, decoding or reading differ.
        limit: how many completions the page holds at most.

    Returns:
        The file that was written.

    Raises:
        UsageError: a source is of an unknown kind, or a run is not scored yet.
    """
    if format not in FORMATS:
        raise UsageError(f"--format {format}: {nearest(format, FORMATS)}")
    page = make_page(sources, title=title, intro=intro, anyway=anyway, limit=limit)
    target = Path(out)
    drawn = ""
    if pictures is not None:
        page.write_pictures(Path(pictures))
        drawn = os.path.relpath(pictures, target.parent)
    written = {"html": page.html, "md": lambda: page.markdown(drawn), "json": page.json}
    write_whole(target, _whole_characters(written[format]()))
    return target


def make_page(
    sources: Sequence[Path | str],
    *,
    title: str = "",
    intro: Sequence[Any] = (),
    anyway: bool = False,
    limit: int = 20_000,
) -> Page:
    """The page itself, for a notebook; arguments as those of `build`."""
    found = recognise(sources)
    if not found:
        raise UsageError("no run to report on; give a run, a score file, an audit or a recipe")
    by: dict[SourceKind, list[ReportSource]] = {
        kind: [one for one in found if one.kind == kind] for kind in SourceKind
    }
    completions = Completions(limit)
    sections: list[Section] = []
    runs = _named(by[SourceKind.EVALUATION])
    if runs:
        folders = {name: EvaluationRun(path) for name, path in runs.items()}
        sections += evaluation_sections(folders, completions, anyway=anyway)
    for report in folder_reports():
        others = _named([source for source in by[SourceKind.FOLDER] if source.report is report])
        sections += report.sections(others, completions, list(runs)) if others else []
    audits = [audit for source in by[SourceKind.AUDIT] for audit in source.data]
    audits += [_checked(source.given) for source in by[SourceKind.RECIPE]]
    if audits:
        sections.append(audit_section(audits))
    sections += [
        document_section(document_title(source.data), source.data) for source in by[SourceKind.DOCUMENT]
    ]
    sections += [
        score_section(name, path, completions) for name, path in _named(by[SourceKind.SCORES]).items()
    ]
    sections.append(_sources(found))
    claims = [Claim.of(one) for one in intro if not isinstance(one, str)]
    return Page(
        title=title or _title(by),
        sections=_anchored(sections),
        completions=completions,
        about=[one for one in intro if isinstance(one, str)],
        claims=Claims(claims) if claims else None,
    )


def _whole_characters(text: str) -> str:
    """Completions may hold lone surrogates, which UTF-8 cannot encode: each becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _named(sources: Sequence[ReportSource]) -> dict[str, Path]:
    paths = [source.path for source in sources]
    return dict(zip(short_names(paths), paths, strict=True))


def _checked(reference: str) -> Mapping[str, Any]:
    from rewardkit.audit import check
    from rewardkit.documents import encode
    from rewardkit.recipe.loading import load_recipe

    return encode(check(load_recipe(reference)))


def _title(by: Mapping[SourceKind, Sequence[ReportSource]]) -> str:
    runs = [*by[SourceKind.EVALUATION], *by[SourceKind.SCORES]] or [
        one for sources in by.values() for one in sources
    ]
    names = list(dict.fromkeys(one.path.name if one.path.exists() else one.given for one in runs))
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"


def _sources(found: Sequence[ReportSource]) -> Section:
    rows = [[source.given, source.word] for source in found]
    plain = [{"source": source.given, "kind": source.word} for source in found]
    table = Table(["what this page was made from", "kind"], rows, words=(0, 1))
    return Section("Sources", [Tabled(table)], f"Made by rewardkit {__version__}.", plain)


def _anchored(sections: Sequence[Section]) -> list[Section]:
    """Sections with titles made unique."""
    made: list[Section] = []
    seen: dict[str, int] = {}
    for section in sections:
        seen[section.anchor] = seen.get(section.anchor, 0) + 1
        if seen[section.anchor] > 1:
            title = f"{section.title} ({seen[section.anchor]})"
            section = Section(title, section.blocks, section.lead, section.plain)
        made.append(section)
    return made
