"""Every example in a docstring runs."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import rewardkit

CORE = [
    module.name
    for module in pkgutil.walk_packages(rewardkit.__path__, "rewardkit.")
    if not module.name.startswith(("rewardkit.trainers", "rewardkit.evals", "rewardkit.recipes"))
    and not module.name.endswith(("__main__", ".worker"))
]


@pytest.mark.parametrize("name", CORE)
def test_examples(name):
    result = doctest.testmod(import_module(name))
    assert result.failed == 0
