"""The one exception a person may cause: bad input. Everything else is a defect and keeps its traceback."""

from __future__ import annotations


class InputError(Exception):
    """Something a person gave the pipeline cannot be used.

    The message says what was found, where, what was expected and what to do. It never holds an answer or an id.
    Commands and stages print it to stderr and exit with 1.
    """
