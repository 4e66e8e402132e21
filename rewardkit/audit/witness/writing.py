"""Writing completions that lie in a wanted cell, so that a claim can be refuted by something real.

A recipe comes in; from it a pool of short completions is made (every way to wrap an answer that a
recipe might read, right, wrong, None and nothing) and read once by the recipe itself. For a wanted
cell, pieces of the pool with its outcome and shape are padded, littered and cut until every axis lies
where it should, and what comes out is checked by reading it again: a rollout that is returned lies in
the cell. Where nothing fits, nothing is returned; the audits then say `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import inf, isfinite
from typing import Any, Literal

from ...kinds import Problem
from ...recipe.recipe import Recipe
from ...terms.cells import Axis, Cell, Range
from ...terms.conditions.facts import NUMBERS, UNITS
from ...terms.conditions.tree import Field
from ...types import Finish, Outcome, Reading, Rollout
from .padding import Padding

Size = Literal["short", "long"]

FORMS = (
    r"\boxed{{{}}}",
    "\n<answer>\n{}\n</answer>",
    "<answer>{}</answer>",
    "\n<answer>\n\\boxed{{{}}}\n</answer>",
    "<answer>\\boxed{{{}}}</answer>",
    "#### {}",
    "The answer is {}.",
    "A: {}",
    "{}",
)
"""The field's ways to write an answer, tried whatever the extractor, since format terms have their own wishes."""
GROUP = "witness"
"""The group that written rollouts are scored in."""
NUMBER_OF_TRIES = 8
MANY = 200
"""Copies of a filler that are enough to see which way a share moves."""
LONGEST_PADDING = 200_000


ProblemKey = tuple[Any, ...]
"""What the completions of one prompt share: the gold, the prompt and every other column of the row."""


def problem_of(rollout: Rollout) -> ProblemKey:
    """The problem that a rollout answers; only rollouts of the same one are ever a group."""
    return rollout.golds, str(rollout.prompt), repr(sorted(rollout.fields.items()))


