"""One row of a parameter table."""

from __future__ import annotations

from dataclasses import dataclass

# what makes a parameter the same one, in whichever group: (op, lhs, rhs), a covariance's two in order of the alphabet
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter in one group (``group`` counts from 0). ``index`` is its place in the vector of free parameters
    (equal parameters share it), ``None`` when fixed. ``fixed`` is the value of a fixed parameter; with ``from_sample``
    it is the sample's moment. ``start`` is a starting value somebody asked for; ``lower`` and ``upper`` are bounds.
    """

    lhs: str
    op: str
    rhs: str
    group: int = 0
    label: str = ""
    index: int | None = None
    fixed: float | None = None
    from_sample: bool = False
    start: float | None = None
    lower: float = float("-inf")
    upper: float = float("inf")

    @property
    def name(self) -> str:
        """``lhs op rhs``, as messages name it."""
        return f"{self.lhs} {self.op} {self.rhs}".strip()

    @property
    def key(self) -> Key:
        """What makes it the same parameter: a covariance has no direction."""
        swap = self.op == "~~" and self.rhs < self.lhs
        return (self.op, self.rhs, self.lhs) if swap else (self.op, self.lhs, self.rhs)

    def numbered(self, index: int) -> Row:
        """The same row with its place in the vector of free parameters."""
        return Row(
            self.lhs, self.op, self.rhs, self.group, self.label, index, self.fixed, self.from_sample, self.start,
            self.lower, self.upper,
        )  # fmt: skip

    @property
    def is_free(self) -> bool:
        """Whether it is to be estimated: neither fixed nor the sample's."""
        return self.fixed is None and not self.from_sample
