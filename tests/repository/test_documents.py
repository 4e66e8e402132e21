"""Documents: results as JSON, the same for whatever holds them."""

import json
import math
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from rewardkit.documents import (
    MERGED,
    OMITTED,
    OR_NULL,
    called,
    computed,
    document,
    encode,
    json_text,
    written_as,
)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float

    @property
    @computed("radius")
    def length(self) -> float:
        return math.hypot(self.x, self.y)


@dataclass
class Whole:
    at: Point = field(metadata=MERGED)
    name: str = field(metadata=called("label"))
    secret: int = field(default=1, metadata=OMITTED)
    note: str = field(default="", metadata=OR_NULL)
    words: str = field(default="a b", metadata=written_as(str.split))

    @cached_property
    @computed("twice")
    def doubled(self) -> int:
        return 2 * self.secret


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (math.nan, None),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (np.float32(0.5), 0.5),
        (np.float64("nan"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([1.0, math.nan]), [1.0, None]),
        (Colour.RED, "red"),
        ({Colour.RED: (1, 2)}, {"red": [1, 2]}),
        ({3: None}, {"3": None}),
        ({"b", "a"}, ["a", "b"]),
        (Path("a/b"), "a/b"),
        (Point(3.0, 4.0), {"x": 3.0, "y": 4.0, "radius": 5.0}),
    ],
)
def test_values_become_what_json_has(value, written):
    assert encode(value) == written
    assert json.loads(json_text(value)) == written


def test_metadata_renames_leaves_out_merges_and_rewrites():
    assert encode(Whole(Point(3.0, 4.0), "here")) == {
        "x": 3.0, "y": 4.0, "radius": 5.0, "label": "here", "note": None, "words": ["a", "b"], "twice": 2,
    }  # fmt: skip


def test_a_document_says_what_it_is():
    assert document("point", Point(0.0, 1.0), version=2, bad=(1,)) == {
        "kind": "point", "version": 2, "x": 0.0, "y": 1.0, "radius": 1.0, "bad": [1],
    }  # fmt: skip


def test_a_lone_surrogate_is_escaped_and_read_back():
    text = json_text({"é": "\ud800"})
    assert "é" in text
    assert text.encode("utf-8")
    assert json.loads(text) == {"é": "\ud800"}


def test_what_cannot_be_written_is_an_error():
    with pytest.raises(TypeError, match="cannot write object as JSON"):
        encode([object()])