@dataclass(frozen=True, slots=True)
class _Draft:
    head: str
    tail: str
    rollout: Rollout
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A short completion of the pool: what stands before and after its filler, and how it was read. One that was
    `given` is used as it is."""

    head: str
    tail: str
    reading: Reading
    given: bool = False
    bare: bool = False
    """Whether nothing stands where the reasoning would."""

    @property
    def problem(self) -> ProblemKey:
        """The problem that it answers."""
        return problem_of(self.reading.rollout)


class Writer:
    """Makes rollouts of wanted cells for one recipe.

    Args:
        recipe: the recipe.
        axes: the axes of the space the cells are of.
        extra: further rollouts to draw on (a recipe's cases, a user's own), used as they are.
    """

    def __init__(self, recipe: Recipe, axes: Sequence[Axis], extra: Iterable[Rollout] = ()) -> None:
        self.recipe = recipe
        self.axes = tuple(axes)
        self.problem: Problem = recipe.answer.verify.problem()
        self.extra = tuple(extra)
        self.opaque = [term for _, term in recipe.walk() if "anything" in term.looks_at]
        self.needs = recipe.needs()
        self._measured: dict[int, dict[str, float]] = {}
        self.fields = dict(self.problem.fields)
        for _, term in recipe.walk():
            self.fields |= term.columns()

    @cached_property
    def drafted(self) -> tuple[Piece, ...]:
        """Every way to say every outcome, read once."""
        drafts = list(self._drafts())
        readings = self.recipe.read([draft.rollout for draft in drafts])
        return tuple(
            Piece(draft.head, draft.tail, reading, bare=draft.bare)
            for draft, reading in zip(drafts, readings, strict=True)
        )

    @cached_property
    def pool(self) -> tuple[Piece, ...]:
        """One piece of each outcome and shape, the plainest; and everything extra."""
        seen: set[tuple[Any, ...]] = set()
        kept: list[Piece] = []
        for piece in self.drafted:
            shape = (piece.reading.outcome, piece.reading.truncated, *self._located(piece.reading))
            shape += tuple(term.pay_group([piece.reading])[0].value for term in self.opaque)
            if shape not in seen:
                seen.add(shape)
                kept.append(piece)
        return (*kept, *(Piece("", r.text, r, given=True) for r in self.recipe.read(self.extra)))

    @cached_property
    def by_problem(self) -> dict[ProblemKey, dict[Outcome, list[Piece]]]:
        """The pool by problem and outcome; the writer's own problems come first."""
        found: dict[ProblemKey, dict[Outcome, list[Piece]]] = {}
        for piece in self.pool:
            found.setdefault(piece.problem, {}).setdefault(piece.reading.outcome, []).append(piece)
        return found

    def shapes(self, outcome: Outcome) -> list[dict[str, Range]]:
        """Ranges that pieces with this outcome lie in, as far as they can be held: on the axes that padding
        does not move, and on all but `tokens`, which can be any number whatever the text is."""
        held = (_held(self.axes), [axis for axis in self.axes if axis.name != "tokens"])
        found = {
            tuple((axis.name, axis.locate(piece.reading)) for axis in axes)
            for piece in self.pool
            if piece.reading.outcome == outcome
            for axes in held
        }
        return [dict(shape) for shape in sorted(found, key=str)]

    def answer_forms(self) -> tuple[str, ...]:
        """Ways to write an answer (`{}`), the one that the recipe's first extractor reads first."""
        own = [_form(*tier.marks()) for tier in self.recipe.answer.extract]
        return tuple(dict.fromkeys([*own[:1], *FORMS, *own]))

    def reasoning_forms(self) -> tuple[tuple[str, str], ...]:
        """Ways to write the reasoning: what stands before and after it."""
        tags = self.recipe.answer.reasoning
        opened, closed = (tags.open, tags.close) if tags else ("<think>", "</think>")
        inside = [(f"{opened}\n", f"\n{closed}"), (opened, closed)]
        if tags is not None and tags.prefilled:
            return (("", f"\n{closed}"), ("", closed), *inside)
        return (("", "\n"), *inside, (f"{opened}\n", f"\n{closed}\n"))

    def rollout(self, completion: str, gold: str | None, tokens: int | None = None, **more: Any) -> Rollout:
        """A rollout of the writer's problem; tokens are counted as words where none are given."""
        if tokens is None:
            tokens = len(completion.split())
        ids = tuple(range(tokens)) if "token_ids" in self.needs else None
        return Rollout(
            completion=completion,
            gold=gold,
            prompt=self.problem.prompt,
            tokens=tokens,
            token_ids=ids,
            fields=self.fields | more.pop("fields", {}),
            group=GROUP,
            **more,
        )

    def none_gold(self) -> str | None:
        """A gold that means unanswerable."""
        return self.recipe.answer.none[0] if self.recipe.answer.none else None

    def contents(self) -> list[tuple[str | None, str | None]]:
        """(gold, what is said) for every outcome; said None means: no answer is written at all."""
        problem, words = self.problem, self.recipe.answer.none
        said: list[str | None] = [*problem.right, *problem.wrong, *words[:1], "", None]
        rows: list[tuple[str | None, str | None]] = [(problem.gold, text) for text in said]
        if words or self.recipe.answer.null_gold == "unanswerable":
            rows += [(self.none_gold(), text) for text in said]
        return rows

    def _drafts(self) -> Iterator[_Draft]:
        conditions = [term.when for _, term in self.recipe.walk() if term.when is not None]
        asked = [part for when in conditions for part in when.walk() if isinstance(part, Field)]
        fields = [{}, *({part.name: part.literal} for part in asked)]
        cut = any("truncated" in when.facts() for when in conditions)
        ends = [Finish.STOP, Finish.LENGTH] if cut else [Finish.STOP]
        layouts = [layout for _, term in self.recipe.walk() for layout in term.layouts()]
        marks = [_form(*tier.marks()) for tier in self.recipe.answer.extract]
        for (gold, said), extra, finish in product(self.contents(), fields, ends):
            facts = (gold, extra, finish)
            for opened, closed in self.reasoning_forms():
                tails = [closed] if said is None else [closed + f.format(said) for f in self.answer_forms()]
                for tail in tails:
                    yield self._draft(opened, tail, *facts)
                    if not opened and not closed.strip():
                        yield self._draft("", tail.lstrip("\n"), *facts, bare=True)
            for opened, rest in layouts if said is not None else ():
                for form in dict.fromkeys([*marks, "{}"]):
                    yield self._draft(opened, rest.replace("{}", form.format(said)), *facts)

    def _draft(
        self,
        head: str,
        tail: str,
        gold: str | None,
        extra: Mapping[str, Any],
        finish: Finish,
        bare: bool = False,
    ) -> _Draft:
        text = f"{head}{Padding(bare=bare).text()}{tail}"
        return _Draft(
            head, tail, self.rollout(text, gold, tokens=100, fields=extra, finish=finish), bare=bare
        )

    def write(
        self, cell: Cell, size: Size | None = None, problem: ProblemKey | None = None
    ) -> Rollout | None:
        """A rollout that lies in `cell`, or None where none was found.

        `size` asks for the shorter or the longer end of what the cell leaves open, `problem` for an answer to that one.
        """
        shapes = _held(self.axes)
        problems = [problem] if problem is not None else list(self.by_problem)
        fitting = [
            piece
            for key in problems
            for piece in self.by_problem[key].get(cell.outcome, ())
            if not (piece.given and cell.truncated and not piece.reading.truncated)
            and all(self._measures(piece)[axis.name] in cell.ranges[axis.name] for axis in shapes)
        ]
        moved = [axis for axis in self.axes if axis.fillers]

        def away(piece: Piece) -> int:
            measures = self._measures(piece)
            return sum(1 for axis in moved if measures[axis.name] not in cell.ranges[axis.name])

        for piece in sorted(fitting, key=lambda piece: (piece.given, away(piece)))[:NUMBER_OF_TRIES]:
            found = self._tuned(piece, cell, size)
            if found is not None:
                return found
        return None

    def _measures(self, piece: Piece) -> dict[str, float]:
        """What every axis but a count measures of a piece; made once."""
        if id(piece) not in self._measured:
            axes = [axis for axis in self.axes if axis.name not in UNITS]
            self._measured[id(piece)] = {axis.name: axis.measure(piece.reading) for axis in axes}
        return self._measured[id(piece)]

    def _tuned(self, piece: Piece, cell: Cell, size: Size | None) -> Rollout | None:
        if piece.given:
            return piece.reading.rollout if self._inside(piece.reading, cell) else None
        padding = Padding(bare=piece.bare)
        if size == "long":
            padding.words = 200
        tokens = cell.ranges.get("tokens", Range(0, inf))
        padding.tokens = _inside(tokens, 40 if size == "short" else 600 if size == "long" else 100)
        if "token_ids" in self.needs and (padding.tokens or 0) > LONGEST_PADDING:
            return None
        for _ in range(6):
            if padding.least() > LONGEST_PADDING:
                return None
            text = f"{piece.head}{padding.text()}{piece.tail}"
            finish = Finish.LENGTH if cell.truncated else piece.reading.rollout.finish
            rollout = replace(piece.reading.rollout, completion=text, tokens=padding.tokens, finish=finish)
            rollout = self._with_ids(rollout, cell)
            [reading] = self.recipe.read([rollout])
            if reading.outcome != cell.outcome:
                return None
            if self._inside(reading, cell):
                return rollout
            if not self._adjust(padding, reading, cell):
                return None
        return None

    def with_ids(self, rollout: Rollout, repeating: bool = False) -> Rollout:
        """The rollout with as many token ids as it has tokens, where the recipe reads them: all different, or
        `repeating`."""
        if "token_ids" not in self.needs or rollout.tokens is None:
            return rollout
        return replace(rollout, token_ids=tuple(at % 7 if repeating else at for at in range(rollout.tokens)))

    def _with_ids(self, rollout: Rollout, cell: Cell) -> Rollout:
        parts = [cell.ranges[axis.name] for axis in self.axes if axis.of_ids]
        return self.with_ids(rollout, repeating=any(part.lo > 0 or part.lo_open for part in parts))

    def _adjust(self, padding: Padding, reading: Reading, cell: Cell) -> bool:
        """Move the padding towards the cell; False where an axis cannot be moved."""
        moved = False
        for axis in self.axes:
            part, now = cell.ranges[axis.name], axis.measure(reading)
            if now in part or axis.name == "tokens":
                continue
            wanted = _inside(part, now)
            off = round(wanted - now)
            if axis.name == "words":
                padding.words += off
            elif axis.name == "characters":
                if off > 400 and "words" not in cell.ranges:
                    padding.words += off // 8
                else:
                    padding.letters += off
            elif axis.name == "steps":
                padding.steps += off
            else:
                filler = _filler(axis, reading, wanted - now)
                if filler is None:
                    return False
                copies = off if axis.integer else 20 if len(filler) > 1 else len(reading.text)
                padding.fillers[filler] = padding.fillers.get(filler, 0) + copies
            moved = True
        padding.bare = padding.bare and not moved
        counts = (padding.words, padding.letters, padding.steps, *padding.fillers.values())
        return moved and min(counts) >= 0

    def _inside(self, reading: Reading, cell: Cell) -> bool:
        if reading.outcome != cell.outcome or reading.truncated != cell.truncated:
            return False
        return all(axis.measure(reading) in cell.ranges[axis.name] for axis in self.axes)

    def _located(self, reading: Reading) -> tuple[Any, ...]:
        return tuple(axis.locate(reading) for axis in self.axes if axis.name not in UNITS)


