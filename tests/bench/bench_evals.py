"""The harness beside the backend's own generation: 1,000 prompts x 8 on a tiny model, in one run.

Prints what the harness adds to the bare backend loop, in time and in memory, and what a second start over a
finished log costs. `--prompts`, `--samples`, `--tokens` and `--batch` change the size.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "evals"), str(Path(__file__).resolve().parents[2])]

from conftest import make_model  # noqa: E402
from simulated_policy import Simulated  # noqa: E402

from rewardkit.evals.backends import Request, open_backend  # noqa: E402
from rewardkit.evals.run import EvaluationRun, generate_run  # noqa: E402
from rewardkit.evals.suite.data import load_items  # noqa: E402
from rewardkit.evals.suite.prompts import Prompter  # noqa: E402
from rewardkit.evals.suite.suite import load_suite  # noqa: E402
from tests.bench import page  # noqa: E402


def peak():
    """The process's highest memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bare(suite, backend):
    """Seconds of the backend's loop alone, its completions thrown away."""
    prompter = Prompter(suite.prompt)
    items = load_items(suite.data)
    prompts = [backend.render(prompter.render(item)) for item in items]
    started = time.perf_counter()
    count = 0
    for arm, (sampling, n) in suite.sampling().items():
        requests = (
            Request(index=i, prompt=p, sampling=sampling, samples=tuple(range(n)), item=items[i].id, arm=arm)
            for i, p in enumerate(prompts)
        )
        count += sum(1 for _ in backend.generate(requests))
    return time.perf_counter() - started, count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--batch", type=int, default=64)
    given = parser.parse_args()
    memory()
    settings = [
        f"data.generate.n={given.prompts}",
        f"arms={{sampled: {{n: {given.samples}, temperature: 1.0}}}}",
    ]
    settings.append(f"max_new_tokens={given.tokens}")
    suite = load_suite("arithmetic", settings)
    with tempfile.TemporaryDirectory() as scratch:
        model = make_model(Path(scratch) / "tiny")
        with open_backend(
            "transformers", str(model), {"batch_size": given.batch, "dtype": "float32"}
        ) as backend:
            bare(load_suite("arithmetic", [*settings, "data.limit=16"]), backend)  # warm up
            seconds, count = bare(suite, backend)
            folder = EvaluationRun(Path(scratch) / "run")
            report = generate_run(folder, suite, backend)
            assert report.generated == count
            again = generate_run(folder, suite, backend)
        added = report.seconds - report.backend_seconds
        print(f"{count} completions; bare backend loop {seconds:.1f} s, harness {report.seconds:.1f} s")
        print(
            f"outside the backend: {added:.2f} s, {added / report.backend_seconds:.2%} of its generation (wanted: < 5 %)"
        )
        figure = f"{added / report.backend_seconds:.2%} of the backend's time on {count:,} completions"
        page.report("evals", {"text": figure})
        print(f"a second start over the whole log: {again.seconds:.2f} s, {again.generated} generated")


def memory():
    """Peak memory as completions grow eightfold; before any model is loaded, whose memory would hide it."""
    with tempfile.TemporaryDirectory() as scratch:
        for samples in (8, 64):
            suite = load_suite("arithmetic", ["data.generate.n=1000", f"arms.sampled.n={samples}"])
            policy = Simulated("memory", length=200)
            policy.asked = Forgetful()
            generate_run(EvaluationRun(Path(scratch) / f"memory-{samples}"), suite, policy)
            print(f"peak memory after 1,000 x {samples} completions: {peak():.1f} MB")


class Forgetful(list):
    """Keeps no note of what was asked."""

    def append(self, _):
        pass


if __name__ == "__main__":
    main()
