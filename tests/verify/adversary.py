r"""Answers that know nothing of the question, and answers that are nearly the gold: what a policy would find first.

`constants` are paid where they happen to be the gold and nowhere else; `mutants` are made from the gold by one wrong step.
`made_golds` draws golds of every type. Nothing here reads the verifier.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

NUMBERS = [str(value) for value in range(-3, 13)]
ZEROS = [
    "0.0", r"\frac{0}{1}", "x-x", "0x", "y(0)", r"y(0)e^{kt}", "f(0)", "x^2(0)", r"0\%", "0^{1}", r"\ln 1", r"\sin 0", "a_0", "C_1^2",
    r"\sum_{k=1}^{0} k", r"\det(0)", "0, 0", r"\{0\}", "0/(x-x)", r"\vec{0}", "00:00", "x=0", "0 units", "-0", r"\approx 0", "0 or x",
]  # fmt: skip
ONES = [
    "1.0", r"\frac{x}{x}", "x^0", "1^n", r"\sin^2x+\cos^2x", "y(1)", "1x", r"100\%", "0!", r"\frac{1}{1}", "1:1", r"\{1\}", "x=1", "①",
    "01:00", "1 unit", r"\max(1,0)", "7 \\bmod 3", "C_2^2", "1, 1", "one", r"\angle 1",
]  # fmt: skip
LETTERS = [*"ABCDEFxynkC", "x=x", "(A)", "A: 1, B: 2", "A and B", "A, B, C, D", "A or B", r"\text{A}"]
LISTS = [
    ", ".join(NUMBERS), r"\{" + ", ".join(NUMBERS) + r"\}", " or ".join(NUMBERS), " and ".join(NUMBERS), "x=" + ", ".join(NUMBERS),
    r"[-3, 12]", r"-3\le x\le 12", r"\mathbb{R}", r"(-\infty,\infty)", r"\pm 1", r"\begin{cases} 1 & x>0 \\ 0 & x\le 0 \end{cases}",
]  # fmt: skip
TEMPLATES = [
    r"\boxed{}",
    "answer",
    "...",
    r"\ldots",
    "the answer",
    r"\text{answer}",
    "None",
    "N/A",
    "?",
    "{}",
    r"\emptyset",
    "yes",
    "no solution",
]
CONSTANTS = [*NUMBERS, *ZEROS, *ONES, *LETTERS, *LISTS, *TEMPLATES]


def last_number(prompt: str) -> str:
    """The last number of a prompt, "0" where it has none."""
    found = re.findall(r"-?\d[\d,]*(?:\.\d+)?", prompt)
    return found[-1] if found else "0"


_BEHIND = [r"\%", " cm", r"\text{ km/h}", r"^{\circ}", " hours", " apples", r"\text{ m}^2"]


def made_golds(count: int, seed: int = 14) -> list[str]:
    """Golds of every type that answers have, drawn at random."""
    draw = random.Random(seed)

    def n(low: int = -40, high: int = 400) -> int:
        return draw.choice(
            [value for value in (draw.randint(low, high), draw.randint(low, high)) if value] or [7]
        )

    makers = [
        lambda: str(n()),
        lambda: f"{n()}.{draw.randint(1, 99):02}",
        lambda: rf"\frac{{{n(1)}}}{{{n(2, 40)}}}",
        lambda: rf"{n(2, 9)}\sqrt{{{draw.choice([2, 3, 5, 7, 11])}}}",
        lambda: rf"{n(1, 9)}+{n(2, 9)}\sqrt{{{draw.choice([2, 3, 5])}}}",
        lambda: rf"\frac{{{n(1, 9)}\pi}}{{{n(2, 12)}}}",
        lambda: f"{n(1, 99)}{draw.choice(_BEHIND)}",
        lambda: f"({n()}, {n()})",
        lambda: f"{draw.choice('[(')}{n(-40, 0)}, {n(1, 40)}{draw.choice('])')}",
        lambda: f"{n(-40, 0)}{draw.choice(['<', chr(92) + 'le '])}x{draw.choice(['<', chr(92) + 'le '])}{n(1, 40)}",
        lambda: ", ".join(map(str, sorted({n() for _ in range(draw.randint(2, 4))}))),
        lambda: rf"\{{{', '.join(map(str, sorted({n() for _ in range(3)})))}\}}",
        lambda: f"{n(2, 9)}x^2+{n(1, 9)}x-{n(1, 9)}",
        lambda: f"(x-{n(1, 9)})(x+{n(1, 9)})",
        lambda: f"y={n(2, 9)}x+{n(1, 9)}",
        lambda: rf"f(x)={n(2, 9)}x^{{{n(2, 5)}}}",
        lambda: rf"x={n()}\text{{ or }}x={n()}",
        lambda: f"x_1={n()}, x_2={n()}",
        lambda: rf"{n(2, 9)}^{{n}}{n(2, 9)}^{{m}}",
        lambda: rf"C_{{{draw.randint(5, 9)}}}^{{{draw.randint(2, 4)}}}",
        lambda: f"{n(1, 9)}:{n(1, 9)}",
        lambda: rf"\begin{{pmatrix}}{n()}\\{n()}\end{{pmatrix}}",
        lambda: rf"{n(1, 9)}\mathbf{{i}}+{n(1, 9)}\mathbf{{j}}",
        lambda: rf"{n(2, 9)}e^{{{n(2, 5)}x}}+C",
        lambda: rf"\frac{{\pi}}{{{n(2, 9)}}}+{n(2, 4)}k\pi",
        lambda: f"{n(1, 9)}+{n(1, 9)}i",
        lambda: draw.choice("ABCDE"),
        lambda: f"{draw.randint(1, 12)}:{draw.randint(10, 59)} {draw.choice(['AM', 'PM'])}",
        lambda: rf"x\equiv {draw.randint(1, 4)}\pmod{{{draw.randint(5, 9)}}}",
        lambda: rf"(-\infty,{n(-9, -1)})\cup({n(1, 9)},\infty)",
        lambda: rf"\log_{{{n(2, 9)}}} {n(11, 40)}",
        lambda: rf"\frac{{x+{n(1, 9)}}}{{x-{n(1, 9)}}}",
    ]  # fmt: skip
    return [draw.choice(makers)() for _ in range(count)]


_SWAPS = {"+": "-", "-": "+", "<": ">", ">": "<", "(": "[", ")": "]", "[": "(", "]": ")"}
_UNITS = {
    "cm": "m",
    "hours": "minutes",
    "km": "m",
    "AM": "PM",
    "PM": "AM",
    "%": "",
    "circ": "prime",
    "inches": "feet",
    "m^2": "m^3",
}


def mutants(gold: str, draw: random.Random, most: int = 6) -> Iterator[tuple[str, str]]:
    """(kind, answer): the gold with one thing wrong. An answer may still be right by accident; a person judges those."""
    found: list[tuple[str, str]] = []
    for match in re.finditer(r"\d", gold):
        wrong = str((int(match.group()) + draw.randint(1, 8)) % 10)
        found.append(("digit", gold[: match.start()] + wrong + gold[match.end() :]))
    for match in re.finditer(r"(?<![A-Za-z\\^_{])[-+]|[<>]|[()\[\]]", gold):
        kind = "sign" if match.group() in "+-" else "direction" if match.group() in "<>" else "end"
        found.append((kind, gold[: match.start()] + _SWAPS[match.group()] + gold[match.end() :]))
    if gold and gold[0] not in "-+([{\\":
        found.append(("sign", "-" + gold))
    parts = re.split(r"(,\s*|\+|-|\\cup|:)", gold)
    if len(parts) >= 3:
        at = draw.randrange(0, len(parts) - 2, 2)
        swapped = [*parts]
        swapped[at], swapped[at + 2] = swapped[at + 2], swapped[at]
        found.append(("swapped", "".join(swapped)))
        found.append(("dropped", "".join(parts[:at] + parts[at + 2 :])))
    fraction = re.search(r"\\d?frac\{([^{}]+)\}\{([^{}]+)\}", gold)
    if fraction:
        upside = rf"\frac{{{fraction[2]}}}{{{fraction[1]}}}"
        found.append(("swapped", gold[: fraction.start()] + upside + gold[fraction.end() :]))
    for unit, other in _UNITS.items():
        if unit in gold:
            found.append(("unit", gold.replace(unit, other, 1)))
    for one, other in (
        (r"\le", "<"),
        (r"\ge", ">"),
        (r"\sqrt", ""),
        (r"\pi", ""),
        ("^", "_"),
        (r"\sin", r"\cos"),
        ("^2", "^3"),
        ("x", "y"),
    ):
        if one in gold:
            found.append(("step", gold.replace(one, other, 1)))
    draw.shuffle(found)
    yield from [(kind, answer) for kind, answer in found if answer != gold][:most]
