"""Files of rows into groups of rollouts; bad rows named, counted and left out."""

import io
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.errors import DataError, MissingFact, UsageError
from rewardkit.rows import Columns, read_rollouts
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
        ({"completion": "a", "gold": {"v": 1}}, "gold is no text", "the gold is dict"),
        ({"gold": "1"}, "missing completion", "the row has no 'completion'"),
        ({"gold": "1", "completion": None}, "missing completion", "the completion is missing"),
        ({"gold": "1", "completion": []}, "missing completion", "the list of completions is empty"),
        ({"gold": "1", "completion": 3}, "completion is no text", "the completion is int"),
        ("not json", "not readable", "not JSON: Expecting value"),
        ('{"gold": "1", "completion": "a', "not readable", "not JSON"),
        ("[" * 100_000, "not readable", "nested too deep"),
        ("[1, 2]", "not readable", "found list [1, 2]"),
        ({**GOOD, "tokens": -3}, "tokens is no count", "tokens is a whole number from 0, found -3"),
        ({**GOOD, "tokens": [1, 2]}, "tokens is no count", "--column token_ids=NAME"),
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
    assert "group 'A' stood at row 1 and comes back here" in str(groups.report.bad[0])
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


TABLE = [
    {"question": "?", "answer": 18, "response": 'so "x",\n18', "level": 3},
    {"question": "?", "answer": 7, "response": "7", "level": 4},
]


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_every_format_gives_the_same_rollouts(tmp_path, suffix):
    path = tmp_path / f"rows.{suffix}"
    frame = pd.DataFrame(TABLE)
    match suffix:
        case "jsonl":
            frame.to_json(path, orient="records", lines=True)
        case "json":
            frame.to_json(path, orient="records")
        case "csv" | "tsv":
            frame.to_csv(path, index=False, sep="," if suffix == "csv" else "\t")
        case "parquet":
            frame.to_parquet(path)
    found = [r for group in read_rollouts(path) for r in group]
    assert [(r.prompt, r.gold, r.completion, str(r.fields["level"])) for r in found] == [
        ("?", "18", 'so "x",\n18', "3"),
        ("?", "7", "7", "4"),
    ]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_null_among_whole_numbers_does_not_make_them_fractions(tmp_path, suffix):
    path = tmp_path / f"rows.{suffix}"
    frame = pd.DataFrame({"completion": ["a", "b"], "gold": [18, None]})
    assert str(frame.gold.dtype) == "float64"
    if suffix == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    groups = read_rollouts(path)
    golds = [r.gold for g in groups for r in g]
    assert golds == (
        ["18.0"] if suffix == "csv" else ["18"]
    )  # CSV: pandas wrote the text 18.0, and text is left alone
    assert groups.report.faults == {"null gold": 1}


def test_lists_in_parquet(tmp_path):
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"completions": [["a", "b"]], "gold": ["1"], "tokens": [[4, 5]]}).to_parquet(path)
    assert [[r.tokens for r in g] for g in read_rollouts(path)] == [[4, 5]]


