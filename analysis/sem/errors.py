"""The one exception the SEM package raises about what it was given."""

from __future__ import annotations


class ModelError(ValueError):
    """A model or its data cannot be fitted.

    The message says what was found, which variable or parameter, and what to do. It never holds a data value.
    """
