"""One HTML file from sections: no network, light and dark, readable on a phone, printable."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from rewardkit import __version__

from ..run.folder import write_whole
from ..tables import Table

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the page. `lead` is a sentence or two; `body` is HTML; `plain` what --format json gives."""

    title: str
    body: str
    lead: str = ""
    markdown: str = ""
    plain: Any = None

    @property
    def anchor(self) -> str:
        """The id that the contents link to."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.title.lower()).split())

    @classmethod
    def of_tables(
        cls,
        title: str,
        tables: Sequence[Table],
        *,
        lead: str = "",
        pictures: Sequence[str] = (),
        plain: Any = None,
    ) -> Section:
        """A section of pictures (SVG) and tables."""
        figures = "".join(f'<figure class="picture">{svg}</figure>' for svg in pictures)
        figures = f'<div class="pictures">{figures}</div>' if figures else ""
        body = figures + "".join(table.html() for table in tables)
        return cls(title, body, lead, "\n".join(table.markdown() for table in tables), plain)


@dataclass(frozen=True, slots=True)
class Page:
    """Title, sections in order, and the completions to browse (plain data, see `completions`)."""

    title: str
    sections: Sequence[Section]
    completions: dict[str, Any] | None = None
    about: Sequence[str] = field(default_factory=tuple)

    def markdown(self) -> str:
        """The page without pictures and completions, as Markdown."""
        parts = [f"# {self.title}", *self.about]
        for section in self.sections:
            parts += [f"## {section.title}", section.lead, section.markdown]
        return "\n\n".join(part for part in parts if part).rstrip() + "\n"

    def json(self) -> str:
        """What the sections say, as JSON."""
        made = {
            "title": self.title,
            "sections": {s.title: s.plain for s in self.sections if s.plain is not None},
        }
        return json.dumps(made, indent=2, ensure_ascii=False) + "\n"

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(page_html(self))}" style="width:100%;height:80vh;border:0"></iframe>'


def page_html(page: Page) -> str:
    """The page's HTML."""
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True)
    return environment.get_template("page.html.jinja").render(
        page=page,
        css=Markup((HERE / "page.css").read_text(encoding="utf-8")),
        js=Markup((HERE / "page.js").read_text(encoding="utf-8")),
        data=Markup(packed(page.completions)) if page.completions else "",
        version=__version__,
    )


def write_page(page: Page, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_whole(path, page_html(page))


def packed(plain: Any) -> str:
    """Plain data as gzipped JSON in base64; the browser unpacks it by itself."""
    text = json.dumps(plain, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("ascii"), 9, mtime=0)).decode("ascii")
