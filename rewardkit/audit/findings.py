"""Findings: what an audit says, in a form that people read and programs act on.

A finding is a sentence with the numbers in it, a verdict on the claim it is about, a witness that was
really scored where the claim is refuted, and the smallest change that would fix it. An `Audit` is a
list of findings about one recipe; it knows which of them the recipe's author accepted on purpose, and
whether what remains is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any

from ..documents import MERGED, OMITTED, OR_NULL, computed, encode
from ..formatting import SHOWN, markdown_table, num, number_of, shortened
from ..recipe.recipe import Recipe
from ..types import Outcome, Rollout, Score

SPOKEN = {
    Outcome.CORRECT: ("right answer", "right answers"),
    Outcome.WRONG: ("wrong answer", "wrong answers"),
    Outcome.NO_ANSWER: ("completion without an answer", "completions without an answer"),
    Outcome.FALSE_NONE: ("false None", "false Nones"),
    Outcome.NONE_CORRECT: ("rightful None", "rightful Nones"),
    Outcome.NONE_MISSED: ("missed None", "missed Nones"),
    Outcome.NONE_NO_ANSWER: (
        "silence where there is no answer",
        "silent completions where there is no answer",
    ),
}


def spoken(outcome: Outcome, many: bool = False) -> str:
    """An outcome as sentences name one completion of it, or several."""
    return SPOKEN[outcome][many]


class ClaimVerdict(StrEnum):
    """What became of a claim. Nothing is `refuted` without a witness that was scored."""

    PROVEN = "proven"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """`error` ends a command with exit code 1 unless its code is allowed."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Completions that the recipe really scored so.

    `rollouts` are scored together (they are one prompt's group); `totals` and `outcomes` stand in the
    same order. `advantages` are GRPO's, where the claim is about a group. `note` says what to look at.
    """

    rollouts: tuple[Rollout, ...] = field(metadata=OMITTED)
    totals: tuple[float | None, ...] = field(metadata=OMITTED)
    outcomes: tuple[str, ...] = field(metadata=OMITTED)
    advantages: tuple[float, ...] = field(default=(), metadata=OMITTED)
    note: str = ""

    @property
    @computed("rollouts")
    def rows(self) -> list[dict[str, Any]]:
        """Rollout by rollout, what documents write of it: all that it takes to score it again."""
        rows = []
        for at, rollout in enumerate(self.rollouts):
            row: dict[str, Any] = {
                "completion": rollout.completion,
                "gold": rollout.gold,
                "tokens": rollout.tokens,
                "finish": str(rollout.finish),
                "prompt": rollout.prompt,
                "id": rollout.id,
                "group": rollout.group,
                "sample": rollout.sample,
                **({"fields": dict(rollout.fields)} if rollout.fields else {}),
                **({"token_ids": list(rollout.token_ids)} if rollout.token_ids is not None else {}),
                "outcome": self.outcomes[at],
                "total": self.totals[at],
            }
            if self.advantages:
                row["advantage"] = self.advantages[at]
            rows.append(row)
        return rows


def witnessed(scores: Sequence[Score], advantages: Iterable[float] = (), note: str = "") -> Witness:
    """A witness from scores of one group."""
    return Witness(
        rollouts=tuple(score.reading.rollout for score in scores),
        totals=tuple(score.total for score in scores),
        outcomes=tuple(str(score.outcome) for score in scores),
        advantages=tuple(float(value) for value in advantages),
        note=note,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing an audit found. `code` names the sort of finding, for `--allow`.

    `fix` holds the `--set` assignments that would do away with it (tried, where they are given);
    `advice` says the same in words where no assignment can. `facts` are the figures of the sentence.
    """

    code: str
    severity: Severity
    sentence: str
    verdict: ClaimVerdict | None = None
    term: str = field(default="", metadata=OR_NULL)
    witness: Witness | None = None
    fix: tuple[str, ...] = ()
    advice: str = field(default="", metadata=OR_NULL)
    facts: Mapping[str, Any] = field(default_factory=dict)
    asked: bool = field(default=False, metadata=OMITTED)
    """Whether it answers a question that was asked by an option, so that it is shown however harmless it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The findings about one recipe. `allowed` maps a code to the reason why it is accepted."""

    recipe: str
    digest: str
    findings: tuple[Finding, ...]
    allowed: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Any] = field(default_factory=dict, metadata=MERGED)
    """Figures that are shown as tables: `scoring` and, with data, `contract` and `policies`."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that are errors and not allowed."""
        return tuple(
            found
            for found in self.findings
            if found.severity == Severity.ERROR and found.code not in self.allowed
        )

    @property
    @computed("failed")
    def failed(self) -> bool:
        """Whether a command about this audit ends with exit code 1."""
        return bool(self.errors)

    @property
    def loud(self) -> tuple[Finding, ...]:
        """Errors, warnings and what was asked for: what is shown unless everything is."""
        return tuple(found for found in self.findings if found.severity != Severity.INFO or found.asked)

    @property
    @computed("headline")
    def headline(self) -> str:
        """The verdict in a line: sound, or not, or not shown to be."""
        warnings = [f for f in self.loud if f.severity == Severity.WARNING and f.code not in self.allowed]
        allowed = sorted({f.code for f in self.loud if f.code in self.allowed})
        tail = f" (allowed: {', '.join(allowed)})" if allowed else ""
        counted = number_of(len(warnings), "warning")
        if self.errors:
            and_warnings = f", {counted}" if warnings else ""
            return f"not sound: {number_of(len(self.errors), 'error')}{and_warnings}{tail}"
        unknown = sorted({f.code for f in warnings if f.verdict == ClaimVerdict.UNKNOWN})
        if unknown:
            return f"not shown to be sound: {', '.join(unknown)} not decided{tail}"
        if warnings:
            return f"no errors, {counted}{tail}"
        proven = number_of(len({f.code for f in self.findings if f.verdict == ClaimVerdict.PROVEN}), "claim")
        return (
            f"no errors but what is allowed ({', '.join(allowed)})" if allowed else f"sound: {proven} proven"
        )

    def of(self, code: str) -> tuple[Finding, ...]:
        """Findings of one code."""
        return tuple(found for found in self.findings if found.code == code)

    def verdict(self, code: str) -> ClaimVerdict | None:
        """The worst verdict among the findings of a code: refuted, unknown, proven; None without one."""
        verdicts = {found.verdict for found in self.of(code)} - {None}
        for verdict in (ClaimVerdict.REFUTED, ClaimVerdict.UNKNOWN, ClaimVerdict.PROVEN):
            if verdict in verdicts:
                return verdict
        return None

    def markdown(self) -> str:
        """The audit as Markdown."""
        return audit_markdown(self)

    _repr_markdown_ = markdown


ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def allowed(recipe: Recipe, codes: Iterable[str] = ()) -> dict[str, str]:
    """Code to reason: the recipe's own `allow`, and what was allowed by hand."""
    return {entry.code: entry.reason for entry in recipe.allow} | dict.fromkeys(codes, "on the command line")


