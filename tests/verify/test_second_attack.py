"""Pairs that a second attacker found, by cause: each was judged the other way round before it was fixed."""

import pytest

from rewardkit.types import Equality
from rewardkit.verify.math.verifier import Math

EQUAL: dict[str, list[tuple[str, str]]] = {
    "digits grouped by marks": [("1234567", "1'234'567"), ("1000000", "1_000_000")],
    "repeating decimals as they are typed": [
        ("1/3", "0.(3)"),
        ("1/3", "0.333..."),
        ("1/3", r"0.333\ldots"),
        ("1/6", "0.1666..."),
        ("1/7", "0.142857142857..."),
        ("2.718281828", "2.718281828..."),
    ],
    "slanted fractions": [
        ("3/4", "^3/_4"),
        ("3/4", r"\nicefrac{3}{4}"),
        ("3/4", r"3 \over 4"),
        ("5/8", "⁵⁄₈"),
    ],
    "dress": [
        ("B", '"B"'),
        ("42", "42<|im_end|>"),
        ("42", "42.</s>"),
        ("17", "17\\ "),
        ("17", r"\bold{17}"),
        ("17", r"\num{17}"),
        ("50%", r"50\text{\%}"),
        ("x+1", "𝑥+1"),
    ],
    "currency before and behind": [
        ("1234", "USD 1,234"),
        ("1234", r"US\$1,234"),
        ("24", "Rs. 24"),
        ("24", "Rs.24"),
        ("24", "INR 24"),
        ("50 cents", "50¢"),
        ("5 pounds", "£5"),
        ("5 pounds", "5 lb"),
    ],
    "a unit of one letter beside its name": [
        ("5 liters", "5 L"),
        ("2.5 hours", "2.5 h"),
        ("5 meters", "5 m"),
    ],
    "signs in words": [("-42", "negative 42"), ("-5", "minus five"), (r"\pm 3", "+/-3")],
    "numerals in words": [
        ("21", "twenty one"),
        ("120", "one hundred twenty"),
        ("105", "one hundred and five"),
        ("20%", "twenty percent"),
        ("7/8", "seven eighths"),
        ("5/2", "two and a half"),
        ("11/4", "two and three quarters"),
        ("3", "third"),
        ("21st", "twenty-first"),
        ("300", "three hundred apples"),
    ],
    "Chinese numbers": [
        ("7/3", "2又1/3"),
        ("3.5", "3元5角"),
        ("15", "共有 15 个"),
        ("60", "每小时60千米"),
        ("3", "第3天"),
        ("2", "两条"),
        ("1/2", "一半"),
    ],
    "open intervals by reversed brackets": [
        ("(2,5)", "]2,5["),
        ("[2,5)", "[2,5["),
        ("(2,5]", "]2;5]"),
        (r"(-\infty,2)\cup(3,\infty)", r"]-\infty,2[\cup]3,+\infty["),
    ],
    "conditions that no number meets together": [(r"(-\infty,-1]\cup[1,\infty)", r"x\leq -1, x\geq 1")],
    "bases in dress": [
        ("2A_{16}", r"\text{2A}_{16}"),
        ("FF_{16}", r"\mathrm{FF}_{16}"),
        ("123_5", r"123_{\text{base }5}"),
    ],
    "angles": [
        (r"300^\circ", r"360^\circ-60^\circ"),
        (r"\frac{\pi}{2}", r"90^\circ"),
        (r"90^\circ", r"\frac{\pi}{2}\text{ radians}"),
        ("70", r"m\angle ABC=70^\circ"),
        ("70", "m∠A = 70°"),
    ],
    "constants of integration": [("x^3+C", "x^3+K"), ("x^3+C", "c+x^3"), (r"\ln|x|+C_1", r"\ln|x|+C")],
    "names of functions and derivatives": [
        (r"\frac{x-1}{2}", r"f^{-1}(x)=\frac{x-1}{2}"),
        ("2x", r"\frac{dy}{dx}=2x"),
        ("2x", "f'(x)=2x"),
    ],
    "functions in dress": [
        (r"\frac12+\frac{\sqrt3}{2}i", r"\operatorname{cis}60^\circ"),
        (r"\arccos\frac{1}{3}", r"\text{arccos}\frac13"),
    ],
    "lists as programs print them": [
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[[1,2],[3,4]]"),
        ("1,2,3", "[1,2,3]"),
    ],
    "mixed numbers in words": [("7/3", "2 and 1/3")],
    "times of day": [
        ("15:30", r"3:30\text{ PM}"),
        ("3:00 PM", "3 PM"),
        ("15:00", "3 p.m."),
        ("12:00 PM", "noon"),
        ("00:15", "12:15 AM"),
        ("3:00", "3 o'clock"),
    ],
    "systems in an array behind a brace": [
        ("x=1,y=2", r"\left\{\begin{array}{l}x=1\\y=2\end{array}\right."),
        ("(1,2)", r"\left\{\begin{array}{l}x=1,\\ y=2.\end{array}\right."),
    ],
    "hyphens between words": [
        ("north-east", "north east"),
        ("well - known", "well-known"),
        ("(isosceles)", "isosceles"),
    ],
    "dates": [
        ("March 5", r"\text{March 5th}"),
        ("March 5", "5 March"),
        ("March 5", "the 5th of March"),
        ("2020-03-05", "March 5, 2020"),
        ("March 5", "3月5日"),
    ],
    "one double sign in a tuple is two points": [
        (r"(\pm3,0)", "(3,0),(-3,0)"),
        ("(0,4),(0,-4)", r"(0,\pm 4)"),
    ],
}
DIFFERENT: dict[str, list[tuple[str, str]]] = {
    "a set inside a set is one element": [
        (r"\{1,2\}", r"\{\{1,2\}\}"),
        (r"\{1,2\}", r"\{1,\{2\}\}"),
        ("1", r"\{\{1\}\}"),
    ],
    "words behind a number that change it are no unit": [
        ("17", r"17\text{ squared}"),
        ("17", "17 factorial"),
        ("17", "17 plus a constant"),
        ("42", "42 thousandths"),
        ("42", "42 below zero"),
        ("3", "3 fifths"),
        ("12", "12左右"),
        ("12", "12多"),
        ("3", "3个百"),
    ],
    "what cannot be seen is not there": [("17", r"\hphantom{17}")],
    "a numeral that is none, or goes on": [
        ("1", "one two"),
        ("5", "five wrong"),
        ("7", "seven eighths"),
        ("21", "twenty one hundred"),
    ],
    "other units, times and dates": [
        ("5 liters", "5 x"),
        ("5 seconds", "5 m"),
        ("90", "1 hour 30 minutes"),
        ("Rs. 24", r"\$24"),
        ("£5", "5 lb"),
        ("3 PM", "3 AM"),
        ("15:30", "3:30 AM"),
        ("noon", "midnight"),
        ("12:00 AM", "12:00 PM"),
        ("March 5", "March 6"),
        ("5", "5 March"),
        ("2020-03-05", "2012"),
    ],
    "angles that are not said to be angles": [
        (r"\frac{\pi}{2}", "90"),
        ("45°", r"45\pi"),
        (r"90^\circ", r"90\text{ radians}"),
        (r"2\pi", r"180^\circ"),
    ],
    "constants that are more or less than one of integration": [
        ("x^3+a", "x^3+b"),
        ("x^2+C", "2x^2+C"),
        ("x^2+C", "x^2"),
        ("x^2+C", "x^2+K+D"),
        ("C", "K"),
        ("5+C", "5+K"),
    ],
    "lists with other items or shapes": [
        (r"\begin{pmatrix}1&3\\2&4\end{pmatrix}", "[[1,2],[3,4]]"),
        ("1,2,3", "[1,2,4]"),
        ("1,2", "[1,2]"),
        ("7/3", "2 or 1/3"),
    ],
    "a minus or a bracket in a text": [
        (r"5\text{ if }x>0", r"-5\text{ if }x>0"),
        (r"x+1\text{ is prime}", r"x-1\text{ is prime}"),
        (r"x\,1\text{ is prime}", r"x-1\text{ is prime}"),
        ("The set of 3", "The set of -3"),
        (r"\{x : x\text{ is even}\}", r"\{x : -x\text{ is even}\}"),
        (r"\text{every x in (1,2]}", r"\text{every x in [1,2)}"),
    ],
    "one point is not two": [(r"(\pm 3,0)", "(3,0)")],
}
TABLE = [
    pytest.param(gold, answer, wanted, id=f"{cause}: {answer}")
    for wanted, table in ((True, EQUAL), (False, DIFFERENT))
    for cause, rows in table.items()
    for gold, answer in rows
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), TABLE)
def test_pair_in_both_directions(gold, answer, wanted):
    verifier = Math(deadline_s=20)
    for verdict in (verifier.compare(gold, answer), verifier.compare(answer, gold)):
        assert (verdict.equality == Equality.EQUAL) == wanted, verdict


