"""Step time of the stock GRPOTrainer with our callable and with a hand-written reward of the same meaning.

Three processes train the playground's tiny policy on the same prompts from the same seed: one with the recipe, one
with the hand-written function, and one more with the hand-written function, which says how far two runs of the same
program lie apart here. They take turns, one step each, in an order that rotates, so that what else the machine does
falls on all. As the rewards are equal (a test: tests/trainers/test_run.py), step i draws the same completions in all
three (which is checked), and its times are compared as a pair: by the clock, and by the processor time that the process took, which
other work on the machine disturbs less. A step is everything from its begin to the begin of the next: the generation,
the reward, the update and what TRL logs.

Processes, not threads: threads share torch's random state, draw other completions, and wait for each other's
interpreter lock.
"""

import multiprocessing
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.bench.page import report

STEPS, WARM = 310, 10
PROMPTS, GROUP = 8, 8
RUNS = ("recipe", "by hand", "by hand again")


def main() -> int:
    try:
        import trl  # noqa: F401
    except ModuleNotFoundError as missing:
        print(f"left out: {missing.name} is not installed (pip install 'rewardkit[train]')")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        times, spent = _train_in_turns(Path(folder))
    print(f"steps                 {len(spent[0])} each, in turns; {PROMPTS} prompts x {GROUP} completions")
    for name, steps, rewards in zip(RUNS, times, spent, strict=True):
        step, reward = np.median(steps[:, 0]), np.median(rewards)
        print(
            f"{name:<21} {step * 1e3:8.1f} ms a step, of which the reward {reward * 1e3:6.2f} ms ({reward / step:.2%})"
        )
    told: list[str] = []
    ours, theirs, again = times
    for name, ratios in (("recipe / by hand", ours / theirs), ("again / by hand", again / theirs)):
        for column, clock in enumerate(("clock", "processor")):
            low, high = _interval(ratios[:, column])
            median = np.median(ratios[:, column])
            print(f"{name:<17} {clock:<10} {median:8.3f} (the steps' median; 95 % {low:.3f} to {high:.3f})")
            told.append(f"{name} {median:.3f} by the {clock} ({low:.3f} to {high:.3f})")
    report("trl", {"text": "; ".join(told)})
    return 0


def _interval(ratios: np.ndarray) -> tuple[float, float]:
    """Percentile bootstrap of the median, 95 per cent."""
    draws = np.random.default_rng(0).choice(ratios, size=(4000, len(ratios)))
    low, high = np.quantile(np.median(draws, axis=1), [0.025, 0.975])
    return float(low), float(high)


def _train_in_turns(folder: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each of `RUNS`, without the first `WARM` steps: seconds by the clock and of the processor
    (steps, 2), and of the reward by the clock (steps,)."""
    from rewardkit.trainers.playground.policy import build_policy
    from rewardkit.trainers.playground.world import make_splits

    rows = [problem.row() for problem in make_splits(0, {"train": 256})["train"]]
    texts = [row["prompt"][0]["content"] for row in rows] + ["<think>7+3=10</think><answer>10</answer>"] * 50
    policy = build_policy(folder / "policy", texts, seed=0)
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for name in RUNS:
        here, there = spawn.Pipe()
        process = spawn.Process(target=_train, args=(name, str(policy), rows, folder / name, there))
        process.start()
        there.close()
        pipes.append(here)
        processes.append(process)
    for step in range(STEPS):
        for place in range(len(pipes)):
            pipe = pipes[(place + step) % len(pipes)]
            pipe.recv()  # ready: waits at the begin of this step
            pipe.send("go")
            pipe.recv()  # done: arrived at the begin of the next one
    measured = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    times, spent, drawn = zip(*measured, strict=True)
    if any(other != drawn[0] for other in drawn):
        raise RuntimeError("the runs drew different completions, so their times cannot be compared")
    return [np.array(one)[WARM:] for one in times], [np.array(one)[WARM:] for one in spent]


def _train(name: str, policy: str, rows: list[dict], folder: Path, pipe) -> None:
    """One run, which waits at every step for its turn, and at last sends its times."""
    import torch
    from datasets import Dataset, disable_progress_bars
    from transformers import AutoTokenizer, PrinterCallback, TrainerCallback
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    from rewardkit.trainers.playground.reward import HandWritten
    from rewardkit.trainers.trl import reward_functions

    torch.set_num_threads(1)
    disable_progress_bars()
    tokenizer = AutoTokenizer.from_pretrained(policy)
    args = GRPOConfig(
        output_dir=str(folder), max_steps=STEPS, per_device_train_batch_size=PROMPTS * GROUP,
        num_generations=GROUP, max_completion_length=24, learning_rate=1e-4, bf16=False, use_cpu=True,
        logging_steps=1, save_strategy="no", report_to="none", disable_tqdm=True, gradient_checkpointing=False,
    )  # fmt: skip
    if name == "recipe":
        [function] = reward_functions("playground-none@1", args, tokenizer)
    else:
        function = HandWritten(1, tokenizer.eos_token_id)
    times: list[tuple[float, float]] = []
    spent: list[float] = []
    drawn: list[int] = []

    def timed(**given):
        drawn.append(zlib.crc32(str(given["completion_ids"]).encode()))
        began = time.perf_counter()
        paid = function(**given)
        spent.append(time.perf_counter() - began)
        return paid

    class Turns(TrainerCallback):
        """Waits for the turn where a step begins, and gives it up where the next one begins."""

        began: tuple[float, float] | None = None

        def on_step_begin(self, args, state, control, **_):
            self.end()
            pipe.send("ready")
            pipe.recv()
            self.began = time.perf_counter(), time.process_time()

        def on_train_end(self, args, state, control, **_):
            self.end()

        def end(self):
            if self.began is not None:
                clock, processor = self.began
                times.append((time.perf_counter() - clock, time.process_time() - processor))
                pipe.send("done")

    trainer = GRPOTrainer(
        policy, reward_funcs=timed, args=args, processing_class=tokenizer, callbacks=[Turns()],
        train_dataset=Dataset.from_list([{key: row[key] for key in ("prompt", "gold", "id")} for row in rows]),
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    pipe.send((times, spent, drawn))


if __name__ == "__main__":
    sys.exit(main())
