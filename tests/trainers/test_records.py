"""What a run leaves behind and reads back: checkpoints, tables, traces, warnings; and how data become rows."""

import json
import math

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from rewardkit import load_recipe
from rewardkit.errors import DataError, RecipeError, UsageError
from rewardkit.evals.traces import right_traces
from rewardkit.trainers.data import Loader, raw_rows, to_dataset
from rewardkit.trainers.folder import (
    RunFolder,
    append_row,
    drop_incomplete,
    last_complete,
    read_rows,
    write_rows,
)
from rewardkit.trainers.planning import load_plan
from rewardkit.trainers.watch import RULES, look

pytestmark = pytest.mark.train

# --- checkpoints ---------------------------------------------------------------------------------

WHOLE = ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth")


def checkpoint(folder, step, files=WHOLE, state=None):
    path = folder / f"checkpoint-{step}"
    path.mkdir()
    for name in files:
        (path / name).write_bytes(b"x")
    (path / "trainer_state.json").write_text(json.dumps({"global_step": step}) if state is None else state)
    return path


@pytest.mark.parametrize("missing", WHOLE)
def test_a_checkpoint_without_a_part_is_not_taken(tmp_path, missing):
    kept = checkpoint(tmp_path, 4)
    checkpoint(tmp_path, 8, [name for name in WHOLE if name != missing])
    assert last_complete(tmp_path) == (kept, 4)
    assert drop_incomplete(tmp_path, 4) == ["checkpoint-8"]


@pytest.mark.parametrize("state", ["", '{"global_step": 8', '{"global_step": 7}', "[]"])
def test_a_checkpoint_whose_state_was_cut_short_is_not_taken(tmp_path, state):
    kept = checkpoint(tmp_path, 4)
    checkpoint(tmp_path, 8, state=state)
    assert last_complete(tmp_path) == (kept, 4)


def test_the_newest_is_taken_by_number_and_sharded_or_adapter_weights_will_do(tmp_path):
    checkpoint(tmp_path, 8)
    index = checkpoint(tmp_path, 10, WHOLE[1:])
    (index / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": "1.st", "b": "2.st"}})
    )
    (index / "1.st").write_bytes(b"x")
    assert last_complete(tmp_path)[1] == 8  # one shard is missing
    (index / "2.st").write_bytes(b"x")
    assert last_complete(tmp_path)[1] == 10
    adapter = checkpoint(tmp_path, 12, ["adapter_model.safetensors", *WHOLE[1:]])
    assert last_complete(tmp_path) == (adapter, 12)
    assert last_complete(tmp_path, world_size=2) is None  # random states of two processes are needed


# --- the table -----------------------------------------------------------------------------------


def test_rewinding_takes_back_what_will_be_done_again_and_a_torn_line(tmp_path):
    run = RunFolder(tmp_path)
    write_rows(
        run.metrics, [{"stage": "a", "step": 9}, *({"stage": "b", "step": step} for step in (1, 2, 3))]
    )
    with run.metrics.open("a") as file:
        file.write('{"stage": "b", "st')
    run.rewind("b", 2)
    append_row(run.metrics, {"stage": "b", "step": 3})
    assert [(row["stage"], row["step"]) for row in read_rows(run.metrics)] == [
        ("a", 9),
        ("b", 1),
        ("b", 2),
        ("b", 3),
    ]


def test_a_folder_belongs_to_one_plan_and_its_recipes(tmp_path):
    run = RunFolder(tmp_path)
    record = {"recipes": {"g": {"ref": "r@0", "digest": "1"}}, "versions": {}}
    run.begin("plan: a\nseed: 0\n", record)
    run.begin("plan: a\nseed: 0\n", record)
    with pytest.raises(UsageError, match="'seed: 0' there, 'seed: 1' now"):
        run.begin("plan: a\nseed: 1\n", record)
    with pytest.raises(UsageError, match="begun with r@0 1, which is now 2"):
        run.begin("plan: a\nseed: 0\n", {"recipes": {"g": {"ref": "r@0", "digest": "2"}}, "versions": {}})