NO_VALUE = [
    (r"\sqrt[0]{5}", "1"),
    (r"\log_0 5", "0"),
    (r"\log_1 5", "5"),
    ("0^0", "1"),
    (r"\lfloor\pi^{10000}\rfloor", "1"),
    (r"\lceil e^{5000}\rceil", "1"),
]


@pytest.mark.parametrize(("answer", "gold"), NO_VALUE)
def test_what_has_no_value_or_too_large_a_one_is_refused(answer, gold):
    assert Math().compare(gold, answer).equality == Equality.REFUSED


DRESS = [
    "${}$",
    r"\({}\)",
    "**{}**",
    r"\boxed{{{}}}",
    r"\displaystyle {}",
    "{}.",
    r"{}\,",
    "The answer is {}",
    "{}<|im_end|>",
]
DRESSED = [
    ("1/3", "0.333..."),
    ("3/4", "^3/_4"),
    ("B", '"B"'),
    ("24", "Rs. 24"),
    ("(2,5)", "]2,5["),
    ("70", r"m\angle ABC=70^\circ"),
    ("1011_2", r"1011_{\text{two}}"),
    ("15", "共有 15 个"),
    ("March 5", "5 March"),
    ("15:00", "3 PM"),
    ("5", r"\text{5 cm}"),
]


@pytest.mark.parametrize("dress", DRESS)
@pytest.mark.parametrize(("gold", "answer"), DRESSED)
def test_dress_changes_no_verdict(gold, answer, dress):
    assert Math(deadline_s=20).compare(gold, dress.format(answer)).equality == Equality.EQUAL
