"""What an attack on the verifier found, by cause: each table holds what was paid wrongly and what must stay.

The pairs are asked both ways round, as in test_math_pairs.py.
"""

import pytest

from rewardkit.extract.lines import AnswerLine
from rewardkit.types import Equality
from rewardkit.verify.math.text.numerals_zh import numeral
from rewardkit.verify.math.verifier import Math

EQUAL = {
    "functions without a backslash": [
        (r"\sin x", "sin x"), (r"\sin x", "sin(x)"), (r"\sin x", "sinx"), (r"\tan x", "tan x"),
        (r"\log x", "log x"), (r"\arcsin x", "arcsin x"), (r"3\sin 2t", "3 sin 2t"), ("tank", "Tank"),
    ],
    "python powers": [("x^2+1", "x**2 + 1"), ("3x^2-2", "3*x**2-2"), ("0.125", "2**-3"), ("256", "2**2**3"), ("-9", "-3**2")],
    "currencies": [("24", "24 €"), ("24", "₹24"), ("5元", "¥5"), ("5元", "￥5"), (r"\$5", "5 dollars"), ("5€", r"5\text{ euros}")],
    "degrees, minutes, seconds": [
        (r"22.5^\circ", r"22^\circ 30'"), ("22.5°", "22°30′"), (r"10.51^\circ", r"10^\circ 30' 36''"), (r"45^\circ", "45^o"),
        (r"5'", r"5\text{ feet}"), (r"5''", r"5\text{ inches}"), (r"32^\circ F", r"32 \text{ degrees Fahrenheit}"),
    ],
    "chinese numerals": [("15", "十五"), ("35%", "百分之三十五"), (r"\frac{3}{20}", "二十分之三"), ("1200", "一千二百"), ("105", "一百零五")],
    "bases": [("110_2", "110_{(2)}"), ("2B_{16}", "2b_{16}"), ("4210_5", r"4210 \text{ (base 5)}"), ("4210_5", r"4210\text{ base }5")],
    "dress": [
        ("35%", r"\text{35\%}"), ("1,4,9", r"1\text{, }4\text{, }9"), ("9", r"\large 9"), ("9", r"\Large{9}"),
        ("9", r"9 \checkmark"), ("9", r"\therefore x = 9"),
    ],
    "dates": [("2024-03-05", "2024-03-05")],
    "words in one text": [("24", r"\text{24 students}"), ("24", r"\text{\$24}"), ("9", r"\text{Answer: 9}"), ("3 cm", r"\text{3 cm}")],
    "upright constants": [("3+4i", r"3 + 4\mathrm{i}"), ("2e^x", r"2\mathrm{e}^x")],
    "environments": [
        ("(2, 5)", r"\begin{cases} x = 2 \\ y = 5 \end{cases}"), ("9", r"\begin{aligned} x &= 4+5 \\ &= 9 \end{aligned}"),
        ("(2, 5)", r"\left\{\begin{aligned} x &= 2 \\ y &= 5 \end{aligned}\right."), ("9", r"\begin{gathered} 9 \end{gathered}"),
        (r"\begin{pmatrix}7\\5\end{pmatrix}", r"\begin{pmatrix}7\\[4pt]5\end{pmatrix}"),
        (r"\begin{cases}9&x>0\\8&x\le0\end{cases}", r"\begin{cases} 9 & x>0 \\ 8 & x\le0 \end{cases}"),
    ],
    "half lines": [(r"(0, \infty)", r"\mathbb{R}^+"), (r"x<0", r"\mathbb{R}^{-}")],
    "named points": [("(4,-6)", "P(4,-6)"), ("(4,-6)", "A(4, -6)"), ("A(4,-6)", "A = (4,-6)")],
    "numbers past the printing limit": [("1e5000", "1e5000+0x"), ("1e-4800", "0x+1e-4800")],
    "rounded behind the exact": [
        (r"\frac{5}{8}", r"\frac{5}{8} \approx 0.625"), (r"\sqrt{10}", r"x = \sqrt{10} \approx 3.16"),
        (r"\sqrt{10}", r"\sqrt{10} \approx 3.16\text{ cm}"),
    ],
}  # fmt: skip

