"""Audits: prove and probe what a recipe pays for, before a GPU hour is spent.

    check        prove or refute: totality, ordering, within a GRPO group, dead terms, abstention
    with_data    the contract between a recipe and rows of data, and what degenerate policies earn
    redteam      attack a recipe with named mutants of completions
    diff         what changed between two recipes, as specifications and on rollouts
    grpo_advantages  what GRPO would see of rollouts
    Signal       which problems teach something, and at which group size

Each returns a typed result with `markdown()`; see `rewardkit.audit.findings`. `rewardkit.documents.document` makes
JSON of any of them, as the commands print it.
"""

from .data.contract import with_data
from .diff.diff import Diff, against, diff
from .diff.specification import SpecDiff, spec_diff
from .findings import Audit, ClaimVerdict, Finding, Severity, Witness
from .proof.check import check
from .redteam.attacks import Attack, RedTeam
from .redteam.redteam import redteam
from .rollouts.advantages import Advantages, grpo_advantages
from .rollouts.load import Rollouts, ScoredGroups, from_groups, load, scored
from .rollouts.signal import Passed, Signal, counts_of_labels, counts_of_scores

__all__ = [
    "Advantages",
    "Attack",
    "Audit",
    "ClaimVerdict",
    "Diff",
    "Finding",
    "Passed",
    "RedTeam",
    "Rollouts",
    "ScoredGroups",
    "Severity",
    "Signal",
    "SpecDiff",
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
