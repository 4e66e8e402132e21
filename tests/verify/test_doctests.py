"""The examples in the docstrings of extraction and verification run."""

import doctest
import importlib
import pkgutil

import pytest

import rewardkit.extract
import rewardkit.verify

MODULES = [
    f"{package.__name__}.{found.name}"
    for package in (rewardkit.extract, rewardkit.verify)
    for found in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
