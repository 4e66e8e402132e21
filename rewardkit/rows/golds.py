"""What a gold column holds: golds, whole solutions that end in one, or lists that were written as strings.

    reader = GoldReader("hash")                  # the gold follows #### in each cell
    reader = GoldReader(judges=[recipe.answer])  # each cell is the gold
    reader.look(cells, "answer")                 # DataError if the cells are whole solutions after all
    reader.read("... 9 * 2 = 18\\n#### 18")

A solution that is taken for the gold makes every completion wrong without any other sign of it. Every reader of
golds therefore looks at a first window of cells, or at what it is given, before anything is scored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import DataError, UsageError
from ..kinds import EXTRACTORS, Extractor, Question, Verifier
from ..types import Equality, Extraction, Gold, Rollout
from .values import RowFault, as_list, golds

WINDOW = 100
"""Cells that are looked at."""

ON_COMMAND_LINE = "--gold-extract {}"
IN_YAML = "gold_extract: {}"
IN_PYTHON = 'gold_extract="{}"'


class Judge(Protocol):
    """Whatever compares an answer with a gold; a recipe's `answer` section does."""

    @property
    def verify(self) -> Verifier:
        """The verifier."""
        ...


@dataclass(frozen=True, slots=True)
class Mark:
    """A way in which solutions end in their answer: the extractor that reads it, and how a message shows it."""

    extractor: str
    shown: str
    ends: bool
    """Whether it counts only where nothing but punctuation follows."""


MARKS = (
    Mark("hash", "after '####'", ends=True),
    Mark("boxed", "in \\boxed{}", ends=False),
    Mark("answer_tag", "in <answer>", ends=False),
    Mark("answer_line", "after 'the answer is'", ends=True),
)
_REST = re.compile(r"[\s.!$*\\)\]]*\Z")
_CHOICE = re.compile(r"\W*A\W*\Z")
"""`A: Paris` is a choice as likely as an answer."""

_STRING = r"""(?:'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+")"""
_LIST_OF_STRINGS = re.compile(rf"\s*\[\s*{_STRING}(?:[\s,]*{_STRING})*+[\s,]*\]\s*", re.DOTALL)
_LIST_OF_MESSAGES = re.compile(r"\s*\[\s*\{\s*['\"](?:role|content)['\"]\s*:.*\}\s*\]\s*", re.DOTALL)


class GoldReader:
    """Reads the golds of one column. It remembers how much of its window it has seen; otherwise it has no state."""

    def __init__(
        self,
        extract: str | Mapping[str, Any] | Extractor | None = None,
        *,
        judges: Sequence[Judge] = (),
        null_is_gold: bool = True,
        option: str = IN_PYTHON,
    ) -> None:
        """See `look` and `read`.

        Args:
            extract: the extractor that finds the gold inside a cell, by name or as a mapping with `kind`; None where
                the cell is the gold.
            judges: what will compare the golds with answers. A column that each of their verifiers can read whole is
                never refused; without judges, no column is.
            null_is_gold: whether a null is a gold (the problem has no answer); otherwise it is a fault.
            option: how the user would write `gold_extract` (an option, YAML, Python), with `{}` for the extractor.

        Raises:
            UsageError: there is no such extractor, or it has no such parameters.
        """
        self.option = option
        self.extractor = gold_extractor(extract, option)
        self.null_is_gold = null_is_gold
        self._verifiers = [judge.verify for judge in judges]
        self._seen = 0
        self._strings = 0
        self._marked: Counter[str] = Counter()
        self._any = 0

    def read(self, cell: Any) -> Gold | tuple[Gold, ...]:
        """The accepted gold or golds of a cell. Raises RowFault, which says what was found and what to do."""
        if type(cell) is str and self.extractor is None:
            return cell
        try:
            return golds(cell, self.extractor, self.null_is_gold)
        except RowFault as fault:
            if fault.kind != "no gold in the text":
                raise
            raise RowFault(fault.kind, f"{fault.fault}; choose another {self._named('...')}") from None

    def look(self, cells: Iterable[Any], column: str = "", file: str = "", *, json: bool = False) -> None:
        """Count what the next cells hold, up to `WINDOW` in all, and refuse the column if most are not golds.

        Args:
            cells: of the gold column, in order.
            column: its name, for the message.
            file: where it is, for the message.
            json: whether a list written as JSON is refused too (see `refuse_written_lists`).

        Raises:
            DataError: most cells are solutions with a marked final answer, which no verifier takes for that answer,
                or lists written as strings.
        """
        if self._seen >= WINDOW or self.extractor is not None or not self._verifiers:
            return
        fresh = [one for cell in cells for one in as_list(cell) or [cell]][: WINDOW - self._seen]
        self._seen += len(fresh)
        strings = [one for one in fresh if isinstance(one, str)]
        self._strings += len(strings)
        what = f"the gold column '{column}'" if column else "the gold column"
        refuse_written_lists(strings, what, file, json=json)
        example = ""
        for cell in strings:
            found = self._marks(cell)
            self._marked.update(found)
            self._any += bool(found)
            example = cell if found else example
        if example and self._any * 2 > self._strings:
            raise DataError(self._refusal(what, example), file)

    def _marks(self, cell: str) -> list[str]:
        """The extractors that find an answer marked in a cell which the verifiers cannot read whole."""
        found = [(mark.extractor, made) for mark in MARKS if (made := _marked(cell, mark)) is not None]
        if not found or all(self._reads(verifier, cell, found[0][1]) for verifier in self._verifiers):
            return []
        return [name for name, _ in found]

    def _reads(self, verifier: Verifier, cell: str, answer: Extraction) -> bool:
        """Whether a verifier takes the answer inside a cell for the whole cell: `\\boxed{18}` is 18."""
        question = Question(
            extraction=answer, golds=(cell,), text=cell, rollout=Rollout(completion=cell, gold=cell)
        )
        try:
            return verifier.verify([question])[0].equality == Equality.EQUAL
        except Exception:  # noqa: BLE001 - it may need more of the row than the gold; then the mark decides
            return False

    def _refusal(self, what: str, example: str) -> str:
        name, most = self._marked.most_common(1)[0]
        shown = next(mark.shown for mark in MARKS if mark.extractor == name)
        tail = example[-40:].replace("\n", " ")
        return (
            f"{what} holds more than the golds: the final answer is {shown} in {most} of {self._strings} "
            f"(one ends {tail!r}), so no answer would ever equal its gold; take it out with {self._named(name)} "
            f"({self._named('whole')} if the whole string is the gold)"
        )

    def _named(self, extractor: str) -> str:
        return self.option.format(extractor)


