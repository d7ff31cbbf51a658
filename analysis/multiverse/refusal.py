"""Why a specification has no estimate."""

from __future__ import annotations


class RefusalError(Exception):
    """A specification that cannot be answered, with the ``code`` of its reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
