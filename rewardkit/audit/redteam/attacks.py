"""What became of the attacks on a recipe: which held, which broke, who paid, and what would stop it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...documents import OR_NULL, computed, written_as
from ...formatting import listed, num, shortened
from ...types import Score
from ..findings import ClaimVerdict, Finding, Severity, witnessed
from .mutants import Invariant


def _score(score: Score | None) -> dict[str, Any] | None:
    if score is None:
        return None
    return {
        "completion": score.reading.text,
        "outcome": str(score.outcome),
        "total": score.total,
        "terms": score.values,
        "tokens": score.reading.rollout.tokens,
    }


SCORED = written_as(_score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What became of one mutation. `status` is held, free (a degraded text pays as much), broken or not tried."""

    name: str
    invariant: str
    status: str
    tried: int
    broken: int
    honest: Score | None = field(default=None, metadata=SCORED)
    mutant: Score | None = field(default=None, metadata=SCORED)
    gain: float = 0.0
    paid_by: Mapping[str, float] = field(default_factory=dict)
    stop: str = field(default="", metadata=OR_NULL)
    seen_by: tuple[str, ...] = ()
    """Where it costs nothing: the terms that measure what was made worse, and price none of it."""

    @property
    @computed("code")
    def code(self) -> str:
        """The name as a code for `--allow`."""
        return self.name.replace(" ", "_").replace(",", "").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class RedTeam:
    """Every attack on one recipe, the broken ones first."""

    recipe: str
    digest: str
    bases: int
    attacks: tuple[Attack, ...]
    allowed: Mapping[str, str] = field(default_factory=dict)

    title = "Red team"
    header = ("attack", "invariant", "status", "tried", "gain")

    @property
    @computed("findings")
    def findings(self) -> tuple[Finding, ...]:
        """Broken invariants, and what costs nothing although a term measures it."""
        broken = tuple(_finding(attack) for attack in self.attacks if attack.status == "broken")
        return broken + tuple(_unpriced(attack) for attack in self.attacks if attack.seen_by)

    @property
    @computed("failed")
    def failed(self) -> bool:
        """Whether an error is not allowed."""
        return any(f.severity == Severity.ERROR and f.code not in self.allowed for f in self.findings)

    def of(self, name: str) -> Attack:
        """The attack of that name. Raises KeyError."""
        for attack in self.attacks:
            if attack.name == name:
                return attack
        raise KeyError(name)

    def rows(self) -> list[list[str]]:
        """The table of attacks as text."""
        return [
            [a.name, a.invariant, a.status, str(a.tried), f"{a.gain:+.3f}" if a.status == "broken" else ""]
            for a in self.attacks
        ]

    def sentences(self) -> list[str]:
        """How it went in all."""
        number = {
            status: sum(1 for a in self.attacks if a.status == status)
            for status in ("held", "free", "broken")
        }
        free = [a.name for a in self.attacks if a.status == "free"]
        lines = [
            f"{len(self.attacks)} attacks on {self.bases} honest completions: {number['broken']} broken, "
            f"{number['held'] + number['free']} held."
        ]
        if free:
            lines.append(f"Costs nothing, though it makes the text worse: {', '.join(free)}.")
        return lines

    def markdown(self) -> str:
        """As Markdown."""
        from ...formatting import markdown_table

        lines = [
            f"### {self.title}: {self.recipe} `{self.digest}`",
            "",
            *(f"- {s}" for s in self.sentences()),
            "",
        ]
        lines += [f"- **{f.code}** ({f.severity}): {f.sentence} Fix: {f.advice}" for f in self.findings]
        return "\n".join([*lines, "", markdown_table(self.header, self.rows()), ""])

    _repr_markdown_ = markdown


def _finding(attack: Attack) -> Finding:
    assert attack.honest is not None
    assert attack.mutant is not None
    hard = attack.invariant in (str(Invariant.LESS), str(Invariant.BELOW)) or "beside" in attack.name
    terms = ", ".join(f"{label} {change:+.3g}" for label, change in attack.paid_by.items())
    return Finding(
        code=attack.code,
        severity=Severity.ERROR if hard else Severity.WARNING,
        verdict=ClaimVerdict.REFUTED,
        sentence=f"'{attack.name}' {_should(attack.invariant)}, and is paid {num(attack.mutant.total)} against "
        f"{num(attack.honest.total)} ({attack.broken} of {attack.tried}; paid by {terms or 'no term'}): "
        f"{shortened(attack.mutant.reading.text)}",
        witness=witnessed([attack.honest, attack.mutant]),
        advice=attack.stop,
        facts={"gain": attack.gain, "paid_by": dict(attack.paid_by)},
    )


def _unpriced(attack: Attack) -> Finding:
    """A text that is made worse in what a term measures, and costs nothing."""
    assert attack.honest is not None
    assert attack.mutant is not None
    terms = listed([f"'{label}'" for label in attack.seen_by])
    return Finding(
        code=f"free_{attack.code}",
        severity=Severity.WARNING,
        sentence=f"'{attack.name}' makes the text worse and costs nothing, although {terms} measure"
        f"{'s' if len(attack.seen_by) == 1 else ''} it: paid {num(attack.mutant.total)} as before "
        f"({attack.tried} tried): {shortened(attack.mutant.reading.text)}",
        witness=witnessed([attack.honest, attack.mutant]),
        advice=f"lower the threshold or the price of {terms}, or allow free_{attack.code} if it is meant to be free",
        facts={"seen_by": list(attack.seen_by)},
    )


def _should(invariant: str) -> str:
    return {
        str(Invariant.NEUTRAL): "should move nothing",
        str(Invariant.NOT_MORE): "should never pay more",
        str(Invariant.LESS): "should pay less than the honest answer",
        str(Invariant.BELOW): "should stay below an honest right answer",
        str(Invariant.LADDER): "should never fall and rise again",
    }[invariant]
