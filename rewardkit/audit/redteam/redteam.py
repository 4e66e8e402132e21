"""`redteam`: a recipe attacked with named mutations of honest completions.

A recipe and some completions come in (its cases, the user's rollouts, and ones written for it); for
every mutation there goes out whether its invariant held, how often it was tried, and, where it broke,
the smallest mutant that broke it, which term paid, and what would stop it. Also checked: a score is the
same alone, permuted, and beside other prompts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...errors import DataError, UsageError
from ...recipe.recipe import Recipe
from ...terms.base import STYLE
from ...terms.conditions.facts import NUMBERS
from ...types import Outcome, Rollout, Score
from ..findings import allowed as allowed_codes
from ..space import Space
from ..witness.writing import Writer
from .attacks import Attack, RedTeam
from .bases import Base, base_of
from .mutants import KEPT, LENGTH, SHAPE, WORDS, Invariant, Mutation, cut, mutations, padded

BASES = 12
"""Honest completions of each outcome that are mutated, the shortest first."""
SLACK = 1e-9


def redteam(
    recipe: Recipe,
    rollouts: Iterable[Rollout] = (),
    *,
    cases: Iterable[Rollout] = (),
    bases: int = BASES,
    allow: Iterable[str] = (),
) -> RedTeam:
    """Attack a recipe.

    Args:
        recipe: the recipe.
        rollouts: real completions; the right, wrong and rightly abstaining ones among them are mutated.
        cases: the completions of the recipe's cases.
        bases: how many of each outcome are mutated, beside those written for the recipe.
        allow: codes of findings that are accepted, beside the recipe's own `allow`.

    Raises:
        UsageError: there is no right completion to begin with.
    """
    held = _bases(recipe, [*rollouts, *cases], bases)
    if not any(base.reading.outcome == Outcome.CORRECT for base in held):
        raise UsageError(
            f"there is no right completion for {recipe.ref} to begin with: give --rollouts with some, or cases"
        )
    honest = {
        id(base): score for base, score in zip(held, _scores(recipe, [_as_is(b) for b in held]), strict=True)
    }
    attacks = [_attack(recipe, mutation, held, honest) for mutation in mutations(recipe)]
    attacks += [_padding(recipe, held), _cutting(recipe, held), _invariance(recipe, held)]
    order = {"broken": 0, "free": 1, "held": 2, "not tried": 3}
    return RedTeam(
        recipe=recipe.ref,
        digest=recipe.digest,
        bases=len(held),
        attacks=tuple(sorted(attacks, key=lambda attack: order[attack.status])),
        allowed=allowed_codes(recipe, allow),
    )


# --- what is attacked ----------------------------------------------------------------------------------


def _bases(recipe: Recipe, given: Sequence[Rollout], most: int) -> list[Base]:
    """Honest completions: written ones of each outcome in the best style, plain and with a block of reasoning,
    then the shortest of those given."""
    writer = Writer(recipe, recipe.axes())
    space = Space(recipe)
    wanted = (Outcome.CORRECT, Outcome.WRONG, Outcome.NONE_CORRECT)
    rollouts: list[Rollout] = []
    for outcome in wanted:
        if outcome in space.outcomes:
            plain = writer.write(space.clean(outcome).cell)
            rollouts += [plain] if plain is not None else []
            rollouts += _reasoned(recipe, writer, outcome, plain)
    try:
        readings = recipe.read([*rollouts, *given])
    except DataError as error:
        raise DataError(f"a completion to attack cannot be read: {error.fault}") from None
    found: list[Base] = []
    for outcome in wanted:
        own = [r for r in readings[: len(rollouts)] if r.outcome == outcome]
        real = sorted(
            (r for r in readings[len(rollouts) :] if r.outcome == outcome), key=lambda r: len(r.text)
        )
        found += [base for r in own + real[:most] if (base := base_of(recipe, r)) is not None]
    return found


def _reasoned(recipe: Recipe, writer: Writer, outcome: Outcome, known: Rollout | None) -> list[Rollout]:
    """The written completion with a block of reasoning that is paid most, unless it is known already."""
    tags = recipe.answer.reasoning
    close = tags.close if tags else "</think>"
    own = [
        piece.reading.rollout
        for piece in writer.drafted
        if piece.reading.outcome == outcome
        and close in piece.head + piece.tail
        and not piece.reading.truncated
    ]
    if not own or (known is not None and close in known.completion):
        return []
    return [max(_scores(recipe, own), key=lambda score: score.total or 0.0).reading.rollout]


def _as_is(base: Base) -> Rollout:
    return _as(base, base.text)


def _as(base: Base, text: str, words: int = 0) -> Rollout:
    """A mutant as a rollout: the tokens of its base (so that length stays aside), and `words` more."""
    rollout = base.reading.rollout
    tokens = None if rollout.tokens is None else max(0, rollout.tokens + words)
    ids = rollout.token_ids
    if ids is not None and tokens is not None:
        ids = tuple(ids[:tokens]) + tuple(range(10**6, 10**6 + tokens - len(ids[:tokens])))
    return replace(rollout, completion=text, reasoning=None, tokens=tokens, token_ids=ids)


def _scores(recipe: Recipe, rollouts: Sequence[Rollout]) -> list[Score]:
    """Scores of rollouts, each a prompt of its own."""
    return recipe.score([replace(r, group=f"redteam-{at}") for at, r in enumerate(rollouts)])


# --- attacks -------------------------------------------------------------------------------------------


def _attack(recipe: Recipe, mutation: Mutation, bases: Sequence[Base], honest: Mapping[int, Score]) -> Attack:
    made = [
        (base, text)
        for base in bases
        if base.reading.outcome in mutation.of
        and (text := mutation.make(base)) is not None
        and text != base.text
    ]
    if not made:
        return Attack(
            name=mutation.name, invariant=str(mutation.invariant), status="not tried", tried=0, broken=0
        )
    scores = _scores(recipe, [_as(base, text) for base, text in made])
    rights = [
        s for b in bases if b.reading.outcome == Outcome.CORRECT and (s := honest[id(b)]).total is not None
    ]
    lowest = min(rights, key=lambda score: score.total or 0.0)
    broken: list[tuple[int, float, Score, Score, Score]] = []
    gains: list[float] = []
    pairs: list[tuple[Score, Score]] = []
    for (base, text), score in zip(made, scores, strict=True):
        before = honest[id(base)]
        if score.total is None or before.total is None:
            continue
        if mutation.invariant == Invariant.BELOW and base.gold in base.text:
            continue  # it says the gold somewhere, so that a mutant may be right by its own words
        against = lowest if mutation.invariant == Invariant.BELOW else before
        gain = score.total - (against.total or 0.0)
        if mutation.invariant == Invariant.NEUTRAL:
            gain = _beside_length(recipe, before, score)
        gains.append(gain)
        pairs.append((before, score))
        if _breaks(mutation.invariant, gain):
            broken.append((len(text), gain, before, against, score))
    if not broken:
        return _unbroken(recipe, mutation, len(made), gains, pairs)
    _, gain, before, against, score = min(broken, key=lambda one: one[0])
    paid_by = _paid_by(before, score, mutation.invariant)
    return Attack(
        name=mutation.name,
        invariant=str(mutation.invariant),
        status="broken",
        tried=len(made),
        broken=len(broken),
        honest=against,
        mutant=score,
        gain=gain,
        paid_by=paid_by,
        stop=_stop(recipe, mutation, paid_by),
    )


def _unbroken(
    recipe: Recipe,
    mutation: Mutation,
    tried: int,
    gains: Sequence[float],
    pairs: Sequence[tuple[Score, Score]],
) -> Attack:
    """A mutation that gains nothing: held, or free where it never costs anything either."""
    free = mutation.invariant == Invariant.NOT_MORE and bool(gains) and min(gains) >= -SLACK
    seen = _seen_by(recipe, pairs) if free else ()
    honest, mutant = pairs[0] if seen else (None, None)
    return Attack(
        name=mutation.name,
        invariant=str(mutation.invariant),
        status="free" if free else "held",
        tried=tried,
        broken=0,
        honest=honest,
        mutant=mutant,
        gain=max(gains, default=0.0),
        seen_by=seen,
    )


def _seen_by(recipe: Recipe, pairs: Sequence[tuple[Score, Score]]) -> tuple[str, ...]:
    """The terms of style that see every mutant (it lies elsewhere on an axis of theirs, lengths aside) and price none."""
    found = []
    for label, term in recipe.reward.items():
        axes = [axis for axis in term.axes() if axis.name not in NUMBERS]
        if (
            axes
            and term.looks_at <= STYLE
            and all(
                any(axis.measure(before.reading) != axis.measure(after.reading) for axis in axes)
                for before, after in pairs
            )
        ):
            found.append(label)
    return tuple(found)


def _beside_length(recipe: Recipe, before: Score, after: Score) -> float:
    """What a rewrite moved, prices of length aside: one more blank is one more character."""
    counted = {label for label, term in recipe.reward.items() if term.prices_length}
    moved = [
        (after.values[label] or 0.0) - (before.values[label] or 0.0)
        for label in recipe.reward
        if label not in counted
    ]
    return max(moved, key=abs, default=0.0)


def _breaks(invariant: Invariant, gain: float) -> bool:
    if invariant == Invariant.NEUTRAL:
        return abs(gain) > SLACK
    if invariant == Invariant.NOT_MORE:
        return gain > SLACK
    return gain > -SLACK


def _paid_by(before: Score, after: Score, invariant: Invariant) -> dict[str, float]:
    """The terms that paid for the mutant: those that rose, else those that pay it at all."""
    one, two = before.values, after.values
    rose = {label: (two[label] or 0.0) - (one.get(label) or 0.0) for label in two}
    changed = {label: change for label, change in rose.items() if change > SLACK}
    if invariant == Invariant.NEUTRAL:
        changed = {label: change for label, change in rose.items() if abs(change) > SLACK}
    return changed or {label: value for label, value in two.items() if value is not None and value > 0}


def _stop(recipe: Recipe, mutation: Mutation, paid_by: Mapping[str, float]) -> str:
    """What would stop it, by the term that pays most for it."""
    if not paid_by:
        return mutation.stop
    label = max(paid_by, key=lambda name: paid_by[name])
    term = recipe.reward.get(label)
    if term is not None and mutation.invariant == Invariant.NOT_MORE:
        if term.prices_length:
            return LENGTH
        if term.looks_at == {"layout"}:
            return SHAPE
    return mutation.stop.replace("LABEL", label)


def _ladder(
    recipe: Recipe, name: str, bases: Sequence[Base], rungs: Sequence[Any], make: Any, words: Any
) -> Attack:
    """Totals along a ladder may rise and then fall; they may not fall and then rise again."""
    tried = 0
    broken: list[tuple[float, Score, Score]] = []
    for base in bases:
        texts = [make(base, rung) for rung in rungs]
        if any(text is None for text in texts):
            continue
        tried += 1
        scores = _scores(recipe, [_as(base, text, words(base, text)) for text in texts])
        totals = [score.total for score in scores if score.total is not None]
        if len(totals) < len(scores):
            continue
        for at in range(1, len(totals) - 1):
            left, here, right = max(totals[:at]), totals[at], max(totals[at + 1 :])
            if here < left - SLACK and here < right - SLACK:
                top = totals.index(right, at + 1)
                broken.append((min(left, right) - here, scores[at], scores[top]))
    status = "broken" if broken else "held" if tried else "not tried"
    if not broken:
        return Attack(name=name, invariant=str(Invariant.LADDER), status=status, tried=tried, broken=0)
    gain, low, high = max(broken, key=lambda one: one[0])
    return Attack(
        name=name,
        invariant=str(Invariant.LADDER),
        status=status,
        tried=tried,
        broken=len(broken),
        honest=low,
        mutant=high,
        gain=gain,
        paid_by=_paid_by(low, high, Invariant.LADDER),
        stop="clamp the price, so that it does not turn back: clamped: true",
    )


def _padding(recipe: Recipe, bases: Sequence[Base]) -> Attack:
    def added(base: Base, text: str) -> int:
        return len(text.split()) - len(base.text.split())

    return _ladder(recipe, "padding ladder", bases, WORDS, padded, added)


def _cutting(recipe: Recipe, bases: Sequence[Base]) -> Attack:
    def removed(base: Base, text: str) -> int:
        return len(text.split()) - len(base.text.split())

    return _ladder(recipe, "cutting ladder", bases, KEPT, cut, removed)


def _invariance(recipe: Recipe, bases: Sequence[Base]) -> Attack:
    """The same completions alone, permuted, and beside another prompt's: each keeps its score."""
    rollouts = [replace(_as_is(base), group="one", id=f"one-{at}") for at, base in enumerate(bases)]
    beside = [replace(_as_is(base), group="two", id=f"two-{at}") for at, base in enumerate(bases[:2])]
    alone = {score.reading.rollout.id: score for score in recipe.score(rollouts)}
    broken: list[tuple[float, Score, Score]] = []
    arrangements = [rollouts[::-1], [*rollouts, *beside], [*beside, *rollouts]]
    if not recipe.reads_groups:  # a group term compares the completions of one prompt, and may
        arrangements += [[rollout] for rollout in rollouts]
    for arrangement in arrangements:
        for score in recipe.score(arrangement):
            before = alone.get(score.reading.rollout.id)
            if before is None:
                continue
            if (before.total is None) != (score.total is None) or (
                before.total is not None and abs(before.total - (score.total or 0.0)) > SLACK
            ):
                broken.append(((score.total or 0.0) - (before.total or 0.0), before, score))
    name, invariant = "alone, permuted, beside others", str(Invariant.NEUTRAL)
    if not broken:
        return Attack(name=name, invariant=invariant, status="held", tried=len(arrangements), broken=0)
    gain, before, score = broken[0]
    return Attack(
        name=name,
        invariant=invariant,
        status="broken",
        tried=len(arrangements),
        broken=len(broken),
        honest=before,
        mutant=score,
        gain=gain,
        paid_by=_paid_by(before, score, Invariant.NEUTRAL),
        stop="let the term read its own prompt's completions alone, in any order",
    )
