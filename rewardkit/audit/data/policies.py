"""Degenerate policies on a data mix: what they earn, really scored, beside an honest one.

Rows of problems come in; for each policy a completion is written a row, scored, and averaged. Always
None, always the most frequent answer, always 0, nothing, format alone, the prompt echoed, ten boxes and
the longest wrong answer stand against an honest policy that is right at a given rate on every row (on
an unanswerable one it says None at that rate and answers otherwise).
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import fsum
from typing import Any

from ...documents import OMITTED, called, computed, encode
from ...formatting import num
from ...recipe.recipe import Recipe
from ...rows.tokens import Counter
from ...types import Rollout, Score
from ..findings import Finding, Severity
from ..witness.templates import Template, said, with_tokens
from .problems import Problems

LONGEST = 4096
FILLER = "and so on"


@dataclass(frozen=True, slots=True)
class Earned:
    """What one policy earns: the mean total over the rows that pay, and how its outcomes are spread."""

    name: str = field(metadata=called("policy"))
    mean: float
    rows: int
    outcomes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies on one mix. `right` and `wrong` are the honest policy at accuracies 1 and 0."""

    earned: tuple[Earned, ...] = field(metadata=OMITTED)
    right: Earned = field(metadata=called("honest_right"))
    wrong: Earned = field(metadata=called("honest_wrong"))
    accuracy: float
    header = ("policy", "mean reward", "honest needs accuracy", "outcomes")
    title = "What policies earn on this mix (length aside where no tokenizer counts)"

    def honest(self, accuracy: float) -> float:
        """What the honest policy earns."""
        return accuracy * self.right.mean + (1 - accuracy) * self.wrong.mean

    @property
    @computed("honest")
    def mean(self) -> float:
        """What the honest policy earns at `accuracy`."""
        return self.honest(self.accuracy)

    def needs(self, earned: Earned) -> float | None:
        """The accuracy from which on honesty pays more than a policy; None where no accuracy does."""
        slope = self.right.mean - self.wrong.mean
        if slope <= 0:
            return None
        accuracy = (earned.mean - self.wrong.mean) / slope
        return None if accuracy > 1 else max(0.0, accuracy)

    def rows(self) -> list[list[str]]:
        """As text, the best first."""
        rows = [[f"honest at {num(self.accuracy)}", f"{self.mean:+.3f}", "", ""]]
        for one in sorted(self.earned, key=lambda one: -one.mean):
            needed = self.needs(one)
            spread = ", ".join(f"{name} {number}" for name, number in one.outcomes.items())
            rows.append(
                [one.name, f"{one.mean:+.3f}", "none does" if needed is None else num(needed), spread]
            )
        return rows

    def findings(self) -> list[Finding]:
        """A degenerate policy that beats the honest one is an error; the best of them is told."""
        honest = self.mean
        found: list[Finding] = []
        for one in self.earned:
            if one.mean >= honest - 1e-9:
                found.append(
                    Finding(
                        code="policy",
                        severity=Severity.ERROR,
                        sentence=f"'{one.name}' earns {one.mean:+.3f} on this mix, an honest policy with accuracy "
                        f"{num(self.accuracy)} {honest:+.3f}.",
                        facts=encode(one),
                    )
                )
        best = max(self.earned, key=lambda one: one.mean)
        needed = self.needs(best)
        found.append(
            Finding(
                code="policies",
                severity=Severity.INFO,
                sentence=f"Of the degenerate policies '{best.name}' earns most on this mix, {best.mean:+.3f}; honesty "
                + (
                    "never pays more."
                    if needed is None
                    else f"pays more from an accuracy of {num(needed)} on."
                ),
                facts={"best": best.name, "needs": needed},
            )
        )
        return found

    @property
    @computed("policies")
    def policies(self) -> list[dict[str, Any]]:
        """What each earns, and the accuracy from which on honesty pays more."""
        return [encode(one) | {"honest_needs": self.needs(one)} for one in self.earned]


def play(
    recipe: Recipe,
    problems: Problems,
    template: Template,
    *,
    accuracy: float = 0.5,
    longest: int | None = None,
    counter: Counter | None = None,
) -> Policies:
    """Play every policy on every row.

    Args:
        recipe: the recipe.
        problems: the rows.
        template: writes an answer in the recipe's own form.
        accuracy: of the honest policy shown.
        longest: tokens of the longest completion; 4096 by default.
        counter: counts tokens; without it an honest completion has the template's count.
    """
    needs = recipe.needs()
    golds = [row.golds[0] for row in problems.rows]
    none = recipe.answer.none[0] if recipe.answer.none else None
    unanswerable = [gold is None or gold in recipe.answer.none for gold in golds]
    common = Count(g for g, nothing in zip(golds, unanswerable, strict=True) if g and not nothing)
    usual = common.most_common(1)[0][0] if common else "0"
    long = longest or LONGEST
    padding = " ".join([FILLER] * min(long // 3, LONGEST))

    def scored(name: str, texts: list[str], tokens: int | None, exact: bool = False) -> Earned:
        rollouts: list[Rollout] = []
        for row, text in zip(problems.rows, texts, strict=True):
            count = tokens if tokens is not None else len(text.split())
            rollouts.append(said(row, text, count, needs))
        scores = recipe.score(rollouts if exact else with_tokens(rollouts, counter))
        return _earned(name, scores)

    def everywhere(name: str, text: str, tokens: int | None) -> Earned:
        return scored(name, [text] * len(golds), tokens)

    usual_tokens = template.tokens
    policies: list[Earned] = []
    if none is not None:
        policies.append(everywhere("always None", template.write(none), usual_tokens))
    policies += [
        everywhere(f"always {usual} (most frequent)", template.write(usual), usual_tokens),
        everywhere("always 0", template.write("0"), usual_tokens),
        everywhere("nothing", "", 0),
        everywhere("format alone", template.write(""), usual_tokens),
        scored("echo of the prompt", [_text(row.prompt) for row in problems.rows], None),
        everywhere("ten boxes", _ten(template), usual_tokens),
        scored("longest", [f"{padding}\n{template.write('0')}"] * len(golds), long, exact=True),
    ]
    truth = [none or "" if nothing else g or "" for g, nothing in zip(golds, unanswerable, strict=True)]
    lies = ["0" if nothing else _wrong(gold or "") for gold, nothing in zip(golds, unanswerable, strict=True)]
    return Policies(
        tuple(policies),
        right=scored("honest, right", [template.write(text) for text in truth], usual_tokens),
        wrong=scored("honest, wrong", [template.write(text) for text in lies], usual_tokens),
        accuracy=accuracy,
    )


def _earned(name: str, scores: list[Score]) -> Earned:
    totals = [score.total for score in scores if score.total is not None]
    outcomes = Count(str(score.outcome) for score in scores)
    mean = fsum(totals) / len(totals) if totals else float("nan")
    return Earned(name, mean, len(totals), dict(outcomes.most_common()))


def _wrong(gold: str) -> str:
    return "987654321" if gold.strip() != "987654321" else "123456789"


def _ten(template: Template) -> str:
    """Ten different answers, each in the answer form, in one completion."""
    forms = template.tail
    bare = template.head.rpartition("\n")[2] or template.head[-40:]
    return template.head + (forms + " " + bare).join(str(number) for number in range(10)) + forms


def _text(prompt: Any) -> str:
    if isinstance(prompt, str):
        return prompt
    return "\n".join(str(message.get("content", "")) for message in prompt)
