"""What the gate must know of the tables: roles of columns, thresholds, and the sums an outsider can make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Thresholds:
    """``minimum_group``: persons a row's figures must stand on. ``minimum_cell``: smallest count above zero shown."""

    minimum_group: int
    minimum_cell: int


@dataclass(frozen=True)
class TableRule:
    """Roles of one table's columns (their meaning: ``pipeline/contracts/tables.yaml``).

    ``partition``: the keys within which counts add up. ``silent``: ``column -> values`` (``*``: any) of rows in which
    nobody or everybody says nothing about a person, such as the wave people belong to. ``residue``: likewise, of rows
    that count who did not say: those numbers follow from the bases and describe nobody, so a small one is left out like
    any small count, but nothing else is hidden for its sake. ``ordered``: rows of a partition are steps of a scale, so
    that neighbours are hidden together and can be read as one. ``repeated``: the bases are counts that another table
    publishes (a sum says so): a small one hides its own row, and nothing else for its sake.
    """

    name: str
    keys: tuple[str, ...]
    bases: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()
    partition: tuple[str, ...] = ()
    silent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    residue: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ordered: bool = False
    repeated: bool = False

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every column that may have to be hidden."""
        return self.bases + self.counts + self.shares + self.statistics


@dataclass(frozen=True)
class Levels:
    """Rows of ``table`` that are parts of a whole.

    ``keys`` are the key columns that name the part, ``whole`` their values in the row for everybody. With two keys the
    first names the division (a trait), and every division's parts add up to the same whole. ``outside``: columns of the
    whole's row that are hidden where they would give away too few persons of no part; None: a part is hidden instead.
    """

    table: str
    keys: tuple[str, ...]
    whole: tuple[str, ...]
    outside: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Term:
    """Part of a sum: the figures in ``column`` of ``table``.

    Of the rows where key columns have the values of ``where`` and not those of ``unless``, each with the factor
    ``times``. ``once``: the same figure stands in many rows (a base); take the first. ``each``: likewise, where each
    can be hidden on its own: every one completes the other terms to a sum. ``keys``: which column holds a key of the
    sum, where it is called otherwise.
    """

    table: str
    column: str
    where: Mapping[str, str] = field(default_factory=dict)
    unless: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    times: float = 1.0
    once: bool = False
    each: bool = False


@dataclass(frozen=True)
class Sum:
    """Terms that add up to zero for every combination of the key columns ``by``."""

    by: tuple[str, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Moment:
    """A published mean and standard deviation of answers whose distribution is published too.

    A row of ``table`` (keys ``by``) and the rows of ``distribution`` with the same ``by`` and ``where`` describe the
    same persons when their bases agree; ``value`` is the column with the answer's code. ``decimals``: how the moments
    are rounded when published. ``lowest`` and ``highest``: columns of ``table`` with the share of the answers at either
    end, which count some or all of the distribution's persons there. ``turned``: rows of ``table`` in which the answers
    are counted from the other end.
    """

    table: str
    mean: str
    sd: str
    base: str
    distribution: str
    by: tuple[str, ...]
    where: Mapping[str, str]
    value: str
    count: str
    decimals: int
    lowest: str = ""
    highest: str = ""
    turned: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tie:
    """A row of ``table`` whose figures give away a hidden row of ``source``: a difference between two levels, one of
    which is hidden. ``row`` and ``source_row`` select by key columns."""

    table: str
    row: Mapping[str, str]
    source: str
    source_row: Mapping[str, str]


@dataclass(frozen=True)
class Links:
    """Everything that connects figures with one another."""

    levels: tuple[Levels, ...] = ()
    sums: tuple[Sum, ...] = ()
    moments: tuple[Moment, ...] = ()

    def levels_of(self, table: str) -> Levels | None:
        """How rows of ``table`` are parts of a whole, if they are."""
        return next((levels for levels in self.levels if levels.table == table), None)
