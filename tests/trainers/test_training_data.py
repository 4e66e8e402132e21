"""How a plan's data become rows: mixes, filters, curricula, golds, and files that are none."""

import json

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from rewardkit import load_recipe
from rewardkit.errors import DataError, RecipeError
from rewardkit.trainers.plan.data import Loader, raw_rows, to_dataset
from rewardkit.trainers.plan.loading import load_plan

pytestmark = pytest.mark.train

PLAN = """\
plan: mixed
model: {name: nowhere}
data:
  a: {path: a.jsonl, prompt: "{{ q }}", gold: {column: g, extract: hash}, completion: "{{ g }}", id: name}
  b: {path: b.jsonl, prompt: "{{ q }}", gold: {column: g, extract: hash}, completion: "{{ g }}"}
stages:
  - {name: s, kind: KIND, data: DATA, RECIPE}
"""


@pytest.fixture
def load(tmp_path):
    def loaded(data="a", kind="grpo", change=None, to="", rows=None):
        for name, count in (("a", 10), ("b", 6)):
            made = [
                {"q": f"{name}{n}?", "g": f"so\n#### {n}", "name": f"{name}-{n}", "level": n % 2}
                for n in range(count)
            ]
            (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in (rows or made)))
        recipe = "recipe: playground-none@0" if kind == "grpo" else "max_steps: 1"
        text = PLAN.replace("KIND", kind).replace("DATA", data).replace("RECIPE", recipe)
        (tmp_path / "plan.yaml").write_text(text.replace(change, to) if change else text)
        resolved = load_plan(tmp_path / "plan.yaml")
        loader = Loader(resolved, lambda name: raw_rows(resolved, name), lambda part: [])
        return loader.load(0, load_recipe("playground-none@0") if kind == "grpo" else None)

    return loaded


def test_rows_for_grpo_and_for_sft(load):
    row = load().rows[3]
    assert row == {
        "prompt": [{"role": "user", "content": "a3?"}],
        "gold": "3",
        "id": "a-3",
        "q": "a3?",
        "g": "so\n#### 3",
        "name": "a-3",
        "level": 1,
    }
    row = load(kind="sft").rows[3]
    assert row == {
        "prompt": [{"role": "user", "content": "a3?"}],
        "completion": [{"role": "assistant", "content": "so\n#### 3"}],
    }


@pytest.mark.parametrize(
    ("data", "counts"),
    [
        ("[a, b]", (10, 6)),
        ("[{set: a, count: 4}, b]", (4, 6)),
        ("[{set: a, share: 0.25}, {set: b, share: 0.75}]", (2, 6)),  # b's 6 rows are 3/4 of 8
        ("[{set: a, share: 0.9}, {set: b, share: 0.1}]", (10, 1)),  # a's 10 rows are 9/10 of 11
        ("[{set: a, share: 0.33}, {set: b, share: 0.66}]", (3, 6)),  # b's 6 rows are 0.66 of 9
        ("[{set: a, share: 0.5}, {set: b, count: 3}]", (3, 3)),  # the counts are the other half
        ("[{set: a, share: 0.25}, b]", (2, 6)),  # b whole is 3/4 of 8
    ],
)
def test_mixes_by_counts_and_shares(load, data, counts):
    rows = load(data).rows
    names = [row["q"][0] for row in rows]
    assert (names.count("a"), names.count("b")) == counts


def test_mixes_that_cannot_be_made(load):
    with pytest.raises(RecipeError, match="7 rows are asked for from 'b', which has 6"):
        load("[a, {set: b, count: 7}]")
    with pytest.raises(RecipeError, match=r"the shares of the mix add up to 1.1, not to 1"):
        load("[{set: a, share: 0.5}, {set: b, share: 0.6}]")
    with pytest.raises(RecipeError, match=r"the shares of the mix add up to 0.6, not to 1"):
        load("[{set: a, share: 0.3}, {set: b, share: 0.3}]")
    with pytest.raises(
        RecipeError, match=r"54 rows \(a share of 0.9 of 60\) are asked for from 'a', which has 10"
    ):
        load("[{set: a, share: 0.9}, b]")
    with pytest.raises(RecipeError, match=r"a share of 0.01 of 6 rows is less than one row of 'a'"):
        load("[{set: a, share: 0.01}, {set: b, share: 0.99}]")
    with pytest.raises(RecipeError, match=r"shares add up to 1, which leaves nothing"):
        load("[{set: a, share: 1.0}, b]")
    with pytest.raises(RecipeError, match="count and share cannot be combined"):
        load("[{set: a, share: 0.5, count: 3}]")


def test_filters_limits_and_shuffles(load):
    assert [row["id"] for row in load(change="id: name", to="id: name, where: {level: 1}").rows] == [
        f"a-{n}" for n in (1, 3, 5, 7, 9)
    ]
    assert [
        row["id"] for row in load(change="id: name", to="id: name, where: {level: [0]}, limit: 2").rows
    ] == ["a-0", "a-2"]
    shuffled = [row["id"] for row in load(change="id: name", to="id: name, shuffle: 1").rows]
    assert sorted(shuffled) == sorted(f"a-{n}" for n in range(10))
    assert shuffled != sorted(shuffled)
    assert shuffled == [row["id"] for row in load(change="id: name", to="id: name, shuffle: 1").rows]


def test_a_curriculum_is_kept_in_its_order(load, tmp_path):
    (tmp_path / "only.jsonl").write_text('{"id": "a-7"}\n{"id": "zzz"}\n{"id": "a-2"}\n')
    rows = load(change="id: name", to="id: name, only: only.jsonl").rows
    assert [row["id"] for row in rows] == ["a-7", "a-2"]
    (tmp_path / "only.jsonl").write_text('{"id": "zzz"}\n')
    with pytest.raises(DataError, match="none of its ids"):
        load(change="id: name", to="id: name, only: only.jsonl")


