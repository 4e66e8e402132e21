"""The contract between a recipe and data: what must hold of every row before anything is trained on it.

An `Audit` of the recipe and a file of problems come in; the audit goes out with what was found on the
rows. The gold itself, written in the recipe's own answer form, must be paid the most: where it is not,
the row is named with the reason (an unreadable gold, a character that the whitelist fires on, a word
that collides with None). The policies of `rewardkit.audit.data.policies` are then played on this very mix.
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...formatting import num
from ...kinds import Question
from ...recipe.recipe import Recipe
from ...rows import Columns
from ...rows.columns import lacking
from ...rows.tokens import Counter
from ...types import Equality, Extraction, Outcome, Says, Score
from ..findings import ORDER, Audit, Finding, Severity
from ..proof.abstention import scoring_findings, scoring_of
from ..proof.prompt import prefill_finding
from ..space import Space
from ..witness.templates import Template, honest, said, with_tokens
from ..witness.writing import Writer
from .policies import play
from .problems import Problems, read_problems

NAMED = 5
"""Rows that a sentence names; the table has all of them."""
NONE_WORDS = "answer.none"
"""The place of a breach that is the recipe's own, whatever the rows hold."""
ABOUT_NONE = {"ordering_none", "group_none"}
"""Findings about problems without an answer."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A row that the recipe cannot pay in full, and why."""

    place: str
    sort: str
    reason: str


def with_data(
    audit: Audit,
    recipe: Recipe,
    path: str | Path,
    *,
    columns: Columns | None = None,
    gold_extract: str | None = None,
    accuracy: float = 0.5,
    limit: int | None = None,
    longest: int | None = None,
    counter: Counter | None = None,
    prefilled: bool | None = None,
) -> Audit:
    """An audit with what holds on rows of data.

    Args:
        audit: of the recipe alone.
        recipe: the recipe.
        path: rows with golds; completions, if there are any, are not read.
        columns: the column of each role.
        gold_extract: the extractor that finds the gold inside the gold column's text.
        accuracy: of the honest policy that degenerate ones are compared with.
        limit: read this many rows at most.
        longest: tokens of the longest completion that a policy can write.
        counter: counts the tokens of what is written; else every honest completion has the reference's.
        prefilled: whether the chat template opens the reasoning; None: look into the tokenizer's.
    """
    problems = read_problems(path, recipe, columns, gold_extract, limit)
    template = honest(recipe)
    breaches, unanswerable = _gold_breaches(recipe, problems, template, counter)
    breaches += _collisions(recipe, problems) + _unsayable(recipe, template)
    findings = [*audit.findings, *_breach_findings(problems, breaches), _mix(problems, unanswerable)]
    findings += prefill_finding(
        recipe, template, _opened(counter, recipe) if prefilled is None else prefilled
    )
    left_out = {"abstention"} | (ABOUT_NONE if unanswerable == 0 else set())
    findings = [f for f in findings if f.code not in left_out]
    space = Space(recipe)
    scoring = scoring_of(space)
    if scoring is not None:
        findings += scoring_findings(space, scoring, unanswerable / len(problems.rows))
    table = play(recipe, problems, template, accuracy=accuracy, longest=longest, counter=counter)
    findings += table.findings()
    findings += [
        Finding(code="fields", severity=Severity.WARNING, sentence=f"{said}.")
        for said in lacking(recipe.fields(), [row.fields for row in problems.rows], problems.file)
    ]
    return replace(
        audit,
        findings=tuple(sorted(findings, key=lambda found: ORDER[found.severity])),
        tables={k: v for k, v in audit.tables.items() if unanswerable or k != "scoring"}
        | {"policies": table}
        | ({"contract": Breaches(breaches)} if breaches else {}),
    )


