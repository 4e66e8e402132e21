"""Characters outside a whitelist, the share of letters in a script, and the sets themselves."""

import unicodedata

import pytest
from pydantic import ValidationError

from rewardkit.terms.cells import Cell
from rewardkit.terms.charsets import charsets
from rewardkit.terms.labels import build, tree
from rewardkit.types import Outcome

REPORT = {"allow": ["ascii", "greek", "math_operators", "arrows"], "price": -0.01}


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("plain ASCII, tabs\tand\r\nlines ~", 0),
        ("", 0),
        ("2 × π → ≤ ± ÷ · ¬ ° ² ³ ¹ ½ ¼ ¾ µ ∑ ∈ √ ∞ ⇒ Ω ϑ", 0),
        ("2＋2", 1),  # full-width plus
        ("４２", 2),  # full-width digits
        ("答案", 2),
        ("\ue000\U000f0000", 2),  # private use
        ("a\u200bb\ufeff", 2),  # zero width
        ("caf\u00e9", 1),
        ("\x00\x07\x1b", 3),  # control characters
        ("\ud800", 1),  # a lone surrogate
        ("😀", 1),
        ("\u00a0", 1),  # non-breaking space
    ],
)
def test_the_reports_whitelist(reading, text, stray):
    score = build("characters", REPORT).pay(reading(text))
    assert score.value == pytest.approx(-0.01 * stray)
    assert score.note.startswith(f"{stray} character" if stray else "no character")


def test_twelve_strays_cost_twelve_cents(reading):
    score = build("characters", REPORT).pay(reading("＋" * 11 + "\ue000" + "ok"))
    assert score.value == pytest.approx(-0.12)
    assert score.note == '12 characters outside: U+FF0B "＋", U+E000'


@pytest.mark.parametrize(("stray", "pays"), [(0, 0.0), (10, -0.1), (30, -0.3), (31, -0.3), (1000, -0.3)])
def test_a_floor_bounds_the_price(reading, stray, pays):
    assert build("characters", {**REPORT, "floor": -0.3}).pay(reading("＋" * stray)).value == pytest.approx(
        pays
    )


def test_literal_characters_join_the_sets(reading):
    term = build("characters", {"allow": ["ascii"], "also": "é€-]^\\", "price": -1.0})
    assert term.pay(reading("é€-]^\\")).value == 0.0
    assert term.pay(reading("è")).value == -1.0
    only = build("characters", {"allow": [], "also": "ab", "price": -1.0})
    assert only.pay(reading("abc")).value == -1.0


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({**REPORT, "allow": ["ascii", "greeek"]}, "unknown character set 'greeek'; did you mean 'greek'"),
        ({**REPORT, "allow": ["ascii", "ascii"]}, "'ascii' is listed twice"),
        ({**REPORT, "price": 0.01}, "write -0.01"),
        ({**REPORT, "floor": 0.3}, "write -0.3"),
        ({"allow": [], "price": -0.01}, "no character is allowed"),
        ({"allow": ["ascii"]}, "Field required"),
    ],
)
def test_a_bad_whitelist_is_refused_with_the_remedy(params, says):
    with pytest.raises(ValidationError, match=says):
        build("characters", params)


def test_an_unknown_set_is_pointed_at_in_its_list():
    with pytest.raises(ValidationError) as caught:
        build("characters", {**REPORT, "allow": ["ascii", "greeek"]})
    assert caught.value.errors()[0]["loc"] == ("allow", 1)


@pytest.mark.parametrize("kind", ["characters", "language_share"])
def test_the_revision_of_every_set_is_part_of_the_identity(kind):
    params = {"allow": ["ascii", "greek"], "price": -0.01} if kind == "characters" else {"scripts": ["cjk"]}
    identity = build(kind, params).identity()
    assert set(identity["set_revisions"]) == set(params.get("allow", params.get("scripts")))
    assert "set_revisions" not in tree(kind, build(kind, params))


def test_intervals_are_tight(reading):
    axis = "stray(arrows+ascii+greek+math_operators)"
    for term, worst in (
        (build("characters", REPORT), float("-inf")),
        (build("characters", {**REPORT, "floor": -0.3}), -0.3),
    ):
        (found,) = term.axes()
        assert found.name == axis
        bounds = [term.bounds(Cell(Outcome.CORRECT, False, {axis: part})) for part in found.ranges]
        assert (bounds[0].lo, bounds[0].hi) == (0.0, 0.0)
        assert bounds[1].hi == pytest.approx(-0.01)
        assert bounds[-1].lo == worst


@pytest.mark.parametrize(
    ("scripts", "text", "share"),
    [
        (["latin"], "abc 123 中", 0.75),
        (["latin"], "only latin letters, été", 1.0),
        (["cjk"], "答案是 42", 1.0),
        (["cjk"], r"答案 \pi", 0.5),
        (["cjk", "kana"], "東京タワー", 1.0),
        (["latin"], "ไทย ລາວ", 0.0),
        (["thai"], "กา", 1.0),
        (["lao"], "ກາ", 1.0),
        (["hangul"], "한국어 abc", 0.5),
        (["cyrillic"], "ответ", 1.0),
    ],
)
def test_share_of_letters(reading, scripts, text, share):
    term = build("language_share", {"scripts": scripts, "value": 0.5})
    assert term.pay(reading(text)).value == pytest.approx(0.5 * share)


def test_a_text_without_letters_has_its_own_price(reading):
    assert build("language_share", {"scripts": ["latin"]}).pay(reading("1 + 2 = 3")).value == 0.0
    assert build("language_share", {"scripts": ["latin"], "no_letters": -0.1}).pay(reading("")).value == -0.1
    with pytest.raises(ValidationError, match="at least one set"):
        build("language_share", {"scripts": []})


def test_math_operators_are_what_they_are_said_to_be():
    operators = charsets()["math_operators"]
    assert all(chr(code) in operators for code in range(0x2200, 0x2300))
    assert all(sign in operators for sign in "±×÷·¬°²³¹½¼¾µ")
    beside = [chr(code) for code in range(0x2200) if chr(code) in operators]
    assert sorted(beside) == sorted("±×÷·¬°²³¹½¼¾µ")


def test_no_set_but_its_own_holds_full_width_forms_or_invisible_characters():
    for name, found in charsets().items():
        held = {chr(code) for lo, hi in found.ranges for code in range(lo, hi + 1)}
        assert held, name
        if name not in ("full_width", "cjk_punctuation"):
            assert not any(0xFF01 <= ord(char) <= 0xFF5E for char in held), name
        if name != "emoji":  # its joiner is a format character
            assert not any(unicodedata.category(char) in ("Cf", "Co", "Cs") for char in held), name
        if name != "ascii":
            assert not any(unicodedata.category(char) == "Cc" for char in held), name


def test_ranges_rise_and_revisions_count_from_one():
    for found in charsets().values():
        assert all(lo <= hi for lo, hi in found.ranges), found.name
        assert found.revision >= 1
        assert found.about
