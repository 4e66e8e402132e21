"""Every example in a docstring runs."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import rewardkit

MODULES = [
    module.name
    for module in pkgutil.walk_packages(rewardkit.__path__, "rewardkit.")
    if not module.name.startswith(("rewardkit.trainers", "rewardkit.recipes"))
    and not module.name.endswith(("__main__", ".worker", ".vllm_offline"))  # the last imports vllm
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(import_module(name))
    assert result.failed == 0
