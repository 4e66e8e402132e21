"""What a page can be about: each argument is recognised by its content.

an evaluation run          a folder with suite.yaml and run.json
a training run             a folder with plan.yaml and run.json
a folder of these          searched for them, two levels deep
a score file               .jsonl or .parquet with totals, outcomes and terms
check, diff, advantages, signal, redteam --json   a .json file
a recipe                   name@version or a .yaml file: it is checked here
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rewardkit.errors import UsageError

from .folders import FolderReport, folder_reports

TAKES = (
    "a report takes evaluation runs, training runs, folders that hold them, score files, the JSON of check, diff, "
    "advantages, signal and redteam, and recipes"
)
DEPTH = 2
"""How deep a folder is searched for runs."""


class SourceKind(StrEnum):
    """What an argument of a report is."""

    EVALUATION = "evaluation run"
    FOLDER = "folder of another part"
    SCORES = "score file"
    AUDIT = "audit"
    DOCUMENT = "document"
    RECIPE = "recipe"


@dataclass(frozen=True, slots=True)
class ReportSource:
    """One thing that a page is about. `data` is what a JSON file holds, `report` what reads a folder of another part."""

    kind: SourceKind
    given: str
    data: Any = None
    report: FolderReport | None = None

    @property
    def word(self) -> str:
        """What it is called."""
        return self.report.kind if self.report is not None else str(self.kind)

    @property
    def path(self) -> Path:
        """The argument as a path."""
        return Path(self.given)


def recognise(given: Sequence[Path | str]) -> list[ReportSource]:
    """Every source behind the arguments, in order. Raises UsageError for one that is not recognised."""
    found = [source for one in given for source in _recognised(str(one))]
    return list({(source.kind, source.given): source for source in found}.values())


def _recognised(given: str) -> Iterator[ReportSource]:
    path = Path(given)
    if path.is_dir():
        found = _folder(path)
        if found is not None:
            yield found
            return
        inside = list(_inside(path, DEPTH))
        if not inside:
            raise UsageError(f"{path} contains no run; {TAKES}")
        yield from inside
    elif not path.exists() and ("@" in given or "/" not in given) and not path.suffix:
        yield ReportSource(SourceKind.RECIPE, given)
    elif not path.exists():
        raise UsageError(f"{path}: no such file or folder; {TAKES}")
    elif path.suffix in (".jsonl", ".parquet"):
        yield ReportSource(SourceKind.SCORES, given)
    elif path.suffix in (".yaml", ".yml"):
        yield ReportSource(SourceKind.RECIPE, given)
    elif path.suffix == ".json":
        yield _document(path)
    else:
        raise UsageError(f"{path}: cannot tell from its name what this is; {TAKES}")


def _folder(path: Path) -> ReportSource | None:
    if (path / "run.json").is_file() and (path / "suite.yaml").is_file():
        return ReportSource(SourceKind.EVALUATION, str(path))
    for report in folder_reports():
        if report.reads(path):
            return ReportSource(SourceKind.FOLDER, str(path), report=report)
    return None


def _inside(path: Path, depth: int) -> Iterator[ReportSource]:
    for child in sorted(path.iterdir()):
        if not child.is_dir() or child.name.startswith("."):
            continue
        found = _folder(child)
        if found is not None:
            yield found
        elif depth > 1:
            yield from _inside(child, depth - 1)


def _document(path: Path) -> ReportSource:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as wrong:
        raise UsageError(f"{path}: not JSON: {wrong}") from None
    if isinstance(data, dict):
        if document_title(data):
            return ReportSource(SourceKind.DOCUMENT, str(path), data)
        if "audits" in data or {"recipe", "findings"} <= data.keys():
            return ReportSource(SourceKind.AUDIT, str(path), data.get("audits", [data]))
    raise UsageError(f"{path}: JSON of an unknown kind; {TAKES}")


def document_title(data: dict[str, Any]) -> str:
    """What a document is, by its kind, or by its keys where it was written before kinds were; else empty."""
    kind, keys = data.get("kind"), data.keys()
    if kind == "diff" or {"before", "after", "spec"} <= keys:
        return f"Diff: {data['before']} to {data['after']}"
    if kind == "advantages" or {"recipe", "frac_reward_zero_std"} <= keys:
        return f"Advantages under {data['recipe']}"
    if kind == "signal" or {"difficulty", "sizes", "problems"} <= keys:
        return "Learning signal"
    if kind == "redteam" or {"recipe", "attacks"} <= keys:
        return f"Red team of {data['recipe']}"
    return ""


def short_names(paths: Sequence[Path]) -> list[str]:
    """The shortest ends of paths that tell them apart."""
    parts = [path.resolve().parts for path in paths]
    made = []
    for own in parts:
        others = [other for other in parts if other != own]
        size = 1
        while size < len(own) and any(other[-size:] == own[-size:] for other in others):
            size += 1
        made.append("/".join(own[-size:]))
    return made
