"""Files whole or not at all."""

import os
import stat
import threading

import pytest

from rewardkit.files import write_whole


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    path.chmod(0o640)
    write_whole(path, "after")
    assert path.read_text() == "after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["a.txt"]


def test_what_is_no_file_is_written_into_and_stays_what_it_is(tmp_path):
    """A rename would put a file in the place of /dev/null, for every program of the machine."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    write_whole(path, "said")
    reader.join()
    assert read == ["said"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_text_that_cannot_be_written_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(TypeError):
        write_whole(path, 7)  # pyright: ignore[reportArgumentType]
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a.txt"]