class Breaches(tuple[Breach, ...]):
    """The rows that breach the contract, as a table."""

    title = "Rows whose own gold is not paid in full"
    header = ("row", "sort", "reason")
    shown = 20

    def rows(self) -> list[list[str]]:
        """The first `shown`, as text."""
        rows = [[b.place, b.sort, b.reason] for b in self[: self.shown]]
        more = len(self) - self.shown
        return [*rows, [f"and {more} more", "", ""]] if more > 0 else rows


# --- the gold itself ---------------------------------------------------------------------------------


def _gold_breaches(
    recipe: Recipe, problems: Problems, template: Template, counter: Counter | None
) -> tuple[list[Breach], int]:
    """Rows of which an accepted gold, written out, is not paid in full; and how many rows' golds are None."""
    needs = recipe.needs()
    written = [(at, gold) for at, row in enumerate(problems.rows) for gold in row.golds]
    rollouts = [
        said(problems.rows[at], template.write(_spelled(recipe, gold)), template.tokens, needs)
        for at, gold in written
    ]
    scores = recipe.score(with_tokens(rollouts, counter))
    outcomes = {at: score.outcome for (at, _), score in zip(written, scores, strict=True)}
    unanswerable = sum(1 for o in outcomes.values() if not o.answerable and o != Outcome.UNDECIDED)
    if not recipe.answer.verify.gold_is_answer:  # it is a target, and saying it is no answer
        return [
            Breach(problems.place(at), "unusable gold", _fault(score))
            for (at, _), score in zip(written, scores, strict=True)
            if score.outcome == Outcome.UNDECIDED
        ], unanswerable
    found: dict[int, Breach] = {}  # the first of a row's accepted golds that is not paid in full
    for (at, gold), score in zip(written, scores, strict=True):
        breach = _breach(recipe, problems.place(at), gold, score, template)
        if breach is not None:
            found.setdefault(at, breach)
    return list(found.values()), unanswerable


def _spelled(recipe: Recipe, gold: str | None) -> str:
    return gold if gold is not None else (recipe.answer.none[0] if recipe.answer.none else "")


def _breach(recipe: Recipe, place: str, gold: str | None, score: Score, template: Template) -> Breach | None:
    if score.outcome == Outcome.UNDECIDED:
        return Breach(place, "unusable gold", _fault(score))
    if not score.outcome.right:
        found = score.reading.extraction
        why = (
            f"is read as {score.reading.prediction!r}" if found is not None and found.text else "is not found"
        )
        if found is not None and found.problem:
            why += f" ({found.problem})"
        return Breach(place, "gold not equal to itself", f"{gold!r} written out {why}: {score.outcome}")
    if score.total is None:
        return Breach(place, "unpaid", f"{gold!r} is right and paid nothing at all")
    reference = template.reference.values
    for label, value in score.values.items():
        term = recipe.reward[label]
        if term.prices_length or not term.all_axes():
            continue
        paid, full = value or 0.0, reference[label] or 0.0
        if paid < full - 1e-9:
            note = next(part.note for part in score.terms if part.label == label)
            return Breach(
                place, f"'{label}' fires on the gold", f"{gold!r}: {num(paid)} for {num(full)}; {note}"
            )
    return None


def _fault(score: Score) -> str:
    verdict = score.reading.verdict
    return str(verdict.details.get("fault", "")) if verdict is not None else ""


def _collisions(recipe: Recipe, problems: Problems) -> list[Breach]:
    """Golds that a None word would be taken for, or that are made of its letters."""
    words = recipe.answer.none
    if not words:
        return []
    rows = [
        (at, row)
        for at, row in enumerate(problems.rows)
        if row.golds[0] is not None and row.golds[0].strip().isalpha() and row.golds[0] not in words
    ]
    found: list[Breach] = []
    for word in words[:1]:
        extraction = Extraction(text=word, span=(0, len(word)), extractor="whole")
        questions = [
            Question(extraction=extraction, golds=(row.golds[0] or "",), text=word, rollout=row)
            for _, row in rows
        ]
        verdicts = recipe.answer.verify.verify(questions) if questions else []
        for (at, row), verdict in zip(rows, verdicts, strict=True):
            gold = row.golds[0] or ""
            if verdict.equality == Equality.EQUAL:
                reason = f"the verifier takes the None word {word!r} for the gold {gold!r}"
                found.append(Breach(problems.place(at), "None-word collision", reason))
            elif (
                sorted(gold.strip().lower()) == sorted(word.lower()) and gold.strip().lower() != word.lower()
            ):
                reason = (
                    f"the gold {gold!r} has the letters of {word!r}: a verifier that reads letters as factors (math-verify "
                    "by itself) takes them for equal; this recipe's does not"
                )
                found.append(Breach(problems.place(at), "None-word lookalike", reason))
    return found


