"""How often somebody may try a token."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from pipeline.desk.limits import Limits
from pipeline.desk.sessions import Clock

_MOST_ADDRESSES = 10_000


@dataclass
class Attempts:
    """Failures of the last minutes, by address and of all together. Whoever fails too often waits, right or wrong.

    While there are many failures from anywhere, whoever failed once waits; nobody can make an address wait that did
    not fail.
    """

    limits: Limits
    clock: Clock
    _by_address: dict[str, deque[float]] = field(default_factory=dict)
    _all: deque[float] = field(default_factory=deque)

    def seconds_to_wait(self, address: str) -> float:
        """How long ``address`` has to wait before it may try; 0 when it may now."""
        own = self._recent(self._by_address.get(address, deque()))
        many = len(self._recent(self._all)) >= self.limits.failures_of_all
        if len(own) < (1 if many else self.limits.failures):
            return 0.0
        return own[0] + self.limits.failure_seconds - self.clock()

    def failed(self, address: str) -> None:
        """Count a failure."""
        for other in [a for a, times in self._by_address.items() if not self._recent(times)]:
            del self._by_address[other]
        if len(self._by_address) < _MOST_ADDRESSES:
            self._by_address.setdefault(address, deque()).append(self.clock())
        self._all.append(self.clock())

    def succeeded(self, address: str) -> None:
        """Forget the failures of ``address``."""
        self._by_address.pop(address, None)

    def _recent(self, times: deque[float]) -> deque[float]:
        while times and self.clock() - times[0] > self.limits.failure_seconds:
            times.popleft()
        return times
