"""YAML without its traps."""

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rewardkit.config.source import dump, read_text
from rewardkit.errors import RecipeError


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("-0.1", -0.1),
        (".5", 0.5),
        ("+3", 3),
        ("42", 42),
        ("true", True),
        ("null", None),
        ("~", None),
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("None", "None"),
        ("none", "none"),
        ("True", "True"),
        ("NULL", "NULL"),
        ("2026-01-01", "2026-01-01"),
        ("1:30", "1:30"),
        ("0x1f", "0x1f"),
        ("0o17", "0o17"),
        ("017", "017"),
        ("1_000", "1_000"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("1.2.3", "1.2.3"),
        ("'42'", "42"),
        ('"null"', "null"),
        ("<think>", "<think>"),
        ("答案", "答案"),
    ],
)
def test_scalars(written: str, value: object) -> None:
    read = read_text(f"x: {written}").plain()["x"]
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "f:3:1", "duplicate key 'a', first at line 1"),
        ("a: {b: 1, b: 2}\n", "f:1:11", "duplicate key 'b'"),
        ("a: &x 1\nb: *x\n", "f:2:4", "aliases"),
        ("a: !!python/name:os.system x\n", "f:1:4", "tag"),
        ("? [1, 2]\n: x\n", "f:1:3", "a key must be a name"),
        ("a: [1\n", "f:2:1", "not YAML"),
        ("", "f:1:1", "empty"),
        ("a: x\x07y\n", "f:1:5", "U+0007"),
        ("a: 1\n---\nb: 2\n", "f:2:1", "not YAML"),
    ],
)
def test_refused(text: str, where: str, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read_text(text, "f")
    assert str(caught.value).startswith(f"{where}: ")
    assert words in str(caught.value)


def test_nested_too_deep_is_an_error_and_no_crash() -> None:
    with pytest.raises(RecipeError):
        read_text("[" * 5000, "f")


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)


@settings(deadline=None)
@given(st.text(), scalars)
@example("\x85", "\u2028 ")
@example("no", "- x")
@example("small", 1e-05)
@example("a: b", " lines\n of text \n\n")
def test_what_is_dumped_reads_back(key: str, value: object) -> None:
    tree = {"key " + key: value, "list": [value, {"in": key}], "nested": {"deep": {"er": [[key]]}}}
    text = dump(tree)
    if yaml.reader.Reader.NON_PRINTABLE.search(text):  # what YAML cannot hold at all is refused by name
        with pytest.raises(RecipeError, match="is not allowed in YAML"):
            read_text(text)
    else:
        assert read_text(text).plain() == tree


def test_places_of_values_and_keys() -> None:
    node = read_text("a:\n  b: [1, {c: 2}]\n", "f")
    assert str(node.find(["a", "b", 1, "c"])[0]) == "f:2:14"
    assert str(node.find(["a", "b", 0])[0]) == "f:2:7"
    assert str(node.find(["a", "missing"])[0]) == "f:1:1"
