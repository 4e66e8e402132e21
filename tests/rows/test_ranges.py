"""A file's ranges, read one by one, give the groups that the file gives; each begins where a group begins."""

import csv
import hashlib
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.rows import ranges, read_rollouts
from rewardkit.rows.ranges import cut, open_range
from rewardkit.rows.seen import Seen


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(ranges, "RANGE_BYTES", 300)
    monkeypatch.setattr(ranges, "BLOCK", 128)
    monkeypatch.setattr(ranges, "FEWEST_ROWS_SHARE", 40)


def write(path, rows):
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" if row is not None else "\n" for row in rows))
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        pq.write_table(pa.Table.from_pandas(pd.DataFrame(rows)), path, row_group_size=40)
    return path


def grouped(sizes):
    return [
        {
            "completion": f"so,\n it is {at}.{sample}",
            "gold": str(at),
            "group": f"q{at}",
            "id": f"{at}-{sample}",
        }
        for at, size in enumerate(sizes)
        for sample in range(size)
    ]


def flat(groups):
    return [(group.name, list(group), group.rows) for group in groups]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_the_groups_of_the_ranges_are_those_of_the_file(tmp_path, suffix):
    path = write(tmp_path / f"rows.{suffix}", grouped([3, 1, 5, 30, 1, 1, 2] * 6))
    whole = read_rollouts(path)
    expected = flat(whole)
    groups = read_rollouts(path)
    found, made_of = cut(groups)
    assert len(found) > 4
    assert made_of == {
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    assert [found[0].start, found[-1].stop] == [0, None]
    assert [part.stop for part in found[:-1]] == [part.start for part in found[1:]]
    parts = [groups.within(open_range(part)) for part in found]
    assert [group for part in parts for group in flat(part)] == expected
    assert sum(part.report.rows for part in parts) == whole.report.rows


ROW = st.one_of(
    st.just(None),
    st.just({"gold": "1", "group": "a"}),
    st.builds(
        lambda group, text: {"completion": text, "gold": "1", "group": group},
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from(["x" * 60, "y\n" * 30, "é" * 40]),
    ),
    st.builds(lambda n: {"completion": ["x" * 40] * n, "gold": "1", "group": "b"}, st.integers(0, 3)),
)


@settings(max_examples=200)
@given(rows=st.lists(ROW, min_size=1, max_size=60))
def test_a_range_begins_between_two_usable_rows_of_different_groups(tmp_path_factory, rows):
    first = {"completion": "z", "gold": "1", "group": "first"}
    path = write(tmp_path_factory.mktemp("rows") / "rows.jsonl", [first, *rows])
    expected = read_rollouts(path)
    whole = [one for group in expected for one in zip(group, group.rows, strict=True)]
    groups = read_rollouts(path)
    found, seen = [], Seen()
    for part in cut(groups)[0]:
        some = groups.within(open_range(part))
        found += [one for group in some for one in zip(group, group.rows, strict=True)]
        if any(map(seen.__contains__, some.seen.keys())):
            return  # a group comes back in another range: whoever joins them reads on in one process
        seen = Seen([*seen.keys(), *some.seen.keys()])
    assert found == whole


def test_what_can_only_be_read_from_its_beginning_is_one_range(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(grouped([2] * 50)))
    groups = read_rollouts(path)
    [part] = cut(groups)[0]
    assert flat(groups.within(open_range(part))) == flat(read_rollouts(path))
