"""The names of groups, kept in a few bytes each."""

from hypothesis import given
from hypothesis import strategies as st

from rewardkit.rows.seen import Seen


@given(st.lists(st.text(max_size=5), max_size=200))
def test_it_is_a_set_of_names(names):
    seen = Seen()
    for at, name in enumerate(names):
        key = Seen.key(name)
        assert (key in seen) == (name in names[:at])
        assert seen.add(key) == (name not in names[:at])
    assert seen.count == len(set(names))
    assert sorted(seen.keys()) == sorted(Seen.key(name) for name in set(names))


def test_it_grows_and_keeps_what_it_has():
    keys = [Seen.key(f"q{number}") for number in range(20_000)]
    seen = Seen(keys)
    assert seen.count == 20_000
    assert all(key in seen for key in keys)
    assert Seen.key("q20000") not in seen
    assert len(seen._table) * 8 < 20_000 * 20


def test_a_key_is_the_same_in_every_process():
    assert Seen.key("q1") == 0xE7837AA50EE28068
    assert Seen.key("\ud800")
