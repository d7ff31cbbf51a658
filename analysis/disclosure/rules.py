"""What the gate must know of the tables: roles of columns, thresholds, and the sums an outsider can make."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Thresholds:
    """``minimum_group``: persons a row's figures must stand on. ``minimum_cell``: smallest count above zero shown.
    ``dominance_share``: the largest share of a sum that may be one person's."""

    minimum_group: int
    minimum_cell: int
    dominance_share: float = 0.5


@dataclass(frozen=True)
class TableRule:
    """Roles of one table's columns (their meaning: ``pipeline/contracts/tables.yaml``).

    ``partition``: the keys within which counts add up. ``silent``: ``column -> values`` (``*``: any) of rows in which
    nobody or everybody says nothing about a person, such as the wave people belong to. ``residue``: likewise, of rows
    that count who did not say: those numbers follow from the bases and describe nobody, so a small one is left out like
    any small count, but nothing else is hidden for its sake. ``ordered``: rows of a partition are steps of a scale, so
    that neighbours are hidden together and can be read as one. ``repeated``: the bases are counts that another table
    publishes (a sum says so): a small one hides its own row, and nothing else for its sake. ``dominant``: columns,
    never published, with the share of one person in the sum behind a row's mean.
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
    dominant: tuple[str, ...] = ()

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
    """Terms that add up to zero for every combination of the key columns ``by``.

    ``rest``: the whole may be more than its parts, and nobody is told whether it is.
    """

    by: tuple[str, ...]
    terms: tuple[Term, ...]
    rest: bool = False


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
class Beside:
    """A table with figures of nearly the persons of ``Nearly.table``: ``by`` names its column for each of theirs.

    ``base``: how many they are. ``decimals``: of its means; None: it has every answer."""

    table: str
    by: Mapping[str, str]
    base: str
    decimals: int | None = None


@dataclass(frozen=True)
class Nearly:
    """Means and standard deviations (``figures``) of ``table`` and of nearly the same persons ``beside``.

    ``sd``: their column. ``width``: of the range that must be left for the mean of fewer than ``minimum_group`` by whom
    the persons differ, in standard deviations. ``decimals``: of the figures where nobody differs."""

    table: str
    figures: tuple[str, ...]
    sd: str
    base: str
    beside: tuple[Beside, ...]
    decimals: int
    width: float


@dataclass(frozen=True)
class SameMeans:
    """Means of ``table`` that are of groups of ``GroupMeans``: those of everybody and of the levels of unit traits.

    ``by_persons``: every person counts once, and not every unit; with persons of no known unit, where there are any.
    ``sd``: the column with the standard deviation of persons, where there is one.
    """

    table: str
    outcome: str
    trait: str
    level: str
    base: str
    mean: str
    decimals: int
    by_persons: bool
    sd: str = ""


@dataclass(frozen=True)
class GroupMeans:
    """Means of ``table`` by outcome, of groups of persons that overlap: a unit, or several units, in one wave or all.

    ``division``, ``group`` and ``wave``: columns; the division ``unit`` has single units for groups; ``whole`` is the
    group of all units and the wave of all waves. A mean of several units counts each once. ``interval``: columns with
    the ends of an interval. ``members``: the units of every other division's groups. ``ranges``: lowest and highest
    score by outcome. ``width``: of the range that must be left for a hidden mean, as a part of ``ranges``.
    """

    table: str
    outcome: str
    division: str
    group: str
    wave: str
    base: str
    mean: str
    interval: tuple[str, ...]
    unit: str
    whole: str
    decimals: int
    width: float
    members: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    same: tuple[SameMeans, ...] = ()

    def units_of(self, division: str, group: str, units: Set[str]) -> frozenset[str]:
        """Those of ``units`` that make up a group; none for a division of persons."""
        if division == self.unit:
            return frozenset({group} & units)
        if (division, group) == (self.whole, self.whole):
            return frozenset(units)
        return self.members.get((division, group), frozenset()) & units


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
    means: GroupMeans | None = None
    nearly: tuple[Nearly, ...] = ()

    def levels_of(self, table: str) -> Levels | None:
        """How rows of ``table`` are parts of a whole, if they are."""
        return next((levels for levels in self.levels if levels.table == table), None)
