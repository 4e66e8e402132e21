"""The blocks that a section of a page is made of: paragraphs, tables, pictures, claims, findings, flips, warnings.

A block knows which macro of the template shows it (`shape`) and how it reads as Markdown. Blocks hold plain
strings; the template escapes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .draw import Chart
from .tables import Table


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    text: str
    shape: ClassVar[str] = "prose"

    def markdown(self) -> str:
        """The paragraph."""
        return self.text


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with its own file name, and a sentence that says what it shows."""

    name: str
    chart: Chart
    caption: str
    shape: ClassVar[str] = "picture"

    def markdown(self) -> str:
        """The caption; a page that writes its pictures adds the file."""
        return f"*Picture: {self.caption}*"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures side by side."""

    pictures: Sequence[Picture]
    shape: ClassVar[str] = "pictures"

    def markdown(self) -> str:
        """Their captions."""
        return "\n\n".join(picture.markdown() for picture in self.pictures)


@dataclass(frozen=True, slots=True)
class Tabled:
    """A table; `folded` hides it behind its title until it is opened."""

    table: Table
    folded: bool = False
    shape: ClassVar[str] = "tabled"

    def markdown(self) -> str:
        """The table."""
        return self.table.markdown()


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, whether it holds here, and the figures that show it."""

    text: str
    holds: bool
    told: str = ""
    shape: ClassVar[str] = "claim"

    @classmethod
    def of(cls, given: Any) -> Claim:
        """From a mapping, or anything with `text`, `holds` and `told`."""
        if isinstance(given, Mapping):
            return cls(str(given["text"]), bool(given["holds"]), str(given.get("told", "")))
        return cls(str(given.text), bool(given.holds), str(getattr(given, "told", "")))

    def markdown(self) -> str:
        """A line of a list."""
        word = "holds" if self.holds else "does **not** hold here"
        return f"- {self.text}: {word}" + (f" ({self.told})" if self.told else "")


@dataclass(frozen=True, slots=True)
class Claims:
    """A list of claims."""

    claims: Sequence[Claim]
    shape: ClassVar[str] = "claims"

    def markdown(self) -> str:
        """A list."""
        return "\n".join(claim.markdown() for claim in self.claims)


@dataclass(frozen=True, slots=True)
class FindingCard:
    """What an audit found: a mark, a sentence, a witness as a table, and what fixes it."""

    code: str
    severity: str
    verdict: str
    sentence: str
    allowed: str = ""
    witness: Table | None = None
    note: str = ""
    fixes: Sequence[str] = ()
    shape: ClassVar[str] = "finding"

    @property
    def level(self) -> str:
        """error, warning, info, or proven."""
        return "proven" if self.verdict == "proven" else self.severity

    @property
    def sign(self) -> str:
        """A mark that is clear without its colour."""
        return {"proven": "✓", "error": "✗", "warning": "!"}.get(self.level, "·")

    def markdown(self) -> str:
        """The sentence, the witness and the fix."""
        head = f"- {self.sign} **{self.code}** ({self.verdict or self.severity}): {self.sentence}"
        lines = [head, *(f"  - fix: `{fix}`" for fix in self.fixes)]
        if self.allowed:
            lines.insert(1, f"  - allowed: {self.allowed}")
        if self.witness is not None:
            lines += ["", self.witness.markdown()]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class FlipCard:
    """A question that one run answers correctly and another does not, with both completions."""

    item: str
    gained: bool
    question: str
    gold: str
    left: str
    right: str
    left_answer: str
    right_answer: str


@dataclass(frozen=True, slots=True)
class Flips:
    """The flips between two runs; `total` also counts those that are not shown."""

    left_name: str
    right_name: str
    gained: int
    lost: int
    flips: Sequence[FlipCard]
    shape: ClassVar[str] = "flips"

    def markdown(self) -> str:
        """Their counts and names."""
        names = ", ".join(f"{flip.item} ({'gained' if flip.gained else 'lost'})" for flip in self.flips)
        return f"{self.right_name} against {self.left_name}: {self.gained} gained, {self.lost} lost. {names}"


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks hidden behind a title until they are opened."""

    title: str
    blocks: Sequence[Any] = field(default_factory=tuple)
    shape: ClassVar[str] = "folded"

    def markdown(self) -> str:
        """The blocks under their title."""
        return "\n\n".join([f"**{self.title}**", *(block.markdown() for block in self.blocks)])


@dataclass(frozen=True, slots=True)
class Heading:
    """A title inside a section."""

    text: str
    shape: ClassVar[str] = "heading"

    def markdown(self) -> str:
        """A third-level heading."""
        return f"### {self.text}"


Block = Prose | Pictures | Tabled | Claims | FindingCard | Flips | Folded | Heading
"""What a section holds."""
