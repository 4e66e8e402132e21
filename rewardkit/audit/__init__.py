"""Audits: prove and probe what a recipe pays for, before a GPU hour is spent.

    check        prove or refute: totality, ordering, within a GRPO group, dead terms, abstention
    with_data    the contract between a recipe and rows of data, and what degenerate policies earn
    redteam      attack a recipe with named mutants of completions
    diff         what changed between two recipes, as specifications and on rollouts
    grpo_advantages  what GRPO would see of rollouts
    Signal       which problems teach something, and at which group size

Each returns a typed result with `to_dict()` and `markdown()`; see `rewardkit.audit.findings`.
"""

from .advantages import Advantages, grpo_advantages
from .attacks import Attack, RedTeam
from .check import check
from .contract import with_data
from .diff import Diff, against, diff
from .findings import Audit, Finding, Severity, Verdict, Witness
from .redteam import redteam
from .rollouts import Rollouts, ScoredGroups, from_groups, load, scored
from .signal import Passed, Signal, counts_of_labels, counts_of_scores
from .spec_diff import SpecDiff, spec_diff

__all__ = [
    "Advantages",
    "Attack",
    "Audit",
    "Diff",
    "Finding",
    "Passed",
    "RedTeam",
    "Rollouts",
    "ScoredGroups",
    "Severity",
    "Signal",
    "SpecDiff",
    "Verdict",
    "Witness",
    "against",
    "check",
    "counts_of_labels",
    "counts_of_scores",
    "diff",
    "from_groups",
    "grpo_advantages",
    "load",
    "redteam",
    "scored",
    "spec_diff",
    "with_data",
]
