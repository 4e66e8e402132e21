"""Answers built to make the normal form, the reader or a function without a value cost more than they are long."""

import pytest

from rewardkit.types import Equality
from rewardkit.verify.math.equality.forms import form
from rewardkit.verify.math.grammar.reader import read
from rewardkit.verify.math.verifier import Math


@pytest.mark.parametrize(
    ("opened", "core"), [(r"\sqrt{", "2"), (r"\sin{", "x"), (r"\ln{", "x"), ("e^{", "x")]
)
def test_names_of_nested_atoms_do_not_grow_with_their_depth(opened, core):
    nested = form(read(opened * 10 + core + "}" * 10))
    longest = max(len(name) for poly in nested for mono in poly for name, _ in mono)
    assert longest < 100  # written out, each level doubles it


def test_a_deep_root_next_to_one_is_settled_without_being_written_out():
    tower = r"\sqrt{" * 40 + "2" + "}" * 40  # 1 + 6e-13: floats cannot refute it at once
    assert Math().compare("1", tower).equality != Equality.EQUAL
