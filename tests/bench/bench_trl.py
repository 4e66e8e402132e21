"""Step time of the stock GRPOTrainer with our callable and with a hand-written reward of the same meaning.

Both train the playground's tiny policy on the same prompts with the same seed, interleaved: a block of steps of the
one, a block of the other, in turn, so that what else the machine does falls on both. The two threads are not alike (with
the same reward in both, the first measured 14 per cent slower), so each reward takes each place once and the ratios'
geometric mean is the answer. Printed are the medians, the share of a step that each reward takes, and the ratios. The bound that is promised is 2 per cent; that the rewards are
equal step by step is a test (tests/trainers/test_run.py).
"""

import math
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

STEPS, BLOCK = 40, 2
PROMPTS, GROUP = 8, 8


def main() -> int:
    try:
        import trl  # noqa: F401
        from datasets import Dataset, disable_progress_bars
    except ModuleNotFoundError as missing:
        print(f"left out: {missing.name} is not installed (pip install 'rewardkit[train]')")
        return 0
    import torch

    from rewardkit.trainers.playground.world import make_splits

    torch.set_num_threads(1)
    disable_progress_bars()
    problems = make_splits(0, {"train": 256})["train"]
    rows = [problem.row() for problem in problems]
    data = Dataset.from_list(
        [{"prompt": row["prompt"], "gold": row["gold"], "id": row["id"]} for row in rows]
    )
    pairs = [_pair(first, rows, data) for first in (True, False)]
    ratio = math.sqrt(math.prod(ours / theirs for ours, theirs, _, _ in pairs))
    print(
        f"steps                 {STEPS} each, twice, in blocks of {BLOCK}; {PROMPTS} prompts x {GROUP} completions"
    )
    for ours, theirs, paid, paid_by_hand in pairs:
        print(
            f"step                  {ours * 1e3:8.1f} ms, hand-written {theirs * 1e3:8.1f} ms; "
            f"of which the reward {paid * 1e3:6.2f} ms ({paid / ours:.2%}) and {paid_by_hand * 1e3:6.2f} ms"
        )
    print(f"ratio of steps        {ratio:8.3f}, both orders")
    overhead = statistics.mean((paid - by_hand) / theirs for _, theirs, paid, by_hand in pairs)
    print(f"reward's own overhead {overhead:8.2%} of a step")
    return 0


def _pair(ours_first: bool, rows, data) -> tuple[float, float, float, float]:
    """Median seconds of a step (ours, hand-written) and of the reward within it (ours, hand-written)."""
    from transformers import AutoTokenizer, PrinterCallback, TrainerCallback
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    from rewardkit.trainers.playground.policy import build_policy
    from rewardkit.trainers.playground.reward import HandWritten
    from rewardkit.trainers.trl import reward_functions

    turn, building = threading.Condition(), threading.Lock()
    mine = 0 if ours_first else 1
    state = {"turn": 0, "left": 2}
    times: list[list[float]] = [[], []]
    spent: list[list[float]] = [[], []]

    class Turns(TrainerCallback):
        """Lets one trainer take `BLOCK` steps, then the other."""

        def __init__(self, me: int) -> None:
            self.me = me

        def on_step_begin(self, args, state_, control, **_):
            if state_.global_step % BLOCK == 0:
                with turn:
                    turn.wait_for(lambda: state["turn"] == self.me or state["left"] < 2)
            self.began = time.perf_counter()

        def on_step_end(self, args, state_, control, **_):
            times[self.me].append(time.perf_counter() - self.began)
            if state_.global_step % BLOCK == 0:
                self.pass_on()

        def pass_on(self):
            with turn:
                state["turn"] = 1 - self.me
                turn.notify_all()

    class Timed:
        """A reward function with a clock around it."""

        def __init__(self, function, me: int) -> None:
            self.function, self.me, self.__name__ = function, me, function.__name__

        def __call__(self, **given):
            began = time.perf_counter()
            paid = self.function(**given)
            spent[self.me].append(time.perf_counter() - began)
            return paid

    with tempfile.TemporaryDirectory() as folder:
        texts = [row["prompt"][0]["content"] for row in rows] + [
            "<think>7+3=10</think><answer>10</answer>"
        ] * 50
        policy = build_policy(Path(folder) / "policy", texts, seed=0)
        tokenizer = AutoTokenizer.from_pretrained(policy)

        def train(me: int) -> None:
            args = GRPOConfig(
                output_dir=f"{folder}/{me}", max_steps=STEPS, per_device_train_batch_size=PROMPTS * GROUP,
                num_generations=GROUP, max_completion_length=24, learning_rate=1e-4, bf16=False, use_cpu=True,
                logging_steps=1, save_strategy="no", report_to="none", disable_tqdm=True, gradient_checkpointing=False,
            )  # fmt: skip
            if me == mine:
                [function] = reward_functions("playground-none@1", args, tokenizer)
            else:
                function = HandWritten(1, tokenizer.eos_token_id)
            with building:  # transformers builds models in a context that all threads share
                trainer = GRPOTrainer(
                    str(policy), reward_funcs=Timed(function, me), args=args, train_dataset=data,
                    processing_class=tokenizer, callbacks=[Turns(me)],
                )  # fmt: skip
            trainer.remove_callback(PrinterCallback)
            try:
                trainer.train()
            finally:
                with turn:
                    state["left"] -= 1
                    turn.notify_all()

        threads = [threading.Thread(target=train, args=(me,)) for me in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    warm = BLOCK
    step = [statistics.median(one[warm:]) for one in times]
    reward = [statistics.median(one[warm:]) for one in spent]
    return step[mine], step[1 - mine], reward[mine], reward[1 - mine]


if __name__ == "__main__":
    sys.exit(main())
