"""Sections about audits: what `check`, `diff`, `advantages`, `signal` and `redteam` say as JSON.

Findings are shown as sentences with their witness and what fixes them; everything else in such a document
as tables of its numbers, so figures that a later version adds are shown, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewardkit.audit.findings import quoted, witness_cells
from rewardkit.formatting import ends
from rewardkit.pages.blocks import Block, FindingCard, Folded, Heading, Prose, Tabled
from rewardkit.pages.page import Section
from rewardkit.pages.tables import Table

TITLES = {
    "scoring": "Prices, and when None begins to pay",
    "policies": "What degenerate policies earn",
    "contract": "Rows that break the contract",
    "spec": "What changed in the recipe",
    "comparison": "The same rollouts under both",
    "sizes": "Group sizes",
    "movers": "Completions whose reward moved most",
    "inversions": "Wrong completions pushed up",
}
HIDDEN = (
    "headline",
    "kind",
    "version",
    "recipe",
    "digest",
    "failed",
    "allowed",
    "findings",
    "before",
    "after",
)
MOST = 40
"""Rows of a list that are shown."""
MOST_SHOWN = 240
"""Characters of a string that are shown: a witness may be thousands of characters of filling."""


def audit_section(audits: Sequence[Mapping[str, Any]]) -> Section:
    """The findings about each recipe; those that need no action behind a title."""
    blocks: list[Block] = []
    for audit in audits:
        headline = f": {audit['headline']}" if "headline" in audit else ""
        blocks += [Heading(f"{audit['recipe']}{headline}"), *findings_of(audit), *_rest(audit)]
    lead = "What each recipe pays for, proven or refuted by a completion that is really scored so."
    return Section("Audits", blocks, lead, list(audits))


def document_section(title: str, document: Mapping[str, Any]) -> Section:
    """Any other document of rewardkit's: its findings, then its figures."""
    blocks = [*(findings_of(document) if "findings" in document else []), *_rest(document)]
    return Section(title, blocks, "", document)


def findings_of(audit: Mapping[str, Any]) -> list[Block]:
    """Errors and warnings first; what is proven or only information behind a title."""
    made = [_finding(found, audit.get("allowed") or {}) for found in audit["findings"]]
    loud: list[Block] = [found for found in made if found.level in ("error", "warning")]
    quiet: list[Block] = [found for found in made if found.level not in ("error", "warning")]
    if not loud:
        loud = [Prose("Nothing was found that needs fixing.")]
    return [*loud, Folded(f"{len(quiet)} proven or for information", quiet)] if quiet else loud


def _finding(found: Mapping[str, Any], allowed: Mapping[str, str]) -> FindingCard:
    witness = found.get("witness")
    settings = found.get("fix") or found.get("mend") or ()
    fixes = [" ".join(f"--set {quoted(setting)}" for setting in settings)] if settings else []
    if found.get("advice"):
        fixes.append(found["advice"])
    return FindingCard(
        code=found["code"],
        severity=found["severity"],
        verdict=found.get("verdict") or "",
        sentence=found["sentence"],
        allowed=allowed.get(found["code"], ""),
        witness=_witness(witness["rollouts"]) if witness else None,
        note=witness.get("note") or "" if witness else "",
        fixes=fixes,
    )


def _witness(rollouts: Sequence[Mapping[str, Any]]) -> Table:
    header, rows = witness_cells(rollouts, MOST_SHOWN)
    return Table(header, rows, words=(len(header) - 3, len(header) - 1))


def _rest(document: Mapping[str, Any]) -> list[Block]:
    """Figures of a document: scalars as one table, the rest each under its name."""
    left = {
        key: value for key, value in document.items() if key not in HIDDEN and value not in (None, [], {}, "")
    }
    blocks: list[Block] = []
    flat = {key: value for key, value in left.items() if not isinstance(value, (dict, list))}
    if flat:
        blocks.append(Tabled(_pairs(flat)))
    for key, value in left.items():
        if key == "scoring":
            blocks.append(Folded(_title(key), _scoring(value)))
        elif key not in flat:
            blocks.append(Folded(_title(key), _tree(value)))
    return blocks


def _scoring(value: Mapping[str, Any]) -> list[Block]:
    """What outcomes are paid, and from which share of unanswerable problems on saying None pays."""
    prices = [[outcome, _cell(price)] for outcome, price in value.get("prices", {}).items()]
    thresholds = [[chance, _cell(share)] for chance, share in value.get("thresholds", {}).items()]
    return [
        Tabled(Table(["outcome", "price"], prices)),
        Tabled(Table(["chance of being right", "None pays where P(unanswerable) is above"], thresholds)),
    ]


def _tree(value: Any) -> list[Block]:
    if isinstance(value, Mapping):
        flat = {key: one for key, one in value.items() if not isinstance(one, (dict, list))}
        deep = {key: one for key, one in value.items() if isinstance(one, (dict, list)) and one}
        blocks: list[Block] = [Tabled(_pairs(flat))] if flat else []
        same = [{"": key} | one for key, one in deep.items() if isinstance(one, dict) and _flat(one)]
        if len(same) == len(deep) > 1 and len({frozenset(one) for one in same}) == 1:
            return [*blocks, Tabled(_records(same))]
        for key, one in deep.items():
            blocks += [Heading(_title(str(key))), *_tree(one)]
        return blocks
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return [Tabled(_records(value))]
    if isinstance(value, list):
        shown = ", ".join(map(_cell, value[:MOST]))
        return [Prose(shown + (f" … {len(value) - MOST} more" if len(value) > MOST else ""))]
    return [Prose(_cell(value))]


def _title(key: str) -> str:
    return TITLES.get(key) or key.replace("_", " ")


def _flat(value: Mapping[str, Any]) -> bool:
    return not any(isinstance(one, (dict, list)) for one in value.values())


def _pairs(value: Mapping[str, Any]) -> Table:
    return Table(
        ["figure", "value"], [[key.replace("_", " "), _cell(one)] for key, one in value.items()], words=(0, 1)
    )


def _records(rows: Sequence[Mapping[str, Any]]) -> Table:
    headers = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_cell(row.get(key)) for key in headers] for row in rows[:MOST]]
    words = [at for at, key in enumerate(headers) if not all(_numeric(row.get(key)) for row in rows)]
    notes = [f"{len(rows) - MOST} more are left out"] if len(rows) > MOST else []
    return Table([header.replace("_", " ") for header in headers], cells, notes=notes, words=words)


def _numeric(value: Any) -> bool:
    return value is None or isinstance(value, (int, float))


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_cell(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    return ends(str(value), MOST_SHOWN, " … ")