def test_a_curriculum_serves_sft_too_and_says_what_it_found(load, tmp_path):
    (tmp_path / "only.jsonl").write_text('{"id": "a-7"}\n{"id": "zzz"}\n{"id": "a-2"}\n')
    found = load(kind="sft", change="id: name", to="id: name, only: only.jsonl")
    assert [row["prompt"][0]["content"] for row in found.rows] == ["a7?", "a2?"]
    assert found.notes == ["'a': 2 rows chosen by only.jsonl, which names 3"]


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [("level == 1 and q != 'a3?'", (1, 5, 7, 9)), ("name[-1] | int > 7", (8, 9)), ("g", range(10))],
)
def test_a_filter_is_an_expression_over_the_columns(load, condition, numbers):
    found = load(change="id: name", to=f'id: name, filter: "{condition}"')
    assert [row["id"] for row in found.rows] == [f"a-{n}" for n in numbers]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("level >", r"plan.yaml:4:\d+: not a valid Jinja expression"),
        ("size > 3", r"a.jsonl:1: filter 'size > 3': 'size' is undefined; the row has q, g, name, level"),
        ("name > 3", r"a.jsonl:1: filter 'name > 3': '>' not supported between instances of 'str' and 'int'"),
    ],
)
def test_a_filter_that_cannot_be_read_or_answered(load, condition, says):
    with pytest.raises((RecipeError, DataError), match=says):
        load(change="id: name", to=f'id: name, filter: "{condition}"')


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"q": None, "g": "#### 1", "name": "x"}, r"a.jsonl:2: q in the template '{{ q }}' is null; .*`filter: q`"),
        ({"q": " ", "g": "#### 1", "name": "x"}, r"a.jsonl:2: the template '{{ q }}' gives an empty string"),
        ({"q": "?", "g": "#### 1", "name": None}, r"a.jsonl:2: column 'name', the id, is null"),
        ({"q": "?", "g": "#### 1", "name": "w"}, r"a.jsonl:2: the id 'w' is also in row 1; name a column of unique ids"),
    ],
)  # fmt: skip
def test_a_row_that_would_train_on_nothing_is_named(load, row, says):
    with pytest.raises(DataError, match=says):
        load(rows=[{"q": "?", "g": "#### 1", "name": "w"}, row])


def test_an_empty_completion_is_named_too(load):
    with pytest.raises(DataError, match=r"a.jsonl:1: the template '{{ g }}' gives an empty string"):
        load(kind="sft", rows=[{"q": "?", "g": "", "name": "w"}])


def test_golds_that_cannot_be_found_are_named_or_dropped(load):
    rows = [{"q": "?", "g": "#### 1", "name": "x"}, {"q": "?", "g": "nothing", "name": "y"}]
    with pytest.raises(DataError, match=r"a.jsonl:2: 'hash' finds no gold .*unreadable_gold: drop"):
        load(rows=rows)
    found = load(rows=rows, change="id: name", to="id: name, unreadable_gold: drop")
    assert [row["id"] for row in found.rows] == ["x"]
    assert found.notes == ["'a': 1 rows dropped, no gold found in them"]


def test_no_gold_column_and_no_row_are_errors(load):
    with pytest.raises(DataError, match=r"a.jsonl:1: no column 'gold'; found q, g, name, level"):
        load(change='gold: {column: g, extract: hash}, completion: "{{ g }}", id', to="gold: gold, id")
    with pytest.raises(RecipeError, match="no row is left to train on"):
        load(change="id: name", to="id: name, where: {level: 7}")


def test_golds_of_several_types_are_texts(load):
    rows = [{"q": "?", "g": one, "name": str(n)} for n, one in enumerate([3, 3.5, "None", ["4", 5], None])]
    found = load(rows=rows, change="{column: g, extract: hash}", to="g")
    assert [row["gold"] for row in found.rows] == ["3", "3.5", "None", ("4", "5"), None]
    assert to_dataset(found.rows)["gold"] == [["3"], ["3.5"], ["None"], ["4", "5"], [None]]


def test_a_file_of_one_json_list(load, tmp_path):
    rows = [{"q": f"{n}?", "g": f"#### {n}", "name": f"n{n}"} for n in range(3)]
    (tmp_path / "list.json").write_text(json.dumps(rows, indent=1))
    assert [row["id"] for row in load(change="a.jsonl", to="list.json").rows] == ["n0", "n1", "n2"]
    (tmp_path / "list.json").write_text(json.dumps(rows)[:-1])
    with pytest.raises(DataError, match=r"list.json: not JSON: "):
        load(change="a.jsonl", to="list.json")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"q,g,name\ncaf\xe9,#### 1,x\n", "2: not UTF-8"),
        ("a.parquet", b"garbage", " not a parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_says_so(load, tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name}:{says}"):
        load(change="a.jsonl", to=name)


def test_a_table_for_trl():
    table = to_dataset([{"prompt": "a", "gold": "1", "x": 1}, {"prompt": "b", "gold": ("1", "2")}])
    assert table["gold"] == [["1"], ["1", "2"]]
    assert table["x"] == [1, None]
    with pytest.raises(DataError, match=r"column 'x' holds values of different types .*columns: {x: null}"):
        to_dataset([{"prompt": "a", "x": 1}, {"prompt": "b", "x": "one"}])


def test_a_column_can_be_left_out(load):
    rows = load(change="id: name", to="id: name, columns: {level: null, old: g}").rows
    assert set(rows[0]) == {"prompt", "gold", "id", "q", "g", "old", "name"}