def _held(axes: Iterable[Axis]) -> list[Axis]:
    """The axes that padding does not move: they are a matter of shape or of the answer."""
    return [axis for axis in axes if axis.name not in NUMBERS and not axis.fillers]


def _filler(axis: Axis, reading: Reading, way: float) -> str | None:
    """The first filler of an axis that moves its measure: by one, or for a real axis the wanted way."""
    before = axis.measure(reading)
    for filler in axis.fillers:
        copies = 1 if axis.integer else MANY
        after = axis.measure(replace(reading, text=reading.text + filler * copies))
        if after == before + 1 if axis.integer else (after - before) * way > 0:
            return filler
    return None


def _form(before: str, after: str) -> str:
    """Marks as a string that `format` puts an answer into."""
    before, after = (mark.replace("{", "{{").replace("}", "}}") for mark in (before, after))
    return before + "{}" + after


def _inside(part: Range, value: float) -> Any:
    """The value of a range nearest to `value`."""
    if value in part:
        return int(value) if isfinite(value) and value == int(value) else value
    if value <= part.lo:
        near = part.lo + (1 if part.lo_open and part.hi > part.lo + 1 else 0.01 if part.lo_open else 0)
    else:
        near = part.hi - (0.01 if part.hi_open else 0)
    return int(near) if isfinite(near) and near == int(near) else near
