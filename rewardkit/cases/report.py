"""Failed checks as text, and all checks as JUnit XML for a CI server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from ..formatting import excerpt
from .checks import Mismatch
from .files import CasesFile, Check


@dataclass(frozen=True)
class Result:
    """A check that was run: `differences` is empty if it passed."""

    file: CasesFile
    check: Check
    recipe: str
    differences: tuple[Mismatch, ...]
    seconds: float


def explain(result: Result) -> str:
    """What was expected and what was paid, in a few lines.

    math-none@0  'right but short'  recipes/math-none/cases.yaml:12
      total: expected +0.9, got +0.8
          correctness +1  (boxed "42" = gold "42", literal)
          too_short -0.2  (20 tokens, 10 below 30)
      completion: So it is \\boxed{42}
    """
    check = result.check
    lines = [f"{result.recipe}  '{check.name}'  {result.file.shown}:{check.line}"]
    for difference in result.differences:
        lines.append(f"  {difference.what}: expected {difference.expected}, got {difference.got}")
        lines += [f"      {line}" for line in difference.detail]
    if check.case is not None:
        if check.case.why:
            lines.append(f"  why: {check.case.why}")
        for sample in check.case.samples():
            name = f" '{sample.name}'" if len(check.case.completions) and sample.name else ""
            lines.append(f"  completion{name}: {excerpt(sample.text)}")
    elif check.order is not None and check.order.why:
        lines.append(f"  why: {check.order.why}")
    return "\n".join(lines)


def junit(results: Sequence[Result]) -> str:
    """JUnit XML: one suite per recipe version, one test per check."""
    root = ElementTree.Element("testsuites", name="rewardkit")
    for recipe in dict.fromkeys(result.recipe for result in results):
        mine = [result for result in results if result.recipe == recipe]
        failed = sum(bool(result.differences) for result in mine)
        seconds = sum(result.seconds for result in mine)
        suite = ElementTree.SubElement(
            root, "testsuite", name=recipe, tests=str(len(mine)), failures=str(failed), time=f"{seconds:.3f}"
        )
        for result in mine:
            test = ElementTree.SubElement(
                suite,
                "testcase",
                classname=recipe,
                name=_clean(result.check.name),
                file=result.file.shown,
                line=str(result.check.line),
                time=f"{result.seconds:.3f}",
            )
            if result.differences:
                first = result.differences[0]
                message = f"{first.what}: expected {first.expected}, got {first.got}"
                ElementTree.SubElement(test, "failure", message=_clean(message)).text = _clean(
                    explain(result)
                )
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _clean(text: str) -> str:
    """The string without characters that XML cannot represent."""
    return "".join(
        c if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff") else "?"
        for c in text
    )
