"""The append-only log: torn anywhere, it reads and resumes; damage is named."""

import json
import os
import signal
import subprocess
import sys

import pytest

from rewardkit import DataError, UsageError
from rewardkit.runs.folder import RunFolder
from rewardkit.runs.lock import held
from rewardkit.runs.log import LogWriter, append_row, line, read_lines, read_rows, write_rows

ROWS = [{"n": 0, "text": "a\nb"}, {"n": 1, "text": "é\u2028\ud800"}, {"n": 2, "text": ""}]


class Made(RunFolder):
    kind = "made"


def test_what_is_appended_is_read_back(tmp_path):
    path = tmp_path / "log.jsonl"
    assert list(read_lines(path)) == []
    with LogWriter(path) as log:
        for row in ROWS:
            log.append(line(row))
    assert read_rows(path) == ROWS
    offsets = [offset for offset, _ in read_lines(path)]
    assert [json.loads(path.read_bytes()[at:].split(b"\n")[0]) for at in offsets] == ROWS


def test_a_log_torn_at_any_byte_keeps_its_whole_lines_and_takes_new_ones(tmp_path):
    whole = b"".join(line(row) for row in ROWS)
    for cut in range(len(whole) + 1):
        path = tmp_path / "log.jsonl"
        path.write_bytes(whole[:cut])
        kept = ROWS[: whole[:cut].count(b"\n")]
        assert read_rows(path) == kept
        append_row(path, {"n": 9})
        assert read_rows(path) == [*kept, {"n": 9}]


def test_damage_before_the_end_is_an_error_with_its_line(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(line(ROWS[0]) + b"{torn\n" + line(ROWS[1]))
    with pytest.raises(DataError, match=r"log\.jsonl.*2.*damaged line"):
        read_rows(path)


def test_a_log_is_rewritten_whole(tmp_path):
    path = tmp_path / "log.jsonl"
    write_rows(path, ROWS)
    assert read_rows(path) == ROWS


def test_a_nan_is_no_line_of_a_result(tmp_path):
    with pytest.raises(ValueError, match="Out of range float"):
        line({"total": float("nan")})


WRITER = """
import sys
from pathlib import Path
from rewardkit.runs.log import LogWriter, line
with LogWriter(Path(sys.argv[1])) as log:
    print("open", flush=True)
    for n in range(10**9):
        log.append(line({"n": n, "text": "x" * 500}))
"""


def test_a_killed_writer_leaves_whole_lines_in_order(tmp_path):
    path = tmp_path / "log.jsonl"
    for _ in range(3):
        before = len(read_rows(path))
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            while sum(1 for _ in read_lines(path)) < before + 50:
                pass
            writer.send_signal(signal.SIGKILL)
        rows = read_rows(path)[before:]
        assert [row["n"] for row in rows] == list(range(len(rows)))


HOLDER = """
import sys
from pathlib import Path
from rewardkit.runs.lock import hold
lock = hold(Path(sys.argv[1]), "taken")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_refused_while_it_is_held_and_falls_with_its_process(tmp_path):
    path = tmp_path / "some" / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(UsageError, match="wait for it"), held(path, "taken; wait for it"):
            pass
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with held(path, "taken"):
            pass


def test_a_folder_has_a_manifest_with_its_kind(tmp_path):
    folder = Made(tmp_path / "run")
    assert folder.manifest() == {}
    folder.write_manifest({"seed": 1})
    assert folder.manifest() == {"kind": "made", "version": 1, "seed": 1}
    folder.manifest_path.write_text('{"seed": 2}')  # from before manifests had a kind
    assert folder.manifest()["seed"] == 2
    folder.append("log.jsonl", {"n": 1})
    assert folder.rows("log.jsonl") == [{"n": 1}]
