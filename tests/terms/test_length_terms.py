"""Length, DAPO's soft overlong, cosine and Kimi: every number here is worked by hand."""

import pytest
from pydantic import ValidationError

from rewardkit.errors import MissingFact
from rewardkit.terms.labels import build, tree


@pytest.mark.parametrize(
    ("params", "length", "pays"),
    [
        # a flat window: 30 and 768 themselves are inside
        ({"above": 768, "below": 30, "penalty": -0.2}, 29, -0.2),
        ({"above": 768, "below": 30, "penalty": -0.2}, 30, 0.0),
        ({"above": 768, "below": 30, "penalty": -0.2}, 768, 0.0),
        ({"above": 768, "below": 30, "penalty": -0.2}, 769, -0.2),
        # each side by itself
        ({"above": 768, "penalty": -0.2}, 0, 0.0),
        ({"below": 30, "penalty": -0.2}, 100_000, 0.0),
        # soft: -0.1 is reached 100 tokens outside 500 to 800, and is not passed
        ({"above": 800, "below": 500, "penalty": -0.1, "shape": "linear", "ramp": 100}, 850, -0.05),
        ({"above": 800, "below": 500, "penalty": -0.1, "shape": "linear", "ramp": 100}, 900, -0.1),
        ({"above": 800, "below": 500, "penalty": -0.1, "shape": "linear", "ramp": 100}, 5000, -0.1),
        ({"above": 800, "below": 500, "penalty": -0.1, "shape": "linear", "ramp": 100}, 475, -0.025),
        ({"above": 800, "below": 500, "penalty": -0.1, "shape": "linear", "ramp": 100}, 0, -0.1),
        # weight and clip come after
        ({"above": 10, "penalty": -1.0, "weight": 3.0, "clip": [-2.0, 0.0]}, 11, -2.0),
    ],
)
def test_a_window_of_lengths(reading, params, length, pays):
    term = build("length", params)
    assert term.score("length", [reading(tokens=length)])[0].value == pytest.approx(pays)


@pytest.mark.parametrize(
    ("unit", "text", "count"),
    [("words", "one  two\nthree", 3), ("characters", "añ中\n", 4), ("words", "", 0)],
)
def test_units_are_counted_as_they_say(reading, unit, text, count):
    at = build("length", {"above": count, "unit": unit, "penalty": -1.0})
    assert at.pay(reading(text)).value == 0.0
    if count:
        assert (
            build("length", {"above": count - 1, "unit": unit, "penalty": -1.0}).pay(reading(text)).value
            == -1.0
        )


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("length", {"above": 5, "penalty": -1.0}),
        ("soft_overlong", {"max_length": 5, "cache": 1}),
        ("cosine_length", {"max_length": 5}),
        ("kimi_length", {}),
        ("repetition", {"unit": "tokens"}),
    ],
)
def test_tokens_are_never_guessed(reading, kind, params):
    term = build(kind, params)
    assert term.all_needs() <= {"tokens", "token_ids"}
    assert term.all_needs()
    with pytest.raises(MissingFact, match="with a tokenizer"):
        term.score(kind, [reading("some words here", id="r1")])


def test_token_ids_stand_for_a_count(reading):
    term = build("length", {"above": 2, "penalty": -1.0})
    assert term.pay(reading(token_ids=(7, 8, 9))).value == -1.0


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"penalty": -0.2}, "needs `above`, `below` or both"),
        ({"above": 30, "below": 768, "penalty": -0.2}, "swap them"),
        ({"above": 768, "penalty": 0.2}, "write -0.2"),
        ({"above": 768, "penalty": -0.2, "shape": "linear"}, "needs `ramp`"),
        ({"above": 768, "penalty": -0.2, "ramp": 9}, "add `shape: linear` or drop `ramp`"),
        ({"above": 768, "penalty": "-0.2"}, "valid number"),
        ({"above": 7.5, "penalty": -0.2}, "valid integer"),
        ({"above": 768, "penalty": -0.2, "unit": "chars"}, "'tokens', 'words' or 'characters'"),
        ({"above": 768, "penalty": -0.2, "belw": 3}, "Extra inputs"),
    ],
)
def test_a_bad_window_is_refused_with_the_remedy(params, says):
    with pytest.raises(ValidationError, match=says):
        build("length", params)


@pytest.mark.parametrize(
    ("length", "pays"), [(50, 0.0), (80, 0.0), (81, -0.05), (90, -0.5), (100, -1.0), (110, -1.0)]
)
def test_dapo_with_length_100_and_cache_20(reading, length, pays):
    for preset in ("trl", "open-r1"):
        term = build("soft_overlong", {"preset": preset, "max_length": 100, "cache": 20})
        assert term.pay(reading(tokens=length)).value == pytest.approx(pays)


@pytest.mark.parametrize(("length", "pays"), [(80, 0.0), (90, -0.5), (100, -1.0), (110, -1.5), (200, -6.0)])
def test_dapo_unclamped_falls_on(reading, length, pays):
    for preset in ("verl", "ms-swift", "nemo-rl"):
        term = build("soft_overlong", {"preset": preset, "max_length": 100, "cache": 20})
        assert term.pay(reading(tokens=length)).value == pytest.approx(pays)


def test_dapo_without_a_cache_is_a_step(reading):
    term = build("soft_overlong", {"max_length": 100, "cache": 0})
    assert [term.pay(reading(tokens=n)).value for n in (0, 100, 101)] == [0.0, 0.0, -1.0]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"max_length": 20, "cache": 100}, "the last part of max_length"),
        ({"max_length": 20, "cache": 0, "clamped": False}, "cache of 1 or more"),
        ({"max_length": 20, "cache": 5, "penalty": 1.0}, "write -1"),
        ({"max_length": 0, "cache": 0}, "greater than or equal to 1"),
    ],
)
def test_bad_overlong_parameters(params, says):
    with pytest.raises(ValidationError, match=says):
        build("soft_overlong", params)


