"""Files of rows into groups of rollouts; bad rows named, counted and left out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.errors import DataError, MissingFact
from rewardkit.rows import read_rollouts
from rewardkit.types import Finish


def jsonl(folder, rows):
    path = folder / "rows.jsonl"
    path.write_text(
        "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8"
    )
    return path


def said(groups):
    """Group name to (id, sample, completion) of each."""
    return [(group.name, [(r.id, r.sample, r.completion) for r in group]) for group in groups]


def test_a_row_that_holds_a_list_is_a_group_named_by_its_row(tmp_path):
    path = jsonl(tmp_path, [{"gold": "1", "completions": ["a", "b"]}, {"gold": "2", "completions": ["c"]}])
    groups = read_rollouts(path)
    assert said(groups) == [("1", [("1", 0, "a"), ("1", 1, "b")]), ("2", [("2", 0, "c")])]
    assert (groups.report.rows, groups.report.groups, groups.report.rollouts) == (2, 2, 3)


def test_or_by_its_id(tmp_path):
    path = jsonl(tmp_path, [{"id": "x", "gold": "1", "completions": ["a", "b"]}])
    assert said(read_rollouts(path)) == [("x", [("x", 0, "a"), ("x", 1, "b")])]


def test_rows_of_one_completion_are_grouped_by_the_group_column_and_by_nothing_else(tmp_path):
    rows = [
        {"prompt": "same", "gold": "1", "completion": c, "group": g}
        for c, g in [("a", 7), ("b", 7), ("c", 8)]
    ]
    assert said(read_rollouts(jsonl(tmp_path, rows))) == [
        ("7", [("1", 0, "a"), ("2", 1, "b")]),
        ("8", [("3", 0, "c")]),
    ]
    bare = [{name: value for name, value in row.items() if name != "group"} for row in rows]
    assert said(read_rollouts(jsonl(tmp_path, bare))) == [
        ("", [(str(i), 0, c)]) for i, c in enumerate("abc", 1)
    ]


def test_parallel_lists_and_other_columns(tmp_path):
    row = {
        "question": "?",
        "gold": [1, "one"],
        "completions": ["a", "b"],
        "tokens": [5, 6],
        "finish_reason": ["stop", "length"],
        "nums": [79, 17],
    }
    [[first, second]] = read_rollouts(jsonl(tmp_path, [row]))
    assert (first.tokens, first.finish, second.tokens, second.finish) == (5, Finish.STOP, 6, Finish.LENGTH)
    assert first.golds == ("1", "one")
    assert dict(first.fields) == {"nums": [79, 17]}  # never split among the completions
    assert first.prompt == "?"


def test_lists_of_message_lists(tmp_path):
    row = {
        "prompt": [{"role": "user", "content": "?"}],
        "answer": 4,
        "completions": [[{"role": "assistant", "content": "a"}], [{"role": "assistant", "content": "b"}]],
    }
    [group] = read_rollouts(jsonl(tmp_path, [row]))
    assert [r.completion for r in group] == ["a", "b"]
    assert group[0].prompt == row["prompt"]


def test_one_message_list_is_one_completion_and_may_hold_the_prompt(tmp_path):
    chat = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "a"}]
    [[rollout]] = read_rollouts(jsonl(tmp_path, [{"messages": chat, "answer": 4}]))
    assert (rollout.completion, rollout.prompt, rollout.gold) == ("a", chat[:1], "4")


GOOD = {"gold": "1", "completion": "a"}


@pytest.mark.parametrize(
    ("row", "kind", "says"),
    [
        ({"completion": "a"}, "missing gold", "the row has no 'gold', the gold"),
        ({"completion": "a", "gold": None}, "null gold", "the gold is null"),
        ({"completion": "a", "gold": []}, "missing gold", "the list of golds is empty"),
        ({"completion": "a", "gold": {"v": 1}}, "gold is not a string", "the gold is dict"),
        ({"gold": "1"}, "missing completion", "the row has no 'completion'"),
        ({"gold": "1", "completion": None}, "missing completion", "the completion is missing"),
        ({"gold": "1", "completion": []}, "missing completion", "the list of completions is empty"),
        ({"gold": "1", "completion": 3}, "completion is not a string", "the completion is int"),
        ("not json", "not readable", "not JSON: Expecting value"),
        ('{"gold": "1", "completion": "a', "not readable", "not JSON"),
        ("[" * 100_000, "not readable", "nested too deep"),
        ("[1, 2]", "not readable", "found list [1, 2]"),
        ({**GOOD, "tokens": -3}, "tokens is not a count", "tokens must be a whole number from 0; found -3"),
        ({**GOOD, "tokens": [1, 2]}, "tokens is not a count", "--column token_ids=NAME"),
        (
            {**GOOD, "completion": ["a", "b"], "tokens": [1]},
            "tokens does not fit",
            "2 completions, and tokens is a list of 1",
        ),
        (
            {**GOOD, "completion": ["a", "b"], "tokens": 9},
            "tokens does not fit",
            "tokens is no list; it needs one each",
        ),
    ],
)
def test_a_bad_row_is_named_counted_and_left_out(tmp_path, row, kind, says):
    path = jsonl(tmp_path, [{**GOOD, "tokens": 1}, row, GOOD])
    groups = read_rollouts(path)
    assert [rollout.id for group in groups for rollout in group] == ["1", "3"]
    [bad] = groups.report.bad
    assert (bad.row, bad.kind) == (2, kind)
    assert str(bad).startswith(f"{path}:2: ")
    assert says in str(bad)
    assert groups.report.faults == {kind: 1}


def test_strict_stops_at_the_first(tmp_path):
    path = jsonl(tmp_path, [GOOD, "oops", "oops"])
    with pytest.raises(DataError) as error:
        list(read_rollouts(path, strict=True))
    assert str(error.value).startswith(f"{path}:2: not JSON")


def test_line_4711(tmp_path):
    path = jsonl(tmp_path, [GOOD] * 4710 + ["{'gold': 1}"] + [GOOD])
    groups = read_rollouts(path)
    assert sum(map(len, groups)) == 4711
    assert str(groups.report.bad[0]).startswith(f"{path}:4711: not JSON: Expecting property name")


def test_bytes_that_are_no_utf8_spoil_their_own_line_only(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b'\n{"gold": "\xff"}\n\n' + json.dumps(GOOD).encode())
    groups = read_rollouts(path)
    assert [r.id for g in groups for r in g] == ["1", "4"]
    assert "not UTF-8 text (byte 11 of the line)" in str(groups.report.bad[0])


def test_one_bad_completion_of_a_list_leaves_the_others(tmp_path):
    path = jsonl(tmp_path, [{"gold": "1", "completions": ["a", None, "c"]}])
    groups = read_rollouts(path)
    assert said(groups) == [("1", [("1", 0, "a"), ("1", 2, "c")])]
    assert "sample 1: the completion is null" in str(groups.report.bad[0])


def test_a_group_that_comes_back_is_a_fault_of_the_later_rows(tmp_path):
    rows = [
        {"gold": "1", "completion": c, "group": g}
        for c, g in [("a", "A"), ("b", "B"), ("c", "A"), ("d", "B")]
    ]
    path = jsonl(tmp_path, rows)
    groups = read_rollouts(path)
    assert said(groups) == [("A", [("1", 0, "a")]), ("B", [("2", 0, "b"), ("4", 1, "d")])]
    assert "group 'A' was in a row above, and comes back here" in str(groups.report.bad[0])
    assert "--group-by COLUMN" in str(groups.report.bad[0])


def test_group_by_puts_them_together_in_the_order_in_which_they_first_occur(tmp_path):
    rows = [
        {"gold": "1", "completion": c, "pid": g} for c, g in [("a", "B"), ("b", "A"), ("c", "B"), ("d", "A")]
    ]
    groups = read_rollouts(jsonl(tmp_path, rows), group_by="pid")
    assert said(groups) == [("B", [("1", 0, "a"), ("3", 1, "c")]), ("A", [("2", 0, "b"), ("4", 1, "d")])]
    assert groups.report.bad == []


@given(st.lists(st.sampled_from("ABC"), min_size=1, max_size=12))
def test_group_by_loses_nothing_and_keeps_the_order_within_a_group(tmp_path_factory, names):
    rows = [{"gold": "1", "completion": str(i), "pid": name} for i, name in enumerate(names)]
    groups = list(read_rollouts(jsonl(tmp_path_factory.mktemp("g"), rows), group_by="pid"))
    assert [group.name for group in groups] == list(dict.fromkeys(names))
    for group in groups:
        assert [int(r.completion) for r in group] == [i for i, name in enumerate(names) if name == group.name]


def test_lists_of_one_group_run_on(tmp_path):
    rows = [
        {"gold": "1", "completions": ["a", "b"], "group": "A"},
        {"gold": "1", "completions": ["c"], "group": "A"},
    ]
    assert said(read_rollouts(jsonl(tmp_path, rows))) == [
        ("A", [("1", 0, "a"), ("1", 1, "b"), ("2", 2, "c")])
    ]


def test_lists_that_share_an_id_are_not_one_group(tmp_path):
    rows = [{"id": "x", "gold": "1", "completions": ["a"]}, {"id": "x", "gold": "1", "completions": ["b"]}]
    groups = read_rollouts(jsonl(tmp_path, rows))
    assert said(groups) == [("x", [("x", 0, "a")])]
    assert groups.report.faults == {"group not contiguous": 1}


def test_null_golds_where_they_mean_something(tmp_path):
    path = jsonl(tmp_path, [{"completion": "a", "gold": None}, {"completion": "b"}])
    groups = read_rollouts(path, null_gold="unanswerable")
    assert [r.gold for g in groups for r in g] == [None]
    assert groups.report.faults == {"missing gold": 1}  # a row without a gold stays an error


def test_a_recipe_that_needs_tokens_says_so_before_anything_is_scored(tmp_path):
    path = jsonl(tmp_path, [GOOD])
    with pytest.raises(MissingFact, match=r"--tokenizer NAME"):
        list(read_rollouts(path, needs={"tokens"}))
    rows = read_rollouts(jsonl(tmp_path, [{**GOOD, "tokens": 3}, GOOD]), needs={"tokens"})
    assert len(list(rows)) == 1
    assert rows.report.faults == {"missing token count": 1}
