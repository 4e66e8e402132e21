"""A line of JSON is read, or refused, exactly as Python's `json` does."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.rows.jsonl import loads

LINES = [
    b'{"gold": 123456789012345678901234567890}',
    b'{"gold": -9223372036854775809, "n": 18446744073709551615, "m": 18446744073709551616}',
    b'{"gold": 1' + b"0" * 4299 + b"}",
    b'{"gold": 1' + b"0" * 4300 + b"}",
    b'{"gold": 12345678901234567890.5, "b": 0.1, "c": 123456789.123456789123456789}',
    b'{"gold": 1e999, "b": -1e999, "c": 1e-999, "d": 5e-324, "e": 1.7976931348623159e308}',
    b'{"gold": NaN, "b": Infinity, "c": -Infinity}',
    b'{"gold": -0, "b": -0.0, "c": 1E5, "d": 1.0e+2}',
    b'{"text": "\\ud800", "b": "\\udc00\\ud800", "c": "\\ud83d\\ude00", "d": "\\ud83d\\u0041"}',
    b'{"text": "\\u0000 \\/ \\b \\u00e9"}',
    '{"text": "é \u2028 😀", "é": 1}'.encode(),
    b'{"a": 1, "a": 2, "b": {"c": 1, "c": [2]}}',
    b'{"text": "\xed\xa0\x80"}',
    b'{"text": "\xff"}',
    b'{"text": "\xc0\x80"}',
    b'\xef\xbb\xbf{"a": 1}',
    b'{"text": "a\tb"}',
    b'{"text": "\x00"}',
    b'{"a": 01}',
    b'{"a": 1.}',
    b'{"a": +1}',
    b'{"a": 1,}',
    b'{"a": 1} {"b": 2}',
    b'{"a": tru}',
    b"{'a': 1}",
    b' {"a" : [ ] , "b":{}}\r\n',
    b"\x0b{}",
    b"[1, 2]",
    b"18",
    b'"text"',
    b"null",
    b"",
    b"[" * 5000 + b"]" * 5000,
]


def outcome(read, line):
    try:
        return same(read(line))
    except (ValueError, RecursionError) as error:
        return type(error), str(error)


def same(value):
    """The value with its types, so that 1 is not 1.0, 0.0 not -0.0, and NaN is itself."""
    if isinstance(value, dict):
        return dict, [(key, same(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return list, [same(inner) for inner in value]
    return type(value), struct.pack("d", value) if isinstance(value, float) else value


@pytest.mark.parametrize("line", LINES, ids=lambda line: repr(line[:40]))
def test_a_line_is_read_as_json_reads_it(line):
    def by_json(line):
        return json.loads(line.decode("utf-8"))

    assert outcome(loads, line) == outcome(by_json, line)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[1, {"a": "{", "b":', "}]")])
@pytest.mark.parametrize("row", ["%s", '{"gold": "18", "messages": %s}'])
def test_a_line_nested_as_deep_as_json_reads_is_read_and_one_level_more_is_not(opening, closing, row):
    def by_json(line):
        return json.loads(line.decode("utf-8"))

    def kind(read, line):
        try:
            read(line)
        except RecursionError:
            return RecursionError

    found = []
    for levels in (*range(56, 70), *range(880, 1010)):
        line = (row % (opening * levels + "0" + closing * levels)).encode()
        found.append(kind(loads, line))
        assert found[-1] == kind(by_json, line), levels
    assert found[0] is None
    assert found[-1] is RecursionError


FRAGMENTS = st.sampled_from([
    *rb'" \ \u d83d \ude00 { } [ ] : , - + 0 1 99999999999999999999 . e e308 e-320 true null NaN -Infinity'.split(),
    *[b'"a": 1', b" ", b"\t", b"\x7f", b"\xc3\xa9", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xc0\x80", b"\xff", b"\x00"],
])  # fmt: skip


@given(st.sampled_from([b'{"a": %b}', b'["%b"]', b"%b"]), st.lists(FRAGMENTS, max_size=8))
def test_any_line_is_read_as_json_reads_it(frame, fragments):
    line = frame % b"".join(fragments)
    assert outcome(loads, line) == outcome(lambda line: json.loads(line.decode("utf-8")), line)


@given(st.floats() | st.integers())
def test_numbers_are_read_to_the_last_bit(number):
    line = json.dumps({"gold": number}).encode()
    assert outcome(loads, line) == outcome(lambda line: json.loads(line.decode("utf-8")), line)
