"""Worked examples for few-shot prompts.

The examples that papers and lm-evaluation-harness use are theirs: `lm-eval:TASK` reads them from the
lm-eval package installed beside rewardkit (its files are parsed, never run). The sets shipped here are
our own, written in the same format; figures made with them are not comparable to those of the originals.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from rewardkit.config.source import read_file
from rewardkit.errors import SetupError, UsageError, nearest


def load_shots(name: str) -> list[Mapping[str, Any]]:
    """Examples by the name of a shipped set, `lm-eval:gsm8k_cot`, `lm-eval:minerva_math`, or a YAML file."""
    if name.startswith("lm-eval:"):
        return _from_lm_eval(name.removeprefix("lm-eval:"))
    shipped = {path.stem: path for path in (Path(__file__).parents[1] / "shots").glob("*.yaml")}
    path = Path(name) if name.endswith((".yaml", ".yml")) else shipped.get(name)
    if path is None:
        raise UsageError(f"no examples are called '{name}'; {nearest(name, [*shipped, *_LM_EVAL])}")
    rows = read_file(path).plain()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: examples are a list of mappings, as in - {{question: ..., answer: ...}}")
    return rows


def _from_lm_eval(task: str) -> list[Mapping[str, Any]]:
    if f"lm-eval:{task}" not in _LM_EVAL:
        raise UsageError(
            f"no examples of lm-eval's '{task}' are known; {nearest('lm-eval:' + task, _LM_EVAL)}"
        )
    spec = find_spec("lm_eval")
    if spec is None or spec.origin is None:
        raise SetupError(
            f"the examples 'lm-eval:{task}' are read from the package lm-eval, which is not installed here; "
            "install it, or name a file or a shipped set with --set prompt.fewshot.examples=NAME"
        )
    return _LM_EVAL[f"lm-eval:{task}"](Path(spec.origin).parent / "tasks")


def _gsm8k_cot(tasks: Path) -> list[Mapping[str, Any]]:
    class Loader(yaml.SafeLoader):
        """lm-eval's own tags name functions; they are read as null."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    config = yaml.load((tasks / "gsm8k" / "gsm8k-cot.yaml").read_text(encoding="utf-8"), Loader)
    return [
        {"question": row["question"], "answer": row["target"]} for row in config["fewshot_config"]["samples"]
    ]


def _minerva_math(tasks: Path) -> list[Mapping[str, Any]]:
    tree = ast.parse((tasks / "minerva_math" / "utils.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "list_fewshot_samples":
            for made in ast.walk(node):
                if isinstance(made, ast.Return) and made.value is not None:
                    return ast.literal_eval(made.value)
    raise SetupError("the installed lm-eval has no list_fewshot_samples in minerva_math; name a file instead")


_LM_EVAL = {"lm-eval:gsm8k_cot": _gsm8k_cot, "lm-eval:minerva_math": _minerva_math}
