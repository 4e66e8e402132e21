"""Audits: prove and probe what a recipe pays for, before a GPU hour is spent.

    check        prove or refute: totality, ordering, within a GRPO group, dead terms, abstention
    with_data    the contract between a recipe and rows of data, and what degenerate policies earn
    redteam      attack a recipe with named mutants of completions
    diff         what changed between two recipes, as specifications and on rollouts
    advantages   what GRPO would see of rollouts
    signal       which problems teach something, and at which group size

Each returns a typed result with `to_dict()` and `markdown()`; see `rewardkit.audit.findings`.
"""

from .check import check
from .findings import Audit, Finding, Severity, Verdict, Witness

__all__ = ["Audit", "Finding", "Severity", "Verdict", "Witness", "check"]
