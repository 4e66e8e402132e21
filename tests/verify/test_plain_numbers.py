"""Numbers as they are mostly written are read without tokens, and as the whole reader reads them."""

from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.verify.math import decide

DIGITS = st.text("0123459", min_size=1, max_size=16)
THREES = st.lists(st.text("0123459", min_size=3, max_size=3), min_size=1, max_size=5).map(",".join)


@st.composite
def numbers(draw):
    sign = draw(st.sampled_from(["", "-"]))
    if draw(st.booleans()):
        head = draw(st.sampled_from([r"\frac", r"\dfrac", r"\tfrac"]))
        return f"{sign}{head}{{{draw(DIGITS)}}}{{{draw(DIGITS)}}}"
    whole = draw(DIGITS)
    if draw(st.booleans()):
        whole = f"{whole[:3]},{draw(THREES)}"
    part = draw(st.one_of(st.just(""), DIGITS.map(lambda digits: "." + digits)))
    return sign + whole + part + draw(st.sampled_from(["", "%", r"\%"]))


@settings(max_examples=500)
@given(numbers())
def test_a_number_is_read_as_the_whole_reader_reads_it(text):
    with mock.patch.object(decide, "_NUMBER", decide.re.compile(r"(?!)")):
        whole = decide.side.__wrapped__(text)
    assert decide.side.__wrapped__(text) == whole