SIGNS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFO: "·"}


def sign(found: Finding) -> str:
    """A mark for a finding: ✓ where a claim is proven."""
    return "✓" if found.verdict == ClaimVerdict.PROVEN else SIGNS[found.severity]


def fix_lines(found: Finding) -> list[str]:
    """What would do away with a finding."""
    lines = [f"fix: --set {' --set '.join(quoted(s) for s in found.fix)}"] if found.fix else []
    return lines + ([f"fix: {found.advice}"] if found.advice else [])


def with_fix_lines(findings: Iterable[Finding]) -> Iterator[tuple[Finding, list[str]]]:
    """Findings with what would do away with each; the same fix is spelled out once."""
    seen: dict[tuple[str, ...], str] = {}
    for found in findings:
        first = seen.setdefault(found.fix, found.code) if found.fix else found.code
        yield found, fix_lines(found) if first == found.code else [f"fix: as for {first}"]


def quoted(setting: str) -> str:
    """An assignment as a shell takes it."""
    return f'"{setting}"' if any(sign in setting for sign in " {[") else setting


def witness_cells(rows: Sequence[Mapping[str, Any]], width: int = SHOWN) -> tuple[list[str], list[list[str]]]:
    """Header and cells of a table of a witness's rows, as documents hold them: totals that differ are told apart,
    equal neighbours stand once."""
    totals = [row["total"] for row in rows]
    digits = 3
    while digits < 12 and len({num(total, digits) for total in totals}) < len(set(totals)):
        digits += 3
    pushed = any(row.get("advantage") is not None for row in rows)
    cells = []
    for row in rows:
        push = row.get("advantage")
        pushes = ["" if push is None else f"{push:+.3f}"] if pushed else []
        tokens = "" if row.get("tokens") is None else str(row["tokens"])
        completion = shortened(row["completion"], width)
        cells.append([num(row["total"], digits), *pushes, row["outcome"], tokens, completion])
    counted = [(same, len(list(run))) for same, run in groupby(cells)]
    header = ["reward", *(["adv."] if pushed else []), "outcome", "tokens", "completion"]
    return header, [[total + (f" x{n}" if n > 1 else ""), *rest] for (total, *rest), n in counted]


