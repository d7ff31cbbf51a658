"""Libraries that read other people's files fail in many ways; here all of them become one problem."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.intake.problems import Problem, UnreadableError


@contextmanager
def reading(code: str) -> Iterator[None]:
    """Any failure inside becomes ``UnreadableError`` with the problem ``code``.

    That includes a Rust panic, which Python sees as a ``BaseException``. The library's own message is left out: it may
    quote a cell.
    """
    try:
        yield
    except UnreadableError:
        raise
    except Exception:  # noqa: BLE001 - whatever a library makes of hostile bytes is the file's problem
        raise UnreadableError(Problem(code)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableError(Problem(code)) from None
