"""Which column answers which variable, for one file and one questionnaire."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from pipeline.declare import Instrument, InstrumentField, Registry, Wave
from pipeline.intake.mapping.answers import Answers, answers_of
from pipeline.intake.mapping.assign import Pair, assign
from pipeline.intake.mapping.certainty import Judged, judge
from pipeline.intake.mapping.direction import against_their_scale
from pipeline.intake.mapping.evidence import Evidence
from pipeline.intake.mapping.likeness import Aliases, likeness
from pipeline.intake.mapping.lines import Why
from pipeline.intake.mapping.places import Places, silent
from pipeline.intake.personal import personal_data
from pipeline.intake.plan import Plan
from pipeline.intake.problems import place
from pipeline.intake.source import SourceTable

MOST = 0.5
"""Where less than this share of the variables is found, neither the order of the columns nor what is left says much."""
_FITS_BY_PLACE = 0.9
_WORTH_SAYING = 0.45


class Matching:
    """The columns and variables that are to be matched, and how they are.

    ``columns`` by ``fields``; ``refused``: why a column must not come in unless it answers a question, by its place.
    """

    def __init__(
        self,
        table: SourceTable,
        instrument: Instrument,
        registry: Registry,
        wave: Wave | None,
        *,
        columns: Sequence[Evidence],
        fields: Sequence[InstrumentField],
        aliases: Aliases,
    ) -> None:
        self.columns, self.fields = columns, fields
        self.refused = _refused(table)
        self._table, self._instrument, self._registry, self._wave = table, instrument, registry, wave
        self._like = likeness(columns, fields, aliases)
        self._answers: dict[tuple[int, int], Answers] = {}
        self._asked_alike = [next(j for j, f in enumerate(fields) if _answered_alike(f, field)) for field in fields]

    def answers(self, i: int, j: int) -> Answers:
        """What the answers of column ``i`` are as answers to variable ``j``; worked out once for all with its scale."""
        first = self._asked_alike[j]
        if (i, first) not in self._answers:
            self._answers[i, first] = answers_of(
                self.columns[i], self.fields[first], self._instrument,
                decimal=self._table.format.decimal, wave=self._wave, registry=self._registry,
            )  # fmt: skip
        return self._answers[i, first]

    def possible(self, i: int, j: int) -> bool:
        """Whether column ``i`` may be variable ``j`` although it is not called so."""
        column = self.columns[i]
        return silent(column) and self.answers(i, j).fit >= _FITS_BY_PLACE and place(column.column) not in self.refused

    @cached_property
    def pairs(self) -> list[Pair]:
        """Columns and the variables they answer. Pairs that rest on their place alone count only where most of the
        questionnaire was found."""
        places = Places(self.columns, self.fields, self._instrument)
        found = assign(self._like.best, lambda i, j: self.answers(i, j).fit, places, self.possible)
        return found if len(found) >= MOST * len(self.fields) else [pair for pair in found if not pair.by_order]

    @cached_property
    def turned(self) -> set[str]:
        """Variables whose answers run against the others of their scale."""
        had = {self.fields[p.j].name: (self.columns[p.i].column.position, self.answers(p.i, p.j)) for p in self.pairs}
        return against_their_scale(self._table, self._instrument, had)

    def judged(self, pair: Pair) -> Judged:
        """How sure a pair is, and why."""
        judged = judge(pair, self._like, self.columns, self.fields, self.answers(pair.i, pair.j))
        if self.fields[pair.j].name in self.turned:
            return Judged("check", (*judged.why, Why("runs_against")))
        return judged

    @cached_property
    def without(self) -> list[int]:
        """The variables that no column answers."""
        had = {pair.j for pair in self.pairs}
        return [j for j in range(len(self.fields)) if j not in had]

    @cached_property
    def left(self) -> list[int]:
        """The columns that answer no variable."""
        used = {pair.i for pair in self.pairs}
        return [i for i in range(len(self.columns)) if i not in used]

    @cached_property
    def perhaps(self) -> dict[int, int]:
        """By variable without a column the column left that is most like it, where that is worth saying."""
        found = {}
        for j in self.without:
            nearest = max(self.left, key=lambda i: self._like.best[i, j], default=None)
            if nearest is not None and self._like.best[nearest, j] >= _WORTH_SAYING:
                found[j] = nearest
        return found

    def might_be(self, i: int) -> list[str]:
        """Variables without a column that column ``i``, which is left, may be after all."""
        named = [self.fields[j].name for j, nearest in self.perhaps.items() if nearest == i]
        if len(self.columns[i].cells) < 2 or len(self.pairs) < MOST * len(self.fields):
            return named
        asked = [j for j in self.without if not self.fields[j].optional and self.fields[j].name not in named]
        return named + [self.fields[j].name for j in asked if self.possible(i, j)]


def _answered_alike(one: InstrumentField, other: InstrumentField) -> bool:
    """Whether two fields have the same answers, so that a column fits both or neither."""
    return one == other or (one.scale is not None and one.scale == other.scale and one.role == other.role)


def _refused(table: SourceTable) -> dict[tuple[str, str], str]:
    """Columns that must not come in unless they answer a question, by place, with the code of what is wrong."""
    found = personal_data(table, Plan(variables=(), unmapped=table.columns, problems=()))
    return {where: problem.code for problem in found for where in problem.columns}
