"""Questions that a suite asks more than once: each counts as a question of its own unless the suite clusters them."""

from __future__ import annotations

import json
from collections import defaultdict

from rewardkit.formatting import number_of

from ..run.folder import EvaluationRun

NAMED = 3


def repeated(folder: EvaluationRun) -> list[str]:
    """A sentence that names the questions with the same prompt; none where there are none, or the suite has clusters."""
    if folder.suite().cluster is not None:
        return []
    found: dict[str, list[str]] = defaultdict(list)
    for item, prompt in folder.items():
        found[json.dumps(prompt, sort_keys=True)].append(item.id)
    twice = [ids for ids in found.values() if len(ids) > 1]
    if not twice:
        return []
    named = "; ".join(", ".join(ids[:NAMED]) + (", ..." if len(ids) > NAMED else "") for ids in twice[:NAMED])
    more = f"; and {len(twice) - NAMED} more" if len(twice) > NAMED else ""
    return [
        f"{number_of(len(twice), 'prompt')} asked more than once ({named}{more}), counted as if independent: intervals are "
        "too narrow; set `cluster` in the suite"
    ]
