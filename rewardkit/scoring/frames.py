"""Scoring a data frame into a frame of scores under the same index.

Columns and rules are those of files (`rewardkit.rows`), with two differences: a fault is raised, with
the label of its row, since someone is there to see it; and a group's rows may be anywhere, since
a frame is in memory.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError, UsageError, nearest
from ..rows import ROLES, Columns, GoldReader, Group, Groups
from ..rows.sources import Row, Source
from ..rows.tokens import counted, load_tokenizer
from .record import COLUMNS, record

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset

    from ..recipe.recipe import Recipe


class _Dataset(Source):
    """The rows of a Hugging Face data set, numbered from 1."""

    def __init__(self, dataset: Any) -> None:
        super().__init__(Path("dataset"))
        self.dataset = dataset

    def names(self) -> list[str]:
        """The data set's columns."""
        return list(self.dataset.column_names)

    def __iter__(self) -> Iterator[Row]:
        for number, cells in enumerate(self.dataset, start=1):
            yield Row(number, dict(cells))


class _Frame(Source):
    """The rows of a frame, numbered from 1."""

    def __init__(self, frame: pd.DataFrame) -> None:
        super().__init__(Path("frame"))
        self.frame = frame

    def names(self) -> list[str]:
        """The frame's columns."""
        return [str(name) for name in self.frame.columns]

    def __iter__(self) -> Iterator[Row]:
        names = self.names()
        for number, cells in enumerate(self.frame.itertuples(index=False, name=None), start=1):
            yield Row(number, dict(zip(names, cells, strict=True)))


def score_frame(
    recipe: Recipe,
    frame: pd.DataFrame | Dataset,
    *,
    gold_extract: str | None = None,
    tokenizer: str | None = None,
    **columns: str,
) -> pd.DataFrame:
    """The scores of a frame.

    Args:
        recipe: the reward.
        frame: a data frame or a Hugging Face data set, with a row per completion, or a row per prompt with lists of
            completions.
        gold_extract: the extractor that finds the gold inside the gold column's strings, as in `hash`.
        tokenizer: counts tokens where the frame has no counts.
        columns: the column of each role, as in `gold="answer"`; see `rewardkit.rows.Columns`.

    Returns:
        A frame with the columns of a score file, one row per completion, in order, each under the index
        label of its row (so a label is repeated for every completion of a list). A data set's rows count from 0.

    Raises:
        DataError: a row cannot be used; the message names its label.
        UsageError: a column does not exist.
    """
    import pandas as pd

    for role in columns:
        if role not in ROLES:
            raise UsageError(f"score_frame: no role '{role}'; {nearest(role, ROLES)}")
    chosen = Columns(**columns)
    source, rows = _source(frame)
    group_by = chosen.choose(source.names()).columns.get("group")
    groups = Groups(
        source,
        chosen,
        golds=GoldReader(
            gold_extract,
            judges=[recipe.answer],
            null_is_gold=recipe.answer.null_gold == "unanswerable",
        ),
        needs=frozenset() if tokenizer else recipe.needs(),
        fields=recipe.fields(),
        group_by=group_by,
        strict=True,
        limit=None,
    )
    if not len(frame):
        return pd.DataFrame(columns=list(COLUMNS), index=rows)
    labels = list(rows)
    try:
        held = list(groups)
    except DataError as error:
        raise _at_label(error, labels) from None
    for said in groups.report.warnings():
        warnings.warn(said, stacklevel=3)
    records = sorted(_scored(recipe, held, tokenizer, labels), key=lambda pair: pair[0])
    index = rows.take([number - 1 for number, _ in records])
    return pd.DataFrame([found for _, found in records], columns=list(COLUMNS), index=index)


def _source(frame: Any) -> tuple[_Frame | _Dataset, pd.Index]:
    """The rows of a frame or a data set, and their labels."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        return _Dataset(frame), pd.RangeIndex(len(frame))
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()].tolist()
        raise UsageError(
            f"score_frame: the frame has several columns called {twice[0]!r}; rename or drop one"
        )
    return _Frame(frame), frame.index


def _scored(
    recipe: Recipe, groups: list[Group], tokenizer: str | None, labels: list[Any]
) -> list[tuple[int, dict[str, Any]]]:
    rollouts = [rollout for group in groups for rollout in group]
    numbers = [number for group in groups for number in group.rows]
    if tokenizer and recipe.needs():
        rollouts = counted(rollouts, load_tokenizer(tokenizer))
    try:
        scores = recipe.score(rollouts)
    except DataError:
        for rollout, number in zip(rollouts, numbers, strict=True):  # which one it was
            try:
                recipe.read([rollout])
            except DataError as error:
                raise DataError(f"row {labels[number - 1]!r}: {error.fault}") from None
        raise
    return [(number, record(score)) for number, score in zip(numbers, scores, strict=True)]


def _at_label(error: DataError, labels: list[Any]) -> DataError:
    """The error with the label of its row instead of a number."""
    if error.row is None:
        return error
    return DataError(f"row {labels[error.row - 1]!r}: {error.fault}")
