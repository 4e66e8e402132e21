"""Suites: the shipped ones load and render; a wrong one says where and what would be right."""

import json

import pytest

from rewardkit.errors import DataError, RecipeError, UsageError
from rewardkit.evals.profiles import load_reader
from rewardkit.evals.suite.data import Item, load_items
from rewardkit.evals.suite.prompts import Prompter
from rewardkit.evals.suite.shots import load_shots
from rewardkit.evals.suite.suite import Data, Suite, load_suite, shipped_suites, suite_schema


@pytest.mark.parametrize("name", shipped_suites())
def test_a_shipped_suite_loads_reads_back_and_names_readers_that_exist(name):
    suite = load_suite(name)
    assert suite.suite == name
    for reader in (suite.recipe, *suite.profiles):
        load_reader(reader)


def test_a_suite_reads_back_from_its_own_yaml(tmp_path):
    for name in shipped_suites():
        suite = load_suite(name)
        (tmp_path / "again.yaml").write_text(suite.to_yaml(), encoding="utf-8")
        assert load_suite(tmp_path / "again.yaml") == suite


BASE = """suite: mine
data: {path: rows.jsonl}
prompt: {user: "{{ question }}"}
recipe: accuracy
arms:
  greedy: {}
  sampled: {n: 4, temperature: 0.7}
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("temperature: 0.7", "temprature: 0.7", ":7:19", "did you mean 'temperature'"),
        ("temperature: 0.7", "temperature: 0", ":7:32", "greater than 0"),
        ("greedy: {}", "greedy: {temperature: 0.7}", ":6:12", "temperature"),
        ("n: 4", "n: four", ":7:16", "whole number"),
        (
            "data: {path: rows.jsonl}",
            "data: {path: a, hub: b}",
            ":2:",
            "exactly one of path, hub and generate",
        ),
        ("recipe: accuracy\n", "recipe: accuracy\nk: [1, 8]\n", "", "pass@8 needs 8 samples"),
        ("recipe: accuracy\n", "recipe: accuracy\nrecipe: b\n", ":5:1", "duplicate key"),
    ],
)
def test_an_error_names_the_place_and_the_remedy(tmp_path, old, new, place, words):
    path = tmp_path / "mine.yaml"
    path.write_text(BASE.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load_suite(path)
    assert "mine.yaml" + place in str(caught.value)
    assert words in str(caught.value)


def test_an_unknown_suite_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match=r"did you mean 'arithmetic'"):
        load_suite("arithmetics")


def test_the_schema_is_a_schema_that_shipped_suites_satisfy():
    import jsonschema

    from rewardkit.config.source import read_file

    schema = json.loads(suite_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "temperature" in json.dumps(schema)
    plain = read_file(shipped_suites()["gsm8k-boxed"]).plain()
    jsonschema.validate(plain, schema)


ROWS = [
    {"q": "1+1", "a": "thinking\n#### 2", "level": 1},
    {"q": "2+2", "a": "thinking\n#### 4", "level": 2},
    {"q": "3+3", "a": "thinking\n#### 6", "level": 3},
]


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def data(path, **more):
    return Data(path=str(path), gold={"column": "a", "extract": "hash"}, **more)


def test_rows_become_items(rows):
    items = load_items(data(rows, columns={"question": "q"}))
    assert [(i.id, i.gold, i.fields["question"]) for i in items] == [
        ("1", "2", "1+1"),
        ("2", "4", "2+2"),
        ("3", "6", "3+3"),
    ]


@pytest.mark.parametrize(
    ("more", "golds"),
    [
        ({"limit": 2}, ["2", "4"]),
        ({"where": {"level": [1, 3]}}, ["2", "6"]),
        ({"where": {"level": 2}}, ["4"]),
    ],
)
def test_rows_are_kept_by_limit_and_filter(rows, more, golds):
    assert [item.gold for item in load_items(data(rows, **more))] == golds


def test_a_shuffle_is_the_same_each_time_and_keeps_ids(rows):
    first, again = load_items(data(rows, shuffle=3)), load_items(data(rows, shuffle=3))
    assert first == again
    assert sorted(item.id for item in first) == ["1", "2", "3"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_other_formats_give_the_same_items(rows, tmp_path, suffix):
    import pandas as pd

    frame, other = pd.DataFrame(ROWS), tmp_path / f"rows{suffix}"
    frame.to_csv(other, index=False) if suffix == ".csv" else frame.to_parquet(other)
    assert [i.gold for i in load_items(data(other))] == ["2", "4", "6"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"columns": {"x": "nope"}}, r"rows.jsonl:1: no column 'nope'; valid: a, level, q"),
        ({"where": {"level": 9}}, r"no row has"),
        ({"id": "nope"}, r"rows.jsonl:1: no column 'nope'"),
    ],
)
def test_data_faults_name_file_and_row(rows, more, words):
    with pytest.raises(DataError, match=words):
        load_items(data(rows, **more))


def test_ids_that_repeat_and_golds_that_are_not_there_are_faults(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"i": 1, "a": "#### 1"}\n{"i": 1, "a": "#### 2"}\n')
    with pytest.raises(DataError, match=r"the id '1' occurs twice"):
        load_items(data(path, id="i"))
    path.write_text('{"i": 1, "a": "nothing"}\n')
    with pytest.raises(DataError, match=r"rows.jsonl:1: 'hash' finds no gold"):
        load_items(data(path))


def test_generated_rows_are_right_and_keep_the_unanswerable_share():
    suite = load_suite("arithmetic")
    items = load_items(suite.data)
    assert sum(item.gold == "None" for item in items) == 25
    for item in items:
        if item.gold != "None":
            assert eval(item.fields["question"]) == int(item.gold)  # our own digits and signs
    assert load_items(suite.data) == items


def test_countdown_targets_can_be_reached():
    import itertools

    for item in load_items(load_suite("countdown", ["data.generate.n=30"]).data):
        first, *rest = item.fields["nums"]
        signs = itertools.product((1, -1), repeat=len(rest))
        assert any(
            first + sum(s * n for s, n in zip(chosen, rest, strict=True)) == item.fields["target"]
            for chosen in signs
        )


def test_few_shot_prompts_in_the_fields_format():
    suite = load_suite("gsm8k-8shot", ["prompt.fewshot.examples=gsm8k-cot"])
    text = Prompter(suite.prompt).render(Item(id="1", gold="1", fields={"question": "How many?"}))
    assert text.count("\n\nQ: ") == 8
    assert text.startswith("Q: A baker has 24 rolls")
    assert "The answer is 27.\n\nQ: " in text
    assert text.endswith("\n\nQ: How many?\nA:")


def test_our_own_examples_are_right():
    import re

    for shot in load_shots("gsm8k-cot"):
        for left, right in re.findall(r"([\d*/+ -]*\d [*/+-] \d+) = (\d+)", shot["answer"]):
            assert eval(left) == int(right), shot
        final = re.search(r"The answer is (\d+)\.", shot["answer"])
        assert final
        assert final[1] in shot["answer"].rsplit("The answer", 1)[0]


def test_chat_prompts_are_messages():
    suite = load_suite("gsm8k-tag")
    made = Prompter(suite.prompt).render(Item(id="1", gold="1", fields={"question": "How many?"}))
    assert [m["role"] for m in made] == ["system", "user"]


def test_a_template_is_strict_and_sandboxed():
    prompt = Suite.model_validate(load_suite("arithmetic").model_dump()).prompt
    item = Item(id="7", gold="1", fields={"a": 1})
    with pytest.raises(UsageError, match=r"item 7: 'question' is undefined; the row has a"):
        Prompter(prompt).render(item)
    escape = prompt.model_copy(update={"user": "{{ ''.__class__.__mro__ }}"})
    with pytest.raises(UsageError, match=r"unsafe"):
        Prompter(escape).render(item)
