"""A lock that an older verifier wrote: the recipe loads, and the warning says where the changed verdicts are listed."""

import warnings

import pytest

from rewardkit import LockError, load_recipe
from rewardkit.recipe.lock import newer_verifier, read_lock, release
from rewardkit.verify.math.verifier import Math

BODY = """\
recipe: a
version: 1
about: Right or wrong.
answer: {extract: [boxed], verify: math}
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
"""


@pytest.fixture
def written(tmp_path):
    folder = tmp_path / "recipes"
    (folder / "a").mkdir(parents=True)
    file = folder / "a" / "v1.yaml"
    file.write_text(BODY)
    return folder, file


def locked(folder, digest):
    (folder / "recipes.lock").write_text(f"a@1 {digest}\n")


def test_an_earlier_revision_loads_with_a_warning_that_names_the_changes(written):
    folder, file = written
    locked(folder, load_recipe(file).digest_at(1))
    with pytest.warns(
        UserWarning, match=r"revision 1 of the verifier 'math', which is at 2.*docs/verifier\.md"
    ):
        recipe = load_recipe(file)
    assert Math.revision == 2
    assert recipe.digest != recipe.digest_at(1)
    assert release(recipe, folder)
    assert read_lock(folder)["a@1"].digest == recipe.digest
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_recipe(file)


def test_any_other_difference_fails(written):
    folder, file = written
    before = load_recipe(file).digest_at(1)
    file.write_text(BODY.replace("correct: 1.0", "correct: 2.0"))
    locked(folder, before)
    with pytest.raises(LockError, match="a@1 is released"):
        load_recipe(file)


def test_a_later_revision_and_a_foreign_verifier_fail(written, monkeypatch):
    folder, file = written
    recipe = load_recipe(file)
    locked(folder, recipe.digest_at(3))
    with pytest.raises(LockError):
        load_recipe(file)
    locked(folder, recipe.digest_at(1))
    monkeypatch.setattr(Math, "kind", "ours")
    assert newer_verifier(recipe, folder) == ""


def test_the_shipped_lock_is_at_this_revision():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_recipe("math-none@0")
