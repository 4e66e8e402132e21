"""SIGTERM or SIGUSR1, which a scheduler sends before it takes a machine back, saves a checkpoint before the run ends."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback

from rewardkit.errors import RewardkitError

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class Stopped(RewardkitError):
    """The run was asked to stop, and its progress is saved."""

    exit_code = 128 + signal.SIGTERM


class StopRequest:
    """Records that a signal came: `with StopRequest() as stop: run_plan(.., stop=stop)`, in the main thread."""

    def __init__(self) -> None:
        self.asked = False
        self._former: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        self._former = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: object) -> None:
        self.asked = True

    def agreed(self) -> bool:
        """Whether any process got a signal. Every process must call this at the same point, and gets the same answer."""
        import torch
        from accelerate import PartialState
        from accelerate.utils import gather

        state = PartialState()
        if state.num_processes == 1:
            return self.asked
        asked: Any = gather(torch.tensor([int(self.asked)], device=state.device))
        return bool(asked.any())


class StopCallback(TrainerCallback):
    """Ends training with a checkpoint at a step from which a resumed run loses nothing.

    Args:
        request: the signal, if one came.
        every: optimizer steps of one generation; between them its completions would be lost.
        say: takes lines for a person.
    """

    def __init__(self, request: StopRequest, every: int, say: Callable[[str], None]) -> None:
        self.request, self.every, self.say = request, every, say
        self.stopped = False

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Asked while the model was loaded: there is nothing new to save."""
        if self.request.agreed():
            raise Stopped("asked to stop before the first step")

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Asked during a step: log, save and stop at the end of the generation that it belongs to."""
        if self.request.agreed() and state.global_step % self.every == 0:
            control.should_log = control.should_save = control.should_training_stop = True
            self.stopped = True
            self.say(f"asked to stop: saving a checkpoint at step {state.global_step}")
