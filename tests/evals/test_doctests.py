"""The examples in the docstrings run."""

import doctest
from importlib import import_module

import pytest

MODULES = (
    "scoring",
    "truth",
    "metrics.estimators",
    "metrics.votes",
    "metrics.floors",
    "stats.wilson",
    "stats.significance",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    done = doctest.testmod(import_module(f"rewardkit.evals.{name}"))
    assert done.attempted
    assert not done.failed
