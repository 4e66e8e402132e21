"""Against math-verify on real and hard data: where the two differ, a named rule says why."""

import logging

import pytest

from rewardkit.audit.verifier.judged import load_cases
from rewardkit.extract import extract
from rewardkit.extract.boxed import Boxed
from rewardkit.types import Equality
from rewardkit.verify.math.verifier import Math

math_verify = pytest.importorskip("math_verify")
pytestmark = pytest.mark.data
logging.getLogger("math_verify").setLevel(logging.CRITICAL)

# Category of the case -> rule of ours by which we differ from math-verify there. A disagreement in any other
# category is a finding: explain it here, or fix it.
RULES = {
    "adv_guess_list": "a list of guesses is no single value",
    "adv_operator": "a relation sign, a tiny difference or juxtaposed numbers are not read away",
    "adv_inject": "code is not evaluated",
    "adv_vacuous": "an equation, a name or an undefined expression is no value",
    "adv_cover": "a set that covers the answer is not the answer",
    "adv_substring": "every sign counts",
    "adv_invisible": "combining and hidden characters make an answer unreadable",
    "equation": "a curve is not its right-hand side; unsolved is not solved",
    "base": "another base is another number",
    "mixed_number": "a mixed number is a sum",
    "text": "words are not products of letters",
    "time_ratio": "a ratio is its terms in order",
    "extraction": "a chain is its value only if every link holds",
    "none_undefined": "words are compared as words",
    "mcq": "an option's letter is no constant",
    "units": "two units must agree",
    "frac_latex": "exact rationals: tiny numbers differ",
    "percent": "a percentage is its hundredth",
    "plus_minus": "both values or none",
    "chinese": "measure words and 万, 亿",
    "ordinal": "an ordinal's ending is no power",
    "set_tuple_multi": "tuples and lists differ",
    "matrix": "a matrix is no number",
    "scientific": "no rounding of small numbers",
    "dec_frac": "no tolerance unless the recipe has one",
    "int_format": "no rounding of large numbers",
    "roots": "fifty digits, not fifteen",
    "trig": "principal values",
    "expression": "sample points",
    "interval_ineq": "ends open or closed",
    "unicode": "a targeted map of characters",
    "pi_e_log": "fifty digits, not fifteen",
    "complex": "exact arithmetic",
    "degrees": "a degree sign is a unit",
}


def test_every_disagreement_is_the_label_s_on_our_side(shared_data):
    """Where the two differ on a firm case, the truth is with us, and the case's category has its rule above."""
    verifier = Math(deadline_s=20)
    unexplained = []
    for case in load_cases(shared_data / "answers" / "equivalence.jsonl"):
        found = extract(case.completion, [Boxed()])
        if case.debatable or found is None or found.text is None or len(found.parts) > 1:
            continue
        ours = verifier.compare(case.gold, found.text).equality == Equality.EQUAL
        parsed = math_verify.parse(rf"\boxed{{{found.text}}}")
        theirs = bool(math_verify.verify(math_verify.parse(f"${case.gold}$"), parsed))
        if ours != theirs and (ours != case.label or case.category not in RULES):
            unexplained.append((case.id, case.gold, found.text, ours, theirs))
    assert unexplained == []


def test_no_disagreement_on_real_rollouts(shared_data):
    import json

    verifier = Math(deadline_s=20)
    with open(shared_data / "math" / "qwen_rollouts.jsonl", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    pairs = set()
    for row in rows:
        for completion in row["completions"]:
            found = extract(completion, [Boxed()])
            if found is not None and found.text is not None:
                pairs.add((row["gold"], found.text))
    differ = []
    for gold, answer in sorted(pairs):
        theirs = bool(math_verify.verify(math_verify.parse(f"${gold}$"), math_verify.parse(f"${answer}$")))
        if (verifier.compare(gold, answer).equality == Equality.EQUAL) != theirs:
            differ.append((gold, answer, theirs))
    assert differ == []
