"""The table of spellings in docs/verifier.md: what each row says is what the verifier says."""

import re
from pathlib import Path

import pytest

from rewardkit.types import Equality
from rewardkit.verify.math.verifier import Math

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verifier.md"
ROW = re.compile(
    r"\| `(?P<one>.+?)` \| `(?P<two>.+?)` \| (?P<verdict>one|policy|apart|gold) \| (?P<why>.+) \|"
)
POLICIES = {
    "percent": ("unit", "fraction", "strict"),
    "units": ("one_side", "strict", "ignore", "convert"),
    "ordered": (False, True),
}
ROWS = [match for line in PAGE.read_text(encoding="utf-8").splitlines() if (match := ROW.fullmatch(line))]


def equal(gold, answer, **policy):
    return Math(deadline_s=20, **policy).compare(gold, answer).equality == Equality.EQUAL


def test_the_table_is_there():
    assert len(ROWS) >= 40
    assert {row["verdict"] for row in ROWS} == {"one", "policy", "apart", "gold"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['one']} {row['two']}")
def test_a_row_is_so(row):
    one, two, verdict = row["one"], row["two"], row["verdict"]
    if verdict == "gold":
        assert equal(one, two)
    elif verdict == "policy":
        name = row["why"].strip("`")
        found = {
            equal(a, b, **{name: value}) for value in POLICIES[name] for a, b in ((one, two), (two, one))
        }
        assert found == {True, False}
    else:
        everywhere = [
            {name: value}
            for name, values in POLICIES.items()
            for value in values
            if (name, verdict) != ("units", "one")
        ]
        for policy in [{}, *everywhere]:
            assert equal(one, two, **policy) == equal(two, one, **policy) == (verdict == "one"), policy