def doubts(verifier: Verifier, rollouts: Iterable[Rollout]) -> list[tuple[Rollout, str]]:
    """The rollouts with a gold that the verifier understands so little that only its own text equals it, and why."""
    found = []
    for rollout in rollouts:
        told = [verifier.gold_doubt(str(gold), rollout) for gold in rollout.golds if gold is not None]
        if any(told):
            found.append((rollout, "; ".join(filter(None, told))))
    return found


def _marked(cell: str, mark: Mark) -> Extraction | None:
    """The answer that a mark shows in a cell, None where it shows none."""
    found = EXTRACTORS.get(mark.extractor)().find(cell)
    if found is None or not found.text or found.text == cell.strip():
        return None
    if mark.ends and not _REST.match(cell, found.span[1]):
        return None
    if mark.extractor == "answer_line" and _CHOICE.match(cell[: found.span[0]]):
        return None
    return found


def gold_extractor(
    spec: str | Mapping[str, Any] | Extractor | None, option: str = IN_PYTHON
) -> Extractor | None:
    """An extractor from its name, or from a mapping with `kind` and parameters. Raises UsageError."""
    if spec is None or isinstance(spec, Extractor):
        return spec
    params = dict(spec) if isinstance(spec, Mapping) else {"kind": spec}
    try:
        return EXTRACTORS.get(str(params.pop("kind", None))).model_validate(params)
    except KeyError as unknown:
        raise UsageError(f"{option.format(spec)}: {unknown.args[0]}") from None
    except ValueError as wrong:  # pydantic's, of parameters
        raise UsageError(f"gold_extract: {str(wrong).splitlines()[-2:][0].strip()}; found {spec}") from None


def split_gold(data: Any) -> Any:
    """`gold: {column: answer, extract: hash}`, as files were written, as `gold: answer` and `gold_extract: hash`."""
    gold = data.get("gold") if isinstance(data, Mapping) else None
    if not isinstance(gold, Mapping) or not set(gold) <= {"column", "extract"} or "gold_extract" in data:
        return data
    return {**data, "gold": gold.get("column")} | (
        {"gold_extract": gold["extract"]} if "extract" in gold else {}
    )


def refuse_written_lists(cells: Sequence[Any], what: str, file: str = "", *, json: bool = False) -> None:
    """Refuse a column most of whose cells are lists of strings, or of messages, written as one string.

    Args:
        cells: of the column; nulls do not count.
        what: the column, for the message.
        file: where it is, for the message.
        json: whether JSON's lists count too, as in CSV, which has no lists. Elsewhere only Python's do: a completion
            may be JSON.

    Raises:
        DataError: with the formats that hold lists.
    """
    strings = [cell for cell in cells if isinstance(cell, str)]
    written = [cell for cell in strings if _is_written_list(cell, json)]
    if written and len(written) * 2 > len(strings):
        raise DataError(
            f"{what} holds lists written as one string, as DataFrame.to_csv does ({len(written)} of {len(strings)}; "
            f"one begins {written[0][:40]!r}); save the data as Parquet or JSON Lines, where a list stays a list",
            file,
        )


def _is_written_list(cell: str, json: bool) -> bool:
    """A list as Python prints it; with `json`, as JSON writes it too."""
    if not cell.lstrip().startswith("[") or not (
        _LIST_OF_STRINGS.fullmatch(cell) or _LIST_OF_MESSAGES.fullmatch(cell)
    ):
        return False
    return json or not _is_json(cell)


def _is_json(cell: str) -> bool:
    import json

    try:
        json.loads(cell)
    except (ValueError, RecursionError):
        return False
    return True