def test_what_changed_since_the_run_began(tmp_path):
    run = RunFolder(tmp_path)
    record = {"recipes": {}, "processes": 1, "versions": {"trl": "1", "torch": "2"}}
    assert run.begin("p\n", record) == []
    assert run.begin("p\n", record | {"versions": {"trl": "3", "torch": "2", "peft": "1"}}) == [
        "trl was 1 when this run was last at work, and is 3",
        "peft was not installed when this run was last at work, and is 1",
    ]
    (tmp_path / "01-a" / "checkpoint-2").mkdir(parents=True)
    with pytest.raises(
        UsageError, match=r"begun with 1 processes, .* now there are 2. Launch 1, or remove \S+01-a"
    ):
        run.begin("p\n", record | {"processes": 2})
    (tmp_path / "01-a" / "done.json").write_text("{}")
    run.begin("p\n", record | {"processes": 2})


def test_one_run_at_a_time(tmp_path):
    run = RunFolder(tmp_path / "run")
    lock = run.lock()
    with pytest.raises(UsageError, match="another run is at work in"):
        RunFolder(tmp_path / "run").lock()
    lock.release()
    RunFolder(tmp_path / "run").lock().release()


def test_a_stage_does_not_go_on_with_other_rows(tmp_path):
    run = RunFolder(tmp_path)
    run.same_data(tmp_path / "s", [{"prompt": "a"}], 0)
    run.same_data(tmp_path / "s", [{"prompt": "a"}], 4)
    with pytest.raises(
        UsageError, match=r"has come to step 4 with 1 rows .* now give 2 .*; restore the data"
    ):
        run.same_data(tmp_path / "s", [{"prompt": "a"}, {"prompt": "b"}], 4)
    run.same_data(tmp_path / "s", [{"prompt": "b"}], 0)  # nothing was learnt yet
    run.same_data(tmp_path / "s", [{"prompt": "b"}], 4)


# --- rejection sampling --------------------------------------------------------------------------


def trace(text, outcome="correct", prompt="p"):
    return {
        "prompt": [{"role": "user", "content": prompt, "extra": None}],
        "completion": [{"role": "assistant", "content": text}],
        "outcome": outcome,
        "id": prompt,
    }


def texts(rows):
    return [row["completion"][0]["content"] for row in rows]


LOGGED = [
    trace("one two three four five 7"),
    trace("one two three four 7"),
    trace("one  two three four\n7"),  # the same but for white space
    trace("another way to seven 7"),
    trace("8", "wrong"),
    trace("None", "false_none"),
    trace("None", "none_correct", "q"),
]


def test_right_traces_once_each_shortest_first():
    assert texts(right_traces(LOGGED)) == ["one two three four 7", "None"]
    rows = right_traces(LOGGED, per_prompt=9)
    assert texts(rows) == [
        "one two three four 7",
        "another way to seven 7",
        "one two three four five 7",
        "None",
    ]
    assert rows[0]["prompt"] == [{"role": "user", "content": "p"}]


def test_diverse_traces_share_least_with_those_before():
    assert texts(right_traces(LOGGED, "diverse", 2))[:2] == ["one two three four 7", "another way to seven 7"]


# --- the watch -----------------------------------------------------------------------------------

CALM = {
    "reward": 0.5,
    "outcomes/right": 0.5,
    "outcomes/correct": 0.5,
    "outcomes/wrong": 0.5,
    "outcomes/false_none": 0.0,
    "outcomes/no_answer": 0.0,
    "outcomes/none_no_answer": 0.0,
    "outcomes/undecided": 0.0,
    "frac_reward_zero_std": 0.1,
    "completions/mean_length": 100.0,
    "completions/clipped_ratio": 0.0,
    "text/characters": 0.0,
    "text/script": 0.0,
    "text/repetition": 0.0,
    "variance/total": 1.0,
    "variance/a": 0.6,
    "variance/b": 0.4,
}
LATER = {
    "reward_without_correctness": {"reward": 0.9},
    "false_none": {"outcomes/false_none": 0.25, "outcomes/wrong": 0.25},
    "one_term": {"variance/a": 0.95, "variance/b": 0.05},
    "dead_groups": {"frac_reward_zero_std": 0.63},
    "length": {"completions/mean_length": 151.0},
    "truncated": {"completions/clipped_ratio": 0.3},
    "characters": {"text/characters": 0.06},
    "script": {"text/script": 0.06},
    "repetition": {"text/repetition": 0.2},
    "no_answer": {"outcomes/no_answer": 0.2, "outcomes/none_no_answer": 0.2},
    "undecided": {"outcomes/undecided": 0.01},
}


