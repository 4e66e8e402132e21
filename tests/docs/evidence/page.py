"""`docs/evidence.md` from the results of the seeds: figures, intervals and claims.

Pure functions: they turn sheets into plain data and Markdown. No figure is written by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rewardkit.formatting import markdown_table
from rewardkit.statistics import Estimate
from rewardkit.trainers.playground.problem import LEVELS

from .measure import Sheet, changes, claims, figures

ENOUGH = 0.8
"""The share of the seeds in which a claim must hold: four of five."""

HEADING = """\
# The playground's evidence

What a reward does to a policy, shown on one so small that a laptop's CPU can train it: Qwen3's architecture
with about 450 thousand parameters, its own tokenizer, trained from scratch on arithmetic word problems. Do
not read more into it: **GRPO here elicits a way of reasoning that the policy already has from SFT; it teaches
nothing new**: hard problems stay as wrong as they were (the last table). The SFT data mixes careful answers,
hasty ones and an occasional None; imitation makes the greedy answer hasty, and the reward makes it careful.
The figures say nothing about models of another size.

Each seed makes its own world, its own tokenizer and weights, one SFT, and from there two runs of GRPO, with
`playground-none` version 0 and version 1, which differ in one price: None said on an answerable problem costs
0.1 in version 0 and 0.8 in version 1. *Hard* problems are products of two-digit numbers, which the policy
cannot do. There None with a reason is the least costly thing to say under version 0 (it pays -0.1, and a hasty
wrong number -0.3, since that is also too short), so that is what the policy learns, *while its accuracy rises as
much as under version 1*. Evaluation is on problems never seen in training ({problems} per seed), greedy beside
pass@8 at temperature 1.

Made by `make evidence`, on {machine}. Settings and every figure are in `evidence.json`.
"""


def summary(
    sheets: Mapping[int, Mapping[str, Sheet]], seconds: Mapping[int, Mapping[str, float]]
) -> dict[str, Any]:
    """Plain data by seed: figures with intervals for each policy, changes from SFT, claims, seconds."""
    return {
        str(seed): {
            "seconds": {policy: round(spent, 1) for policy, spent in seconds[seed].items()},
            "figures": {
                policy: {name: _plain(one) for name, one in figures(sheet).items()}
                for policy, sheet in policies.items()
            },
            "changes": {
                policy: {
                    name: _plain(one) for name, one in changes(policies["sft"], policies[policy]).items()
                }
                for policy in ("v0", "v1")
            },
            "claims": claims(policies),
        }
        for seed, policies in sheets.items()
    }


def _plain(one: Estimate) -> dict[str, Any]:
    """An estimate as JSON: NaN becomes null, for "unknown"."""
    told = {
        name: None if math.isnan(value) else round(value, 6)
        for name, value in (("value", one.value), ("low", one.low), ("high", one.high))
    }
    return {**told, "questions": one.questions}


def page(record: Mapping[str, Any]) -> str:
    """The Markdown page of `record` (settings, machine, and `summary` under `seeds`)."""
    seeds = record["seeds"]
    sizes = record["settings"]["sizes"]
    parts = [
        HEADING.format(problems=sizes["eval"], machine=record["machine"]),
        "## The claims\n\n" + _claims(seeds),
        "## Greedy accuracy and pass@8, all levels\n\n" + _accuracy(seeds),
        "Percent, with 95 % intervals over questions (Wilson for greedy, bootstrap else). *Change* is from SFT, "
        "in points, paired by question; *gap* is pass@8 minus greedy.\n",
        "## Saying None\n\n" + _none(seeds),
        "Percent of the greedy answers, with Wilson's 95 % intervals. *False None* is None said on an answerable "
        "problem; *recall* is None said on an unanswerable one.\n",
        "## By level: greedy / pass@8 on answerable problems\n\n" + _levels(seeds),
        "## Settings\n\n" + _settings(record),
    ]
    return "\n".join(parts)


def _claims(seeds: Mapping[str, Any]) -> str:
    names = list(next(iter(seeds.values()))["claims"])
    rows = []
    for name in names:
        held = [seed for seed, told in seeds.items() if told["claims"][name]]
        missed = [seed for seed in seeds if seed not in held]
        verdict = "holds" if len(held) >= ENOUGH * len(seeds) else "**does not hold**"
        note = f" (not in seed {', '.join(missed)})" if missed else ""
        rows.append([name, f"{len(held)} of {len(seeds)}{note}", verdict])
    times = [
        (told["seconds"]["sft"] + max(told["seconds"]["v0"], told["seconds"]["v1"])) / 60
        for told in seeds.values()
    ]
    under = sum(minutes < 6 for minutes in times)
    verdict = "holds" if under >= ENOUGH * len(times) else "**does not hold**"
    took = f"{under} of {len(times)} ({min(times):.1f} to {max(times):.1f} minutes)"
    rows.append(["SFT and one GRPO run take under six minutes", took, verdict])
    return markdown_table(["claim", "seeds", ""], rows) + "\n"


def _accuracy(seeds: Mapping[str, Any]) -> str:
    rows = []
    for seed, told in seeds.items():
        for policy, found in told["figures"].items():
            moved = told["changes"].get(policy)
            rows.append(
                [
                    seed,
                    policy,
                    _percent(found["greedy"]),
                    _percent(found["pass@8"]),
                    _percent(found["gap"]),
                    _percent(moved["greedy"], sign=True) if moved else "",
                    _percent(moved["gap"], sign=True) if moved else "",
                ]
            )
    return (
        markdown_table(["seed", "policy", "greedy", "pass@8", "gap", "greedy, change", "gap, change"], rows)
        + "\n"
    )


def _none(seeds: Mapping[str, Any]) -> str:
    names = [f"false none {level}" for level in LEVELS] + ["none recall"]
    rows = [
        [seed, policy, *(_percent(found[name]) for name in names)]
        for seed, told in seeds.items()
        for policy, found in told["figures"].items()
    ]
    return (
        markdown_table(["seed", "policy", *(f"false None, {level}" for level in LEVELS), "recall"], rows)
        + "\n"
    )


def _levels(seeds: Mapping[str, Any]) -> str:
    rows = [
        [
            seed,
            policy,
            *(
                f"{100 * found[f'greedy {level}']['value']:.0f} / {100 * found[f'pass@8 {level}']['value']:.0f}"
                for level in LEVELS
            ),
        ]
        for seed, told in seeds.items()
        for policy, found in told["figures"].items()
    ]
    return markdown_table(["seed", "policy", *LEVELS], rows) + "\n"


def _settings(record: Mapping[str, Any]) -> str:
    settings = record["settings"]
    lines = [
        f"- {name}: " + ", ".join(f"{option} {value}" for option, value in settings[name].items())
        for name in ("sizes", "policy", "sft", "grpo", "recipes", "versions")
    ]
    lines.append(f"- seeds: {', '.join(record['seeds'])}; digest of the settings: `{record['digest']}`")
    return "\n".join(lines) + "\n"


def _percent(told: Mapping[str, Any], *, sign: bool = False) -> str:
    """`79.3 (76.7 to 81.8)`; "unknown" without a value."""
    if told["value"] is None:
        return "unknown"
    form = "+.1f" if sign else ".1f"
    value, low, high = (
        None if told[name] is None else format(100 * told[name], form) for name in ("value", "low", "high")
    )
    return f"{value} ({low} to {high})" if low is not None else str(value)
