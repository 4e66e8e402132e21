"""What a page says about training runs. `rewardkit report` finds this through the entry-point group `rewardkit.reports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rewardkit.pages.completions import Completions
from rewardkit.pages.page import Section

kind = "training run"


def reads(folder: Path) -> bool:
    """Whether a folder is one that `rewardkit train` wrote."""
    return (folder / "run.json").is_file() and (folder / "plan.yaml").is_file()


def sections(runs: Mapping[str, Path], completions: Completions, shown: Sequence[str]) -> list[Section]:
    """The sections of these runs, by name; `shown` names the evaluation runs that are already on the page."""
    from .stages import training_sections

    return training_sections(runs, completions, shown)
