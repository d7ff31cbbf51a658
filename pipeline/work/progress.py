"""How far the work is and how long it still takes, on standard error: a bar on a terminal, else a line at times."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

SILENT_SECONDS = 2.0
"""Work that is done sooner is not worth a word."""
LINE_SECONDS = 15.0
"""Between two lines where there is no terminal."""


class WorkProgress:
    """Counts ``done`` of ``total`` units of work; quiet for the first seconds, and throughout unless ``shown``."""

    def __init__(self, label: str, total: float, *, shown: bool = True) -> None:
        self._label, self._total, self._shown = label, total, shown
        self._done = 0.0
        self._bar: Progress | None = None

    def __enter__(self) -> WorkProgress:
        self._start = self._told = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, units: float) -> None:
        """Count ``units`` more as done, and show it when it is time to."""
        self._done += units
        now = time.monotonic()
        if not self._shown or now - self._start < SILENT_SECONDS:
            return
        if sys.stderr.isatty():
            self._on_terminal()
        elif now - self._told >= LINE_SECONDS:
            self._told = now
            print(self.line(now - self._start), file=sys.stderr, flush=True)

    def line(self, elapsed: float) -> str:
        """One line after ``elapsed`` seconds: share done, minutes and seconds left at the pace until now."""
        left = elapsed * (self._total - self._done) / self._done if self._done else 0.0
        return f"{self._label}: {self._done / self._total:.0%}, {int(left) // 60}:{int(left) % 60:02d} left"

    def _on_terminal(self) -> None:
        """The bar of Rich, which vanishes when the work is done."""
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task(self._label, total=self._total)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=self._done)
