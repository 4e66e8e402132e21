"""What holds for every kind: no rollout is paid outside the interval declared for its cell, a term reads
back as it prints, pickles, and says who it is.

Parameters are drawn for each kind, readings at random; a kind without a strategy fails the first test.
"""

import copy
import json
import pickle
from dataclasses import replace
from math import inf

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewardkit.kinds import TERMS
from rewardkit.terms.base import Payment
from rewardkit.terms.cells import Cell, Range, cell_of, hull, merge
from rewardkit.terms.charsets import charsets
from rewardkit.terms.labels import build, tree
from rewardkit.types import DECIDED, Equality, Extraction, Finish, Outcome, Reading, Rollout, Says, Verdict

PIECES = [
    *(
        "<think>",
        "</think>",
        "<answer>",
        "</answer>",
        "<think>\n",
        "\n</think>\n",
        "\n<answer>\n",
        "\n</answer>",
    ),
    *(
        r"\boxed{4}",
        r"\boxed{",
        "}",
        "Step 1: ",
        "\n- ",
        "First,",
        '{"a": 1}',
        "[",
        "4",
        "-7",
        "1/2",
        " ",
        "\n",
    ),
    *("a", "b ", "ab ab ", "é", "＋", "答", "×", "π", "\ue000", "\x00", "\ud800", "None"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
prices = st.floats(-3, 3)
penalties = st.floats(-3, 0)
maybe = st.one_of(st.none(), prices)
units = st.sampled_from(["tokens", "words", "characters"])
names = st.lists(st.sampled_from(sorted(charsets())), min_size=1, max_size=3, unique=True)


@st.composite
def readings(draw):
    text = draw(texts)
    outcome = draw(st.sampled_from(DECIDED))
    ids = draw(st.lists(st.integers(0, 3), max_size=14).map(tuple))
    found = draw(st.sampled_from(["4", "-7", "x", '{"a": 1}', r"\boxed{4}"]))
    at = max(0, text.rfind(found))
    nothing = outcome in (Outcome.NO_ANSWER, Outcome.NONE_NO_ANSWER)
    none = outcome in (Outcome.FALSE_NONE, Outcome.NONE_CORRECT)
    error = draw(st.one_of(st.none(), st.floats(0, 25), st.integers(0, 25)))
    verdict = Verdict(
        equality=Equality.DIFFERENT,
        route="numeric",
        answer=draw(st.sampled_from(["4", "-7", "1/2", "x", "", "1e30"])),
        gold=draw(st.sampled_from(["4", "3.5", "0", "y"])),
        details={"legal": draw(st.booleans()), "error": error} if draw(st.booleans()) else {},
    )
    return Reading(
        rollout=Rollout(
            completion=text,
            gold="4",
            id=draw(st.sampled_from(["", "r1"])),
            sample=draw(st.integers(0, 3)),
            tokens=len(ids),
            token_ids=ids,
            finish=draw(st.sampled_from(list(Finish))),
            fields={"level": draw(st.integers(1, 3)), "wished": draw(st.integers(0, 12))},
        ),
        text=text,
        outcome=outcome,
        says=Says.NOTHING if nothing else Says.NONE if none else Says.VALUE,
        extraction=None if nothing else Extraction(text=found, span=(at, at + len(found)), extractor="boxed"),
        verdict=verdict if draw(st.booleans()) else None,
        answer_from=draw(st.integers(0, len(text))),
        reasoned=draw(st.booleans()),
        prefilled=draw(st.booleans()),
    )


conditions = st.sampled_from(
    [
        "correct",
        "not answerable",
        "tokens > 3",
        "words <= 2 or truncated",
        'has_tag("think")',
        'field("level") == 2',
        "reasoned and steps >= 1",
    ]
)


def some(**fields):
    """Parameters of which any may be left out."""
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def windows(draw):
    low, high = sorted([draw(st.integers(0, 20)), draw(st.integers(0, 20))])
    sides = draw(st.sampled_from([{"below": low}, {"above": high}, {"below": low, "above": high}]))
    ramp = draw(st.sampled_from([{}, {"shape": "linear", "ramp": 1}, {"shape": "linear", "ramp": 7}]))
    return {**sides, **ramp, "penalty": draw(penalties), "unit": draw(units)}


@st.composite
def overlongs(draw):
    length = draw(st.integers(1, 20))
    preset = draw(st.sampled_from(["trl", "open-r1", "verl", "ms-swift", "nemo-rl"]))
    return {
        "preset": preset,
        "max_length": length,
        "cache": draw(st.integers(1, length)),
        "penalty": draw(penalties),
    }


def falling(**fields):
    return st.fixed_dictionaries({"near": st.floats(0, 2), "far": st.floats(-2, 0), **fields})


outcome_names = [outcome.value for outcome in DECIDED]
KINDS = {
    "correctness": st.fixed_dictionaries(
        dict.fromkeys(("correct", "wrong", "no_answer", "false_none"), maybe)
    ),
    "none": st.fixed_dictionaries(dict.fromkeys(("correct", "missed", "no_answer"), maybe)),
    "false_positive": st.fixed_dictionaries({"penalty": prices}),
    "outcome": st.fixed_dictionaries(dict.fromkeys(outcome_names, maybe)),
    "constant": st.fixed_dictionaries({"value": prices}),
    "format": st.one_of(
        some(
            tags=st.sampled_from([["think"], ["answer"], ["think", "answer"], ["plan", "answer"]]),
            before=st.sampled_from(["nothing", "whitespace", "text"]),
            after=st.sampled_from(["nothing", "whitespace", "text"]),
            empty=st.booleans(),
            repeated=st.booleans(),
            nested=st.booleans(),
            value=prices,
            miss=prices,
        ),
        st.fixed_dictionaries(
            {"preset": st.sampled_from(["think", "open-r1", "trl", "ms-swift"]), "value": prices}
        ),
    ),
    "tag_count": st.one_of(some(value=prices), st.just({"preset": "open-r1"})),
    "pattern": st.fixed_dictionaries(
        {"pattern": st.sampled_from(["a", "b+$", r"\d", "^$"]), "value": prices, "miss": prices},
        optional={"match": st.just("fullmatch"), "flags": st.just(["multiline"])},
    ),
    "boxed": some(single=st.booleans(), value=prices, miss=prices),
    "integer_answer": some(preset=st.just("gsm8k-shaped"), value=prices, miss=prices),
    "reasoning_steps": some(enough=st.integers(1, 4), value=prices),
    "length": windows(),
    "soft_overlong": overlongs(),
    "target_length": st.fixed_dictionaries(
        {"column": st.just("wished")},
        optional={
            "unit": units,
            "mode": st.sampled_from(["exact", "max"]),
            "alpha": st.sampled_from([0.0003, 0.1, 1.0]),
            "delta": prices,
            "floor": penalties,
        },
    ),
    "cosine_length": st.fixed_dictionaries(
        {
            "preset": st.sampled_from(["trl", "open-r1", "open-r1-cli", "ms-swift"]),
            "max_length": st.integers(1, 12),
        },
        optional={
            "unit": units,
            "correct_short": prices,
            "correct_long": prices,
            "wrong_short": prices,
            "wrong_long": prices,
        },
    ),
    "kimi_length": st.one_of(st.just({}), st.just({"preset": "open-r1"}), st.just({"unit": "words"})),
    "characters": st.fixed_dictionaries(
        {"allow": names, "price": penalties}, optional={"also": st.just("＋é"), "floor": penalties}
    ),
    "language_share": st.fixed_dictionaries(
        {"scripts": names}, optional={"value": prices, "no_letters": prices}
    ),
    "repetition": st.fixed_dictionaries(
        {"ngram": st.integers(1, 4), "max_penalty": penalties, "unit": units}
    ),
    "numeric_closeness": falling(within=st.floats(0.1, 5)),
    "countdown": falling(within=st.floats(0.5, 20)),
    "json_schema": st.fixed_dictionaries(
        {
            "conforms_to": st.sampled_from([{"type": "object"}, {}]),
            "part": st.sampled_from(["text", "answer"]),
        }
    ),
    "random": some(
        seed=st.integers(0, 3),
        low=st.floats(-2, 0),
        high=st.floats(0, 2),
        chance=st.sampled_from([0.0, 0.5, 1.0]),
    ),
}
COMBINATORS = ("first", "sum", "min", "max", "product")


@st.composite
def with_modifiers(draw, kind, params):
    made = {"kind": kind, **draw(params)}
    if draw(st.booleans()):
        made["when"] = draw(conditions)
        if draw(st.booleans()):
            made["otherwise"] = draw(maybe)
    if draw(st.booleans()):
        made["weight"] = draw(st.sampled_from([-2.0, 0.0, 0.5, 3.0]))
    if draw(st.booleans()):
        made["clip"] = sorted([draw(prices), draw(prices)])
    return made


def of(kind):
    return with_modifiers(kind, KINDS[kind])


leaves = st.sampled_from(sorted(KINDS)).flatmap(of)


def combined(children):
    terms = st.one_of(
        st.lists(children, min_size=1, max_size=4),
        st.dictionaries(st.sampled_from(["one", "two", "length", "sum"]), children, min_size=1, max_size=3),
    )
    return st.sampled_from(COMBINATORS).flatmap(
        lambda kind: with_modifiers(kind, st.fixed_dictionaries({"terms": terms}))
    )


nested = st.recursive(leaves, combined, max_leaves=6)


def relaxed(examples=100):
    """Settings for draws that take their time."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(deadline=None, max_examples=examples, suppress_health_check=checks)


def assert_sound(spec, group):
    term = build("term", spec)
    axes = merge(term.all_axes())
    for reading, score in zip(group, term.score("term", group), strict=True):
        cell = cell_of(reading, axes)
        declared = term.bounds(cell)
        assert score.value in declared, f"{score.value} outside {declared} in {cell} for {spec}"


@pytest.mark.usefixtures("only_built_in_kinds")
def test_every_kind_has_a_strategy():
    own = {name for name in TERMS.names() if TERMS.get(name).__module__.startswith("rewardkit.")}
    assert own == set(KINDS) | set(COMBINATORS)


@pytest.mark.parametrize("kind", sorted(KINDS))
@relaxed(50)
@given(data=st.data())
def test_no_payment_outside_the_declared_interval(kind, data):
    assert_sound(data.draw(of(kind)), data.draw(st.lists(readings(), min_size=1, max_size=4)))


@pytest.mark.parametrize("kind", COMBINATORS)
@relaxed(50)
@given(data=st.data())
def test_no_combination_outside_the_declared_interval(kind, data):
    terms = st.lists(nested, min_size=1, max_size=4)
    spec = data.draw(with_modifiers(kind, st.fixed_dictionaries({"terms": terms})))
    assert_sound(spec, data.draw(st.lists(readings(), min_size=1, max_size=3)))


@relaxed(100)
@given(spec=nested)
def test_a_term_reads_back_as_it_prints(spec):
    term = build("label", spec)
    printed = tree("label", term)
    again = build("label", json.loads(json.dumps(printed)))
    assert again == term
    assert again.identity() == term.identity()
    assert tree("label", again) == printed
    assert "preset" not in printed
    json.dumps(term.identity())


@relaxed(50)
@given(spec=nested, group=st.lists(readings(), min_size=1, max_size=3))
def test_a_term_pickles_and_pays_the_same(spec, group):
    term = build("label", spec)
    paid = term.score("label", group)
    again = pickle.loads(pickle.dumps(term))
    assert again == term
    assert again.score("label", group) == paid
    assert copy.deepcopy(term) == term


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(spec=nested, group=st.lists(readings(), min_size=1, max_size=4))
def test_the_numbers_alone_are_those_of_the_scores(spec, group):
    term = build("term", spec)
    assert same(term.values(group), [score.value for score in term.score("term", group)])


def same(found, wanted):
    """Equal to the sign of a zero, and of one type."""
    return [(type(one), repr(one)) for one in found] == [(type(one), repr(one)) for one in wanted]


@pytest.mark.parametrize("way", ["pay", "_modified", "score", "_score_held", "pay_group"])
def test_a_kind_made_from_ours_is_asked_in_its_own_way(way, reading):
    class Mine(TERMS.get("length")):
        kind = "mine_" + way

        def pay(self, reading):
            return Payment(-7.0) if way == "pay" else super().pay(reading)

        def pay_group(self, readings):
            return [Payment(-7.0) for _ in readings] if way == "pay_group" else super().pay_group(readings)

    def replaced(self, label, *rest):
        found = getattr(Length, way)(self, label, *rest)
        alone = not isinstance(found, list)
        moved = [replace(one, value=-7.0) for one in ([found] if alone else found)]
        return moved[0] if alone else moved

    Length = TERMS.get("length")
    if way.startswith(("_", "score")):
        Mine = type("Mine", (Length,), {way: replaced, "kind": "mine_" + way, "__module__": __name__})
    term = Mine(above=1, unit="words", penalty=-1.0)
    group = [reading("a b c"), reading("a")]
    assert same(term.values(group), [score.value for score in term.score("term", group)])


@relaxed()
@given(spec=leaves, group=st.lists(readings(), min_size=2, max_size=4))
def test_an_each_term_pays_a_rollout_the_same_in_any_company(spec, group):
    term = build("label", spec)
    if not term.reads_group:
        together = [score.value for score in term.score("label", group)]
        assert together == [term.score("label", [reading])[0].value for reading in group]


@pytest.mark.parametrize("kind", ["length", "soft_overlong", "cosine_length"])
@relaxed(40)
@given(data=st.data())
def test_intervals_of_lengths_are_tight(kind, data):
    """In every cell with an end, the interval is exactly what its lengths are paid."""
    term = build(kind, data.draw(KINDS[kind]))
    (axis,) = term.axes()
    for part in axis.ranges:
        for outcome in (Outcome.CORRECT, Outcome.WRONG):
            declared = term.pays(Cell(outcome, False, {axis.name: part}))
            last = part.hi if part.hi < inf else part.lo + 100
            right = (outcome.right,) if kind == "cosine_length" else ()
            paid = hull(term.price_at(count, *right) for count in range(int(part.lo), int(last) + 1))
            assert declared.hi == pytest.approx(paid.hi)
            if declared.lo > -inf:
                assert declared.lo == pytest.approx(paid.lo)


@pytest.mark.parametrize("preset", ["verl", "ms-swift", "nemo-rl"])
def test_an_unclamped_penalty_is_declared_without_bound(preset):
    term = build("soft_overlong", {"preset": preset, "max_length": 100, "cache": 20})
    assert term.bounds(Cell(Outcome.WRONG, False, {"tokens": Range(100, inf)})).lo == -inf


def test_kinds_say_what_they_are():
    for name in KINDS:
        cls = TERMS.get(name)
        assert cls.kind == name
        assert cls.__doc__
        schema = cls.model_json_schema()
        assert schema["additionalProperties"] is False
