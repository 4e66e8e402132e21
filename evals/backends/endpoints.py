"""Which of several servers gets the next request: the one that answers and has the least to do.

An `Endpoint` that cannot be reached is down: it gets nothing until its probe is answered. One that is reached but fails
everything gets less with each failure, and one request now and then to see whether it has recovered. Nothing here does
I/O or reads a clock; times are seconds of the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PAUSE_S = 0.5
"""The first pause before another try; each further one is twice as long, up to a limit."""
SICK = 3
"""Failures in a row after which an endpoint is doubted."""


def pause_after(failures: int, longest: float) -> float:
    """Seconds to leave something alone that has failed so often in a row."""
    return min(longest, PAUSE_S * 2.0 ** min(failures - 1, 30))


@dataclass(slots=True)
class Endpoint:
    """A server and how it has been doing. `failures` are those since its last answer."""

    url: str
    up: bool = True
    flying: int = 0
    answered: int = 0
    failures: int = 0
    rest_until: float = 0.0
    """It asked to be left alone until then (Retry-After)."""
    trial_at: float = 0.0
    """When a sick one is given a request again."""
    down_since: float = 0.0
    down_seconds: float = 0.0

    def succeed(self) -> None:
        """It answered."""
        self.answered += 1
        self.failures = 0

    def fail(self, now: float, longest: float) -> None:
        """It was reached, and did not answer as it should."""
        self.failures += 1
        self.trial_at = now + pause_after(self.failures, longest)

    def load(self, now: float) -> float:
        """What speaks against asking it now: its requests in flight, twice that for each failure in a row."""
        if self.failures >= SICK and now >= self.trial_at:
            return 0.0
        return (self.flying + 1) * 2.0 ** min(self.failures, 16)


def choose(
    endpoints: Sequence[Endpoint], now: float, last: Endpoint | None, longest: float
) -> Endpoint | None:
    """The endpoint for a request; another than the one where it has just failed (`last`), if there is another.

    None where all are down or resting.
    """
    ready = [one for one in endpoints if one.up and one.rest_until <= now]
    if not ready:
        return None
    chosen = min(ready, key=lambda one: (one is last, one.load(now)))
    if chosen.failures >= SICK and now >= chosen.trial_at:  # one trial, not a herd of them
        chosen.trial_at = now + pause_after(chosen.failures, longest)
    return chosen