def audit_markdown(audit: Audit) -> str:
    """An audit as Markdown: what must be acted on, and the rest folded away."""
    parts = [f"### {audit.recipe} `{audit.digest}`", "", f"**{audit.headline}**", ""]
    for found, fixes in with_fix_lines(audit.loud):
        parts += _markdown_finding(audit, found, fixes)
    quiet = [found for found in audit.findings if found not in audit.loud]
    folded = [line for found in quiet for line in _markdown_finding(audit, found, fix_lines(found))]
    for name, table in audit.tables.items():
        folded += ["", *_markdown_of(name, table)]
    if folded:
        parts += ["", "<details>", f"<summary>{what_else(audit)}</summary>", "", *folded, "", "</details>"]
    return "\n".join(parts) + "\n"


def _markdown_finding(audit: Audit, found: Finding, fixes: Sequence[str]) -> list[str]:
    verdict = f" ({found.verdict})" if found.verdict else ""
    allowed = audit.allowed.get(found.code)
    note = f" — allowed: {allowed}" if allowed is not None and found.severity != Severity.INFO else ""
    lines = [f"- {sign(found)} **{found.code}**{verdict}{note}: {found.sentence}"]
    lines += [f"  - {line}" for line in fixes]
    if found.witness is not None and found.severity != Severity.INFO:
        header, rows = witness_cells(found.witness.rows)
        lines += ["", *("  " + line for line in markdown_table(header, rows[:4]).splitlines()), ""]
    return lines


def what_else(audit: Audit) -> str:
    """What is folded away, counted: `5 proven, 4 notes, 1 table`."""
    quiet = [found for found in audit.findings if found not in audit.loud]
    proven = sum(1 for found in quiet if found.verdict == ClaimVerdict.PROVEN)
    notes = len(quiet) - proven
    parts = [f"{proven} proven"] if proven else []
    parts += [number_of(notes, "note")] if notes else []
    parts += [number_of(len(audit.tables), "table")] if audit.tables else []
    return ", ".join(parts)


def _markdown_of(name: str, table: Any) -> list[str]:
    if hasattr(table, "rows") and hasattr(table, "header"):
        return [f"**{table.title}**", "", markdown_table(table.header, table.rows())]
    if isinstance(table, Mapping):
        return [markdown_table(list(table), [[str(value) for value in table.values()]])]
    return [f"{name}: {encode(table)}"]