def test_every_rule_has_its_case():
    assert set(LATER) == set(RULES)


@pytest.mark.parametrize("name", LATER)
def test_each_rule_speaks_of_its_own_and_can_be_turned_off(name):
    history = [CALM] * 4 + [CALM | LATER[name]] * 4
    found = {alarm.name: alarm for alarm in look(history, {}, window=4)}
    assert list(found) == [name]
    assert any(character.isdigit() for character in found[name].text)
    assert "rewardkit" in found[name].audit
    assert look(history, {name: None}, window=4) == []


def test_a_calm_run_and_a_good_one_are_left_alone():
    better = CALM | {"reward": 0.9, "outcomes/right": 0.9}
    assert look([CALM] * 4 + [better] * 4, {}, window=4) == []
    assert look([], {}) == []


def test_numbers_of_a_warning():
    [alarm] = look([CALM] * 2 + [CALM | LATER["false_none"]] * 2, {}, window=2)
    assert alarm.text == "None on answerable problems 0.000 -> 0.250"
    [alarm] = look([CALM | {"frac_reward_zero_std": 0.63}] * 3, {}, window=3)
    assert "63.0%" in alarm.text


def test_rows_that_reuse_completions_lack_metrics_and_are_passed_over():
    history = [CALM, {"reward": 0.5, "outcomes/right": math.nan}, {"loss": 1.0}] * 4
    assert look(history, {}, window=4) == []


# --- data ----------------------------------------------------------------------------------------

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
    with pytest.raises(RecipeError, match="7 rows are asked of 'b', which has 6"):
        load("[a, {set: b, count: 7}]")
    with pytest.raises(RecipeError, match=r"the shares of the mix come to 1.1, not to 1"):
        load("[{set: a, share: 0.5}, {set: b, share: 0.6}]")
    with pytest.raises(RecipeError, match=r"the shares of the mix come to 0.6, not to 1"):
        load("[{set: a, share: 0.3}, {set: b, share: 0.3}]")
    with pytest.raises(RecipeError, match=r"54 rows \(a share of 0.9 of 60\) are asked of 'a', which has 10"):
        load("[{set: a, share: 0.9}, b]")
    with pytest.raises(RecipeError, match=r"a share of 0.01 of 6 rows is not one row of 'a'"):
        load("[{set: a, share: 0.01}, {set: b, share: 0.99}]")
    with pytest.raises(RecipeError, match=r"shares come to 1, which leaves nothing"):
        load("[{set: a, share: 1.0}, b]")
    with pytest.raises(RecipeError, match="count and share exclude each other"):
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
    assert found.notes == ["'a': 2 rows by only.jsonl, which names 3"]


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
        ("level >", r"plan.yaml:4:\d+: not an expression of Jinja"),
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
        ({"q": None, "g": "#### 1", "name": "x"}, r"a.jsonl:2: q of the template '{{ q }}' is null; .*`filter: q`"),
        ({"q": " ", "g": "#### 1", "name": "x"}, r"a.jsonl:2: the template '{{ q }}' makes an empty text"),
        ({"q": "?", "g": "#### 1", "name": None}, r"a.jsonl:2: column 'name', the id, is null"),
        ({"q": "?", "g": "#### 1", "name": "w"}, r"a.jsonl:2: the id 'w' is in row 1 too; name a column of unique ids"),
    ],
)  # fmt: skip
def test_a_row_that_would_train_on_nothing_is_named(load, row, says):
    with pytest.raises(DataError, match=says):
        load(rows=[{"q": "?", "g": "#### 1", "name": "w"}, row])


def test_an_empty_completion_is_named_too(load):
    with pytest.raises(DataError, match=r"a.jsonl:1: the template '{{ g }}' makes an empty text"):
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