def test_csv_rows_are_named_by_their_line_and_must_fit_the_header(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('\ufeffgold,completion\n1,"a\nb"\n2,c,d\n3,\n', encoding="utf-8")
    groups = read_rollouts(path)
    assert [(r.id, r.completion) for g in groups for r in g] == [("2", "a\nb")]
    assert [str(bad).removeprefix(f"{path}:") for bad in groups.report.bad] == [
        "4: 3 cells where the header names 2 columns",
        '5: the completion is missing; an empty text is "", which is not the same',
    ]


def test_standard_input(monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b'{"gold": "1", "completion": "a"}\n')

    monkeypatch.setattr("sys.stdin", Stdin)
    assert [r.completion for g in read_rollouts("-") for r in g] == ["a"]


@pytest.mark.parametrize(
    ("name", "text", "error", "says"),
    [
        ("a.jsonl", "", DataError, "holds no rows"),
        ("a.csv", "gold,completion\n", DataError, "holds no rows"),
        ("a.csv", "gold,gold\n", DataError, "occurs twice"),
        ("a.json", '{"data": [{"gold": 1}]}', UsageError, "no column holds the completion: .* among 'data'"),
        (
            "a.json",
            '[{"gold": 1}',
            DataError,
            "not JSON: .*; a file of rows is one list, or an object a line",
        ),
        ("a.parquet", "x", DataError, "not a parquet file"),
        ("a.txt", "x", UsageError, "unknown format '.txt'"),
        ("a.jsonl", "{}\n", DataError, "the row has no columns"),
        ("a.jsonl", '[{"gold": 1}]\n', DataError, r"1: a row is an object .* JSON list is called \.json"),
        (
            "a.jsonl",
            '{"gold": 1,\n"completion": "x"}',
            DataError,
            r"1: not JSON: .* at character 13; .* whole object",
        ),
        ("a.json", " \n", DataError, "holds no rows"),
        ("a.csv", "", DataError, r"a\.csv: the file holds no rows"),
        (
            "a.csv",
            "\ngold,completion\n1,x\n",
            DataError,
            "a.csv:1: the first line names the columns, and is blank",
        ),
        (
            "a.csv",
            "gold;completion\n1;x\n",
            DataError,
            "a.csv:1: the header is one column.* ';' in it.*commas in .csv",
        ),
        (
            "a.tsv",
            "gold,completion\n1,x\n",
            DataError,
            "a.tsv:1: the header is one column.* ',' in it.*tabs in .tsv",
        ),
        (
            "a.csv",
            "gold,compl\udcf6tion\n1,x\n",
            DataError,
            "a.csv:1: not UTF-8 text; save the file as UTF-8",
        ),
        (
            "a.csv",
            "gold,completion\n1,\udcff\n",
            DataError,
            "a.csv:2: not UTF-8 text; save the file as UTF-8",
        ),
        ("a.json", '["\udcff"]', DataError, "not UTF-8 text; save the file as UTF-8"),
        ("rows", "", UsageError, "its name has no ending"),
        (
            "a.jsonl",
            '{"Gold": "1", "completion": "x"}',
            UsageError,
            "a.jsonl: no column .* --column gold=Gold",
        ),
        ("a.jsonl", '{"gold": "1", "Model output": "x"}', UsageError, "--column completion=NAME"),
    ],
)
def test_files_that_are_no_rows(tmp_path, name, text, error, says):
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(error, match=says):
        list(read_rollouts(path))


def test_json_may_hold_an_object_a_line(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(
        '{"gold": "1", "completion": "a\u2028b"}\n\n{"gold": "1", "completion": 2}\n{"gold": "2", "completion": "c"}\n'
    )
    groups = read_rollouts(path)
    assert [r.completion for group in groups for r in group] == ["a\u2028b", "c"]
    assert [(bad.row, bad.kind) for bad in groups.report.bad] == [(3, "completion is no text")]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_rollouts(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="a folder; name the file in it"):
        read_rollouts(tmp_path)


def test_an_extractor_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="--gold-extract: unknown extractor 'hsh'; did you mean 'hash'"):
        read_rollouts(jsonl(tmp_path, [GOOD]), gold_extract="hsh")


def test_limit_reads_that_many_rows(tmp_path):
    groups = read_rollouts(jsonl(tmp_path, [GOOD] * 5), limit=3)
    assert len(list(groups)) == 3
    assert groups.report.rows == 3


def test_a_named_column_serves(tmp_path):
    path = jsonl(tmp_path, [{"gold": "no", "label": "yes", "text": "a"}])
    [[rollout]] = read_rollouts(path, Columns(gold="label", completion="text"))
    assert (rollout.gold, rollout.completion, dict(rollout.fields)) == ("yes", "a", {"gold": "no"})


@pytest.mark.data
def test_every_gold_of_gsm8k_is_found_behind_its_hash(shared_data):
    path = shared_data / "gsm8k" / "test.jsonl"
    groups = read_rollouts(path, Columns(completion="question"), gold_extract="hash")
    golds = [r.gold for g in groups for r in g]
    assert len(golds) == 1319
    assert golds[:3] == ["18", "3", "70000"]
    assert not groups.report.faults