# cos(pi/4) = 0.70711: 0.5 + 0.25 * 1.70711 = 0.92678; 0.5 + 0.25 * 0.29289 = 0.57322
@pytest.mark.parametrize(
    ("length", "right", "wrong"),
    [
        (0, 1.0, -1.0),
        (25, 0.92678, -0.92678),
        (50, 0.75, -0.75),
        (75, 0.57322, -0.57322),
        (100, 0.5, -0.5),
        (200, 0.5, -0.5),
    ],
)
def test_cosine_as_trl_has_it(reading, length, right, wrong):
    term = build("cosine_length", {"preset": "trl", "max_length": 100})
    for outcome in ("correct", "none_correct"):
        assert term.pay(reading("", outcome, tokens=length)).value == pytest.approx(right, abs=5e-6)
    for outcome in ("wrong", "no_answer", "false_none", "none_missed", "none_no_answer"):
        assert term.pay(reading("", outcome, tokens=length)).value == pytest.approx(wrong, abs=5e-6)


@pytest.mark.parametrize(
    ("preset", "length", "right", "wrong"),
    [
        ("open-r1", 0, 1.0, -1.0),
        ("open-r1", 500, 0.75, -0.75),
        ("open-r1", 1000, 0.5, -0.5),
        ("open-r1", 2000, 1.0, -1.0),  # unclamped: the wave is back where it began
        ("open-r1-cli", 0, 1.0, 0.0),
        ("open-r1-cli", 500, 0.75, -0.25),
        ("open-r1-cli", 1000, 0.5, -0.5),
        ("ms-swift", 0, 1.0, -0.5),
        ("ms-swift", 500, 0.75, -0.25),
        ("ms-swift", 1000, 0.5, 0.0),
        ("ms-swift", 2000, 1.0, -0.5),
    ],
)
def test_cosine_in_the_other_versions(reading, preset, length, right, wrong):
    term = build("cosine_length", {"preset": preset})
    made = {"tokens": length} if preset == "ms-swift" else {}
    text = "" if made else "x" * length
    assert term.pay(reading(text, "correct", **made)).value == pytest.approx(right)
    assert term.pay(reading(text, "wrong", **made)).value == pytest.approx(wrong)


def test_the_modified_cosine_pays_again_past_its_length(reading):
    prices = {"correct_short": 2.0, "correct_long": 1.0, "wrong_short": -10.0, "wrong_long": 0.0}
    term = build("cosine_length", {"preset": "open-r1", **prices})
    assert [term.price_at(n, True) for n in (0, 1000, 2000)] == pytest.approx([2.0, 1.0, 2.0])
    assert [term.price_at(n, False) for n in (0, 1000, 2000)] == pytest.approx([-10.0, 0.0, -10.0])
    safe = build("cosine_length", {"preset": "open-r1", "clamped": True, **prices})
    assert safe.price_at(2000, True) == 1.0


def kimi(reading, rows, **params):
    group = [reading("x" * length, outcome, tokens=length) for length, outcome in rows]
    return [score.value for score in build("kimi_length", params).score("kimi_length", group)]


@pytest.mark.parametrize(
    ("rows", "pays"),
    [
        # the shortest right +0.5, the middle 0, the longest right -0.5
        ([(10, "correct"), (20, "correct"), (30, "correct")], [0.5, 0.0, -0.5]),
        # a wrong one never earns: min(0, lambda)
        ([(10, "wrong"), (30, "correct")], [0.0, -0.5]),
        ([(10, "correct"), (25, "wrong"), (30, "no_answer")], [0.5, -0.25, -0.5]),
        ([(10, "none_correct"), (30, "none_missed")], [0.5, -0.5]),
        # all equal, or all alone: nothing to compare
        ([(10, "correct"), (10, "wrong")], [0.0, 0.0]),
        ([(10, "correct")], [0.0]),
    ],
)
def test_kimi_over_one_prompts_group(reading, rows, pays):
    assert kimi(reading, rows) == pytest.approx(pays)
    assert kimi(reading, rows, preset="open-r1") == pytest.approx(pays)
    assert kimi(reading, rows[::-1]) == pytest.approx(pays[::-1])


def test_kimi_compares_with_all_but_pays_where_its_condition_holds(reading):
    assert kimi(reading, [(10, "correct"), (20, "wrong"), (30, "correct")], when="correct") == [
        0.5,
        None,
        -0.5,
    ]


@pytest.mark.parametrize(
    ("kind", "params", "same"),
    [
        ("cosine_length", {"preset": "trl", "max_length": 100}, {"max_length": 100}),
        (
            "cosine_length",
            {"preset": "open-r1"},
            {"unit": "characters", "max_length": 1000, "clamped": False},
        ),
        ("cosine_length", {"preset": "open-r1", "clamped": True}, {"unit": "characters", "max_length": 1000}),
        ("soft_overlong", {"preset": "trl", "max_length": 9, "cache": 3}, {"max_length": 9, "cache": 3}),
        ("kimi_length", {"preset": "open-r1"}, {"unit": "characters"}),
    ],
)
def test_a_preset_is_its_parameters_written_in_full(kind, params, same):
    term = build(kind, params)
    assert term == build(kind, same)
    assert term.identity() == build(kind, same).identity()
    assert tree(kind, term) == same
    assert build(kind, tree(kind, term)) == term


def test_an_unknown_preset_is_answered_with_the_known():
    with pytest.raises(ValidationError, match="'trl', 'open-r1', 'open-r1-cli' or 'ms-swift'"):
        build("cosine_length", {"preset": "openr1", "max_length": 5})