DIFFERENT = {
    "functions without a backslash": [(r"\sin x", "sin y"), (r"\sin x", "sixn"), (r"\sin^2 x", "sin x^2"), (r"\sin x", "sin")],
    "python powers": [("6", "2**3"), ("64", "2**2**3"), ("-9", "(-3)**2"), ("9", "**9**2")],
    "currencies": [(r"\$5", "¥5"), (r"\$5", "￥5"), (r"\$5", "£5"), ("5€", r"\$5"), ("30", "5¥6")],
    "primes": [("42'", "42''"), ("42", "42'"), ("42", "42''"), ("7'", "7 m"), ("f'", "f''"), ("5''", r"5\text{ feet}"), ("5", "5'''")],
    "degrees, minutes, seconds": [(r"22.3^\circ", r"22^\circ 30'"), (r"22.5^\circ", r"22^\circ 30''"), (r"30^\circ", r"30^\circ 30'")],
    "percent": [("35%", "35%%"), ("35%", r"35\text{ degrees}"), ("35%", r"35^\circ"), ("35%", r"\$35")],
    "chinese numerals": [("30%", "百分之三十五"), ("3", "三五"), ("10", "十十"), ("150", "一百五")],
    "bases": [("4210_5", r"4210\text{ base }6"), ("4210", r"4210 \text{ base 5 or 6}"), ("110_2", "110_{(3)}")],
    "dates": [("2024-03-05", "2024-05-03"), ("2016", "2024-03-05")],
    "dress": [("9", r"\checkmark"), ("9", r"\therefore"), ("1,2", r"1\text{;}3")],
    "words in one text": [("9", r"\text{not 9}"), ("9", r"\text{9 or 10}"), ("9", r"\text{9 is wrong}")],
    "environments": [
        ("(2, 5)", r"\begin{cases} x = 5 \\ y = 2 \end{cases}"), ("9", r"\begin{cases}9&x>0\\8&x\le0\end{cases}"),
        ("9", r"\begin{aligned} x &= 4+6 \\ &= 9 \end{aligned}"), ("9", r"\begin{cases}9\\8\end{cases}"),
        (r"\begin{cases}9&x>0\\8&x\le0\end{cases}", r"\begin{cases} 8 & x>0 \\ 9 & x\le0 \end{cases}"),
    ],
    "half lines": [(r"[0, \infty)", r"\mathbb{R}^+"), (r"\mathbb{R}", r"\mathbb{R}^+")],
    "named points": [("(4,-6)", "P(-6,4)"), ("A(4,-6)", "B(4,-6)"), ("4", "P(4,4)")],
    "rounded behind the exact": [
        ("3.16", r"\sqrt{10} \approx 3.16"), ("42", r"41.6\approx 42"), ("42", r"x\approx 42"),
        (r"\sqrt{10}", r"\sqrt{10} \approx 3.5"),
    ],
}  # fmt: skip

TABLE = [
    pytest.param(gold, answer, wanted, id=f"{cause}-{index}-{'equal' if wanted else 'different'}")
    for wanted, table in ((True, EQUAL), (False, DIFFERENT))
    for cause, rows in table.items()
    for index, (gold, answer) in enumerate(rows)
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), TABLE)
def test_pair(gold, answer, wanted):
    verifier = Math(deadline_s=20)
    for one, two in ((gold, answer), (answer, gold)):
        verdict = verifier.compare(one, two)
        assert (verdict.equality == Equality.EQUAL) == wanted, verdict


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("零", 0), ("十", 10), ("二十", 20), ("九十九", 99), ("一百一十", 110), ("三百零七", 307), ("两千零五十", 2050),
        ("一万零三", 10003), ("三亿五千万", 350_000_000), ("", None), ("三五", None), ("十百", None), ("一万五", None),
        ("万", None), ("万万", None), ("五亿亿", None),
    ],
)  # fmt: skip
def test_chinese_numerals(text, value):
    assert numeral(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 7? No, 8.", "The answer is ~7", "The answer is ≈7", "The answer is 7ish", "The answer is 7 (or 8).",
        "The answer is 7; or 8.", "The answer is 7 (wrong)",
    ],
)  # fmt: skip
def test_half_said_answers_in_prose_are_not_paid(text):
    found = AnswerLine().find(text, 0)
    assert found is not None
    assert found.text is None or Math().compare("7", found.text).equality == Equality.DIFFERENT


@pytest.mark.parametrize("text", ["x", "²", "₂", "十", "٣", "1 " + "x", "三分之", "√", "分之"])
def test_long_runs_of_one_piece_are_settled_without_a_worker_running_out_of_time(text):
    verdict = Math().compare("42", (text * 20_000)[:19_900])
    assert verdict.equality in (Equality.DIFFERENT, Equality.REFUSED)
