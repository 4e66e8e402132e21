"""The same rollouts from every format of file, and files that are none."""

import io
import json

import pandas as pd
import pytest

from rewardkit.errors import DataError, UsageError
from rewardkit.rows import Columns, read_rollouts


def jsonl(folder, rows):
    path = folder / "rows.jsonl"
    path.write_text(
        "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8"
    )
    return path


GOOD = {"gold": "1", "completion": "a"}
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
        "4: 3 cells, but the header names 2 columns",
        '5: the completion is missing; an empty one is "", which is not the same',
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
            "not JSON: .*; a file of rows is one list, or one object per line",
        ),
        ("a.parquet", "x", DataError, "not a parquet file"),
        ("a.txt", "x", UsageError, "unknown format '.txt'"),
        ("a.jsonl", "{}\n", DataError, "the row has no columns"),
        (
            "a.jsonl",
            '[{"gold": 1}]\n',
            DataError,
            r"1: a row must be an object .* holds one JSON list \.json",
        ),
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
            "a.csv:1: the first line must name the columns; it is blank",
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
        ("rows", "", UsageError, "the file name has no ending"),
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
    assert [(bad.row, bad.kind) for bad in groups.report.bad] == [(3, "completion is not a string")]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_rollouts(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="a folder; name the file in it"):
        read_rollouts(tmp_path)


def test_an_extractor_that_is_not_there(tmp_path):
    with pytest.raises(
        UsageError, match="gold_extract=\"hsh\": unknown extractor 'hsh'; did you mean 'hash'"
    ):
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
