"""Differential: our profiles against the installed lm-eval package, on real GSM8K texts."""

import json
import subprocess
from pathlib import Path

import pytest

from rewardkit import Outcome, Rollout
from rewardkit.evals.profiles import load_reader

pytestmark = [pytest.mark.lm_eval, pytest.mark.data, pytest.mark.slow]

PYTHON = Path(__file__).resolve().parents[2] / ".venv-lm-eval" / "bin" / "python"

ORIGINAL = r"""
import json, sys
from pathlib import Path
import lm_eval, yaml
from lm_eval.api.metrics import exact_match_hf_evaluate
from lm_eval.filters.extraction import RegexFilter

tasks = Path(lm_eval.__file__).parent / "tasks" / "gsm8k"
rows = [json.loads(line) for line in sys.stdin]
out = {}
for task in ("gsm8k", "gsm8k-cot"):
    config = yaml.safe_load((tasks / f"{task}.yaml").read_text())
    metric = config["metric_list"][0]
    for entry in config["filter_list"]:
        params = {k: v for k, v in entry["filter"][0].items() if k != "function"}
        answers = [a[0] for a in RegexFilter(**params).apply([[row["text"]] for row in rows], [])]
        right = [
            bool(exact_match_hf_evaluate([a], [row["gold"]], regexes_to_ignore=metric["regexes_to_ignore"],
                 ignore_case=metric["ignore_case"])["exact_match"])
            for a, row in zip(answers, rows)
        ]
        out[f"{task} {entry['name']}"] = {"answers": answers, "right": right}
print(json.dumps(out))
"""

SAME = {
    "gsm8k strict-match": "lm-eval/gsm8k-strict",
    "gsm8k flexible-extract": "lm-eval/gsm8k-flexible",
    "gsm8k-cot strict-match": "lm-eval/gsm8k-cot-strict",
}


@pytest.fixture(scope="module")
def texts(shared_data):
    rows = []
    for line in (shared_data / "gsm8k" / "model_solutions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for text in row["completions"]:
            final = text.rsplit("A: ", 1)[-1]
            rows.append({"text": text, "gold": row["gold"]})
            rows.append({"text": text.replace("A: ", "#### "), "gold": row["gold"]})
            rows.append({"text": text.replace("A: ", "#### $"), "gold": row["gold"]})
            rows.append({"text": f"{text}\nThe answer is {final}", "gold": row["gold"]})
            rows.append({"text": f"{text}\nThe answer is {final}.", "gold": row["gold"]})
    for line in (shared_data / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        gold = row["answer"].split("#### ")[1]
        rows += [{"text": row["answer"], "gold": gold}, {"text": row["question"], "gold": gold}]
    rows += [
        {"text": t, "gold": "18"}
        for t in ("", "helps...", "#### ", "#### -", "$.,", "18.00", "#### 18.", "１８")
    ]
    return rows


@pytest.fixture(scope="module")
def original(texts):
    if not PYTHON.exists():
        pytest.skip(
            f"no lm-eval at {PYTHON}; make it with: python -m venv .venv-lm-eval, pip install lm-eval"
        )
    lines = "\n".join(json.dumps(row) for row in texts)
    done = subprocess.run(
        [str(PYTHON), "-c", ORIGINAL], input=lines, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("theirs", SAME)
def test_our_profile_gives_what_the_original_gives(texts, original, theirs):
    recipe = load_reader(SAME[theirs])
    readings = recipe.read([Rollout(completion=row["text"], gold=row["gold"]) for row in texts])
    raw = [r.extraction.text.strip() if r.extraction and r.extraction.text else "[invalid]" for r in readings]
    assert raw == original[theirs]["answers"]
    assert [r.outcome == Outcome.CORRECT for r in readings] == original[theirs]["right"]
