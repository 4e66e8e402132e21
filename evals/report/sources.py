"""What a page can be about: who reads which folder or file.

A reader is a function of (paths, completions) that returns the sections about those of the paths that are
its own kind, and the paths it took. Evaluation runs are read here; other packages add readers through the
entry-point group `rewardkit.report` (`training = "rewardkit.trainers.pages:read"`, say), so that this package
need not know them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from rewardkit.errors import UsageError

from ..run.folder import RunFolder
from .completions import CompletionTable
from .evaluation import evaluation_sections
from .page import Section

Reader = Callable[[Sequence[Path], CompletionTable], tuple[list[Section], list[Path]]]


def read_sources(
    paths: Sequence[Path], completions: CompletionTable, *, anyway: bool = False
) -> list[Section]:
    """The sections about every path, evaluation runs first. Raises UsageError for a path nobody can read."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
    own = [path for path in paths if is_evaluation(path)]
    sections = []
    if own:
        sections = evaluation_sections(
            [RunFolder(path) for path in own], anyway=anyway, completions=completions
        )
    left = [path for path in paths if path not in own]
    for point in entry_points(group="rewardkit.report"):
        if not left:
            break
        reader: Reader = point.load()
        more, taken = reader(left, completions)
        sections += more
        left = [path for path in left if path not in taken]
    if left:
        raise UsageError(
            f"{', '.join(map(str, left))}: nothing that a report can be made of; a report takes evaluation and training "
            "runs, scored files and diffs"
        )
    return sections


def is_evaluation(path: Path) -> bool:
    """Whether a path is the folder of an evaluation run."""
    return (path / "run.json").is_file() and (path / "suite.yaml").is_file()
