"""One HTML file from sections: no network, light and dark, readable on a phone, printable.

A page has sections of blocks and completions to browse, and is written as HTML, Markdown or JSON. Completions,
prompts and data are never markup: the template escapes them, and the script inserts the browsed ones as text.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rewardkit import __version__

from ..documents import document, json_text
from .blocks import Block, Claims, Folded, Picture, Pictures
from .completions import Completions
from .draw import png, svg

HERE = Path(__file__).parent

PACKED = 9_000_000
"""Most characters for the packed completions: with the rest the page stays under 10 MB."""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the page. `lead` is a sentence or two; `plain` is what --format json writes."""

    title: str
    blocks: Sequence[Block]
    lead: str = ""
    plain: Any = None

    @property
    def anchor(self) -> str:
        """The id that the table of contents links to."""
        return "-".join(re.findall(r"[a-z0-9]+", self.title.lower())) or "section"

    def pictures(self) -> Iterator[Picture]:
        """Every picture of the section."""
        yield from _pictures(self.blocks)


def _pictures(blocks: Sequence[Any]) -> Iterator[Picture]:
    for block in blocks:
        if isinstance(block, Pictures):
            yield from block.pictures
        elif isinstance(block, Folded):
            yield from _pictures(block.blocks)


@dataclass(frozen=True, slots=True)
class Page:
    """Title, opening claims and paragraphs, sections in order, and the completions to browse."""

    title: str
    sections: Sequence[Section]
    completions: Completions | None = None
    about: Sequence[str] = field(default_factory=tuple)
    claims: Claims | None = None

    def html(self) -> str:
        """The page as one HTML file."""
        return page_html(self)

    def markdown(self, pictures: str = "") -> str:
        """The page without its completions, as Markdown. `pictures` is the folder of its pictures, if any."""
        parts = [f"# {self.title}", *self.about]
        parts += [self.claims.markdown()] if self.claims else []
        for section in self.sections:
            parts += [f"## {section.title}", section.lead]
            parts += [block.markdown().rstrip() for block in section.blocks]
        text = "\n\n".join(part for part in parts if part).rstrip() + "\n"
        for picture in self.pictures() if pictures else ():
            text = text.replace(picture.markdown(), f"![{picture.caption}]({pictures}/{picture.name}.svg)", 1)
        return text

    def json(self) -> str:
        """The sections' data as JSON."""
        sections = {section.title: section.plain for section in self.sections if section.plain is not None}
        claims = self.claims.claims if self.claims else []
        made = {"title": self.title, "about": self.about, "claims": claims, "sections": sections}
        return json_text(document("report", made))

    def pictures(self) -> Iterator[Picture]:
        """Every picture of the page."""
        for section in self.sections:
            yield from section.pictures()

    def write_pictures(self, folder: Path) -> list[Path]:
        """Write each picture as SVG and PNG; returns the files."""
        folder.mkdir(parents=True, exist_ok=True)
        made = []
        for picture in self.pictures():
            (folder / f"{picture.name}.svg").write_text(svg(picture.chart, picture.caption), encoding="utf-8")
            (folder / f"{picture.name}.png").write_bytes(png(picture.chart))
            made += [folder / f"{picture.name}.svg", folder / f"{picture.name}.png"]
        return made

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(self.html())}" title="{escape(self.title)}" style="width:100%;height:80vh;border:0"></iframe>'


def page_html(page: Page) -> str:
    """The page's HTML."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    data, note = _data(page.completions)
    script = _asset("browse.js")
    # the policy names the only script that may run: markup in a completion could not, even if it got through
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return environment.get_template("template.html.jinja").render(
        page=page,
        drawn=_drawn,
        css=Markup(_asset("style.css")),
        js=Markup(script),
        digest=digest,
        data=Markup(data),
        note=note,
        version=__version__,
    )


def _drawn(picture: Picture) -> Markup:
    """A picture in the page's colours, as wide as its figure."""
    made = svg(picture.chart, picture.caption, name=picture.name, paper=False)
    size = re.search(r'<svg [^>]*?width="(\d+(?:\.\d+)?)"', made)
    head, rest = made.split(">", 1)
    head = re.sub(r' (?:width|height)="[^"]*"', "", head)
    width = float(size[1]) if size else 360.0
    return Markup(f'{head} style="max-width:{width * 1.4:.0f}px">{rest}')


def _data(completions: Completions | None) -> tuple[str, str]:
    """As many completions as fit, packed, and the sentence above them."""
    if completions is None or not len(completions):
        return "", ""
    count = len(completions)
    while True:
        data = packed(completions.plain(count))
        if len(data) <= PACKED:
            return data, completions.note(count)
        count = int(count * PACKED / len(data) * 0.95)


def packed(plain: Any) -> str:
    """Plain data as gzipped JSON in base64, which the browser unpacks."""
    text = json.dumps(plain, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("ascii"), 9, mtime=0)).decode("ascii")


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
