"""Whatever the terminal is: another encoding, a full disk, a pipe that closes, a narrow window. Never a traceback."""

import os
import subprocess
import sys

import pytest

EXPLAIN = ("explain", "math-none@1", "--completion", "é \\boxed{4}", "--gold", "4", "--tokens", "40")


def run(*arguments, stdout=subprocess.PIPE, **environment):
    return subprocess.run(
        [sys.executable, "-m", "rewardkit", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "dumb", **environment},
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "tree"),
    [
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"\\u2514\\u2500 false_positive"),
        ({"PYTHONIOENCODING": "latin-1"}, b"\\u2514\\u2500 false_positive"),
        ({"PYTHONIOENCODING": "utf-8"}, "└─ false_positive".encode()),
    ],
)
def test_what_an_encoding_has_not_is_escaped(environment, tree):
    done = run(*EXPLAIN, **environment)
    assert done.returncode == 0, done.stderr
    assert tree in done.stdout
    assert b"reward +1.00" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_one_line():
    with open("/dev/full", "w") as full:
        done = run("schema", stdout=full)
    assert done.returncode != 0
    assert b"error: writing: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_pipe_that_closes_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    done = run("schema", stdout=writer)
    os.close(writer)
    assert done.stderr == b""


@pytest.mark.parametrize("out", ["folder", "folder/file.json/below.json"])
def test_a_place_that_cannot_be_written_is_named_as_it_was_given(tmp_path, out):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file.json").touch()
    done = run("schema", "-o", str(tmp_path / out))
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"error: {tmp_path / 'folder'}")
    assert b".tmp" not in done.stderr.replace(str(tmp_path).encode(), b"")


@pytest.mark.parametrize("columns", ["30", "300"])
def test_any_width_will_do(columns):
    done = run("check", "math-none@2", COLUMNS=columns, NO_COLOR="1", PYTHONIOENCODING="utf-8")
    assert done.returncode == 1, done.stderr
    assert b"not sound: 4 errors" in done.stdout
    assert b"\x1b[" not in done.stdout