def _unsayable(recipe: Recipe, template: Template) -> list[Breach]:
    """None words that no answer form of the recipe is read as: a policy that says them has said something else."""
    writer = Writer(recipe, recipe.axes())
    found: list[Breach] = []
    for word in recipe.answer.none:
        texts = [template.write(word), *(form.format(word) for form in writer.answer_forms())]
        readings = recipe.read([writer.rollout(text, writer.problem.gold) for text in texts])
        if not any(reading.says == Says.NONE for reading in readings):
            reason = f"{word!r}, written as a right answer would be, is read as {readings[0].prediction!r}, not as None"
            found.append(Breach(NONE_WORDS, "None word that can never be said", reason))
    return found


def _breach_findings(problems: Problems, breaches: Sequence[Breach]) -> list[Finding]:
    found: list[Finding] = []
    total = len(problems.rows)
    harmless = ("None-word lookalike",)
    for sort, number in Count(breach.sort for breach in breaches).most_common():
        own = [breach for breach in breaches if breach.sort == sort]
        counted = f"{number} of {total} rows" if own[0].place != NONE_WORDS else f"{number} of answer.none"
        named = "; ".join(f"{breach.place}: {breach.reason}" for breach in own[:NAMED])
        more = f"; and {number - NAMED} more" if number > NAMED else ""
        found.append(
            Finding(
                code="contract",
                severity=Severity.INFO if sort in harmless else Severity.ERROR,
                sentence=f"{counted}: {sort}. {named}{more}",
                facts={"sort": sort, "rows": [breach.place for breach in own]},
                advice="" if sort in harmless else _remedy(own[0]),
            )
        )
    if problems.bad:
        found.append(
            Finding(
                code="contract",
                severity=Severity.ERROR,
                sentence=f"{len(problems.bad)} rows cannot be read. " + "; ".join(problems.bad[:NAMED]),
                facts={"sort": "bad row", "rows": list(problems.bad)},
            )
        )
    if not any(f.severity == Severity.ERROR for f in found):
        found.append(
            Finding(
                code="contract",
                severity=Severity.INFO,
                sentence=f"All {total} golds, written in the recipe's own answer form, are paid in full.",
                asked=True,
            )
        )
    return found


def _remedy(breach: Breach) -> str:
    if breach.place == NONE_WORDS:
        return "take a None word that the recipe's extractors find, or add an extractor that finds this one"
    return "fix or drop these rows, or let the recipe read them"


def _mix(problems: Problems, unanswerable: int) -> Finding:
    total = len(problems.rows)
    return Finding(
        code="mix",
        severity=Severity.INFO,
        sentence=f"{unanswerable} of {total} rows ({num(100 * unanswerable / total, 1)} %) have no answer.",
        facts={"unanswerable": unanswerable, "rows": total, "share": unanswerable / total},
        asked=True,
    )


def _opened(counter: Counter | None, recipe: Recipe) -> bool | None:
    """Whether a tokenizer's chat template opens the reasoning; None where that is not known."""
    tokenizer: Any = getattr(counter, "tokenizer", None)
    tags = recipe.answer.reasoning
    if tags is None or not getattr(tokenizer, "chat_template", None):
        return None
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "?"}], tokenize=False, add_generation_prompt=True
    )
    return str(text).rstrip().endswith(tags.open)
