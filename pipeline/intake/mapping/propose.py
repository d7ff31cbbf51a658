"""The proposal: every column and every variable of a file, as the lines of a crosswalk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.declare import CrosswalkRow, Instrument, InstrumentField, Registry, Wave
from pipeline.declare.names import NOT_ASKED
from pipeline.intake.identifiers import is_personal
from pipeline.intake.mapping.answers import Answers, answers_of
from pipeline.intake.mapping.assign import LEAST, Pair, assign
from pipeline.intake.mapping.certainty import Judged, judge
from pipeline.intake.mapping.direction import against_their_scale
from pipeline.intake.mapping.evidence import Evidence, evidence_of
from pipeline.intake.mapping.likeness import Aliases, Matrix, likeness
from pipeline.intake.mapping.lines import CERTAINTIES, Certainty, ProposedLine, Why, least_sure
from pipeline.intake.mapping.meanings import Answer
from pipeline.intake.mapping.places import Places, silent
from pipeline.intake.personal import personal_data
from pipeline.intake.plan import Plan
from pipeline.intake.problems import place
from pipeline.intake.source import SourceColumn, SourceTable
from pipeline.intake.text import as_text

_FITS_BY_PLACE = 0.9
_A_COINCIDENCE = 0.1
"""So few of the variables may be found by chance: then it is another questionnaire."""
_MOST = 0.5
_LONGEST_LABEL = 200


@dataclass(frozen=True)
class Proposal:
    """A proposed crosswalk for ``table``. ``n_variables``: how many the questionnaire has without those that may be
    left out and were not found."""

    table: SourceTable
    instrument: Instrument
    lines: tuple[ProposedLine, ...]

    def of_kind(self, *kinds: str) -> list[ProposedLine]:
        """The lines of these kinds."""
        return [line for line in self.lines if line.kind in kinds]

    @property
    def found(self) -> int:
        """How many variables have a column."""
        return len(self.of_kind("column"))

    @property
    def n_variables(self) -> int:
        """How many variables the questionnaire asks; one that may be left out counts where it was found."""
        absent = {line.row.var_name_target for line in self.of_kind("absent")}
        return sum(not (field.optional and field.name in absent) for field in self.instrument.fields)

    @property
    def to_check(self) -> int:
        """How many lines somebody has to look at."""
        return sum(line.certainty == "check" for line in self.lines)

    @property
    def nothing_fits(self) -> bool:
        """Whether so little was found that the file is of another questionnaire."""
        certain = sum(line.certainty != "check" for line in self.of_kind("column"))
        n_fields = len(self.instrument.fields)
        return certain <= _A_COINCIDENCE * n_fields and self.found < _MOST * n_fields

    def counts(self) -> dict[Certainty, int]:
        """How many lines are how sure."""
        return {certainty: sum(line.certainty == certainty for line in self.lines) for certainty in CERTAINTIES}


def propose(
    table: SourceTable,
    instrument: Instrument,
    registry: Registry,
    *,
    wave: Wave | None = None,
    aliases: Aliases | None = None,
    known: Mapping[str, Sequence[ProposedLine]] | None = None,
) -> Proposal:
    """A crosswalk for ``table``.

    ``aliases``: what variables were called before. ``known``: by column's position as text, lines that are decided
    already (an earlier wave's); their columns and variables are not looked at again.
    """
    decided = {int(position): list(lines) for position, lines in (known or {}).items()}
    had = {line.row.var_name_target for lines in decided.values() for line in lines}
    columns = [one for one in evidence_of(table) if one.column.position not in decided]
    fields = [field for field in instrument.fields if field.name not in had]
    refused = _refused(table)
    like = likeness(columns, fields, aliases or Aliases())

    asked_alike = [fields.index(next(f for f in fields if _answered_alike(f, field))) for field in fields]

    @cache
    def answers_once(i: int, j: int) -> Answers:
        return answers_of(columns[i], fields[j], instrument, decimal=table.format.decimal, wave=wave, registry=registry)

    def answers(i: int, j: int) -> Answers:
        return answers_once(i, asked_alike[j])

    def possible(i: int, j: int) -> bool:
        return silent(columns[i]) and answers(i, j).fit >= _FITS_BY_PLACE and place(columns[i].column) not in refused

    best = like.best
    places = Places(columns, fields, instrument)
    pairs = _enough_by_place(assign(best, lambda i, j: answers(i, j).fit, places, possible), len(fields))
    lines: dict[int, list[ProposedLine]] = dict(decided)
    had_from = {fields[p.j].name: (columns[p.i].column.position, answers(p.i, p.j)) for p in pairs}
    turned = against_their_scale(table, instrument, had_from)
    for pair in pairs:
        column, field, found = columns[pair.i], fields[pair.j], answers(pair.i, pair.j)
        judged = judge(pair, like, columns, fields, found)
        if field.name in turned:
            judged = Judged("check", (*judged.why, Why("runs_against")))
        lines[column.column.position] = _lines(column, field, found, judged)
    paired = {pair.i for pair in pairs}
    mostly = len(pairs) >= _MOST * len(fields)
    without = [j for j, f in enumerate(fields) if mostly and not f.optional and j not in {pair.j for pair in pairs}]
    for i, column in enumerate(columns):
        if i not in paired and _can_be_named(column.column):
            might_be = [fields[j].name for j in without if possible(i, j)] if len(column.cells) > 1 else []
            lines[column.column.position] = [_left_out(column, refused.get(place(column.column)), might_be)]
    absent = [
        _absent(field, _nearest_column(j, best, columns, paired))
        for j, field in enumerate(fields)
        if j not in {pair.j for pair in pairs}
    ]
    ordered = [line for position in sorted(lines) for line in lines[position]]
    return Proposal(table, instrument, (*ordered, *absent))


def _answered_alike(one: InstrumentField, other: InstrumentField) -> bool:
    """Whether two fields have the same answers, so that a column fits both or neither."""
    return one == other or (one.scale is not None and one.scale == other.scale and one.role == other.role)


def _enough_by_place(pairs: list[Pair], n_fields: int) -> list[Pair]:
    """``pairs``, without those that rest on their place alone where most of the questionnaire was not found: the order
    of another questionnaire says nothing."""
    return pairs if len(pairs) >= _MOST * n_fields else [pair for pair in pairs if not pair.by_order]


def _lines(column: Evidence, field: InstrumentField, answers: Answers, judged: Judged) -> list[ProposedLine]:
    """The line of a column, and those of its values that need one."""
    row = CrosswalkRow(var_name_orig=column.column.name, var_label_orig=column.column.label, var_name_target=field.name)
    values = value_lines(row, [answer for answer in answers.meant if answer.needs_line], judged.certainty)
    certainty = judged.certainty
    if _holds_personal(column):
        certainty, judged = "check", Judged("check", (*judged.why, Why("personal_inside")))
    return [ProposedLine(row, "column", certainty, judged.why), *values]


def value_lines(of_column: CrosswalkRow, answers: Sequence[Answer], certainty: Certainty) -> list[ProposedLine]:
    """The lines of values of a column, whose own line is as sure as ``certainty``."""
    return [_value_line(of_column, answer, certainty) for answer in answers]


def _value_line(of_column: CrosswalkRow, answer: Answer, certainty: Certainty) -> ProposedLine:
    """What one value of a column becomes: a code by its number, a named answer by its name."""
    is_code = isinstance(answer.cell, float) or not answer.label
    words = answer.label if len(answer.label) <= _LONGEST_LABEL and not is_personal(answer.label) else ""
    row = of_column.model_copy(
        update={
            "val_numeric_orig": as_text(answer.cell).replace(",", ".") if is_code else "",
            "val_label_orig": " ".join(words.split()),
            "val_numeric_target": as_text(answer.code) if isinstance(answer.code, float) else "",
            "val_label_target": answer.code if isinstance(answer.code, str) else "",
            "na_label_target": answer.reason,
        }
    )
    of_line: Certainty = "sure" if certainty == "sure" else "likely"  # a doubtful column is looked at once
    return ProposedLine(row, "value", least_sure([answer.certainty, of_line]), (Why(answer.why),))


def _left_out(column: Evidence, refused: str | None, might_be: Sequence[str]) -> ProposedLine:
    """A column that answers nothing. ``refused``: why it must not come in, when it must not; ``might_be``: variables
    without a column that its answers would fit."""
    row = CrosswalkRow(var_name_orig=column.column.name, var_label_orig=column.column.label)
    if refused:
        return ProposedLine(row, "personal", "sure", (Why("free_text" if refused == "free_text" else "personal"),))
    if might_be:
        named = ", ".join(might_be[:3]) + (" …" if len(might_be) > 3 else "")
        return ProposedLine(row, "left_out", "check", (Why("might_be", {"variables": named}),))
    return ProposedLine(row, "left_out", "likely", (Why("answers_nothing"),))


def _refused(table: SourceTable) -> dict[tuple[str, str], str]:
    """Columns that must not come in unless they answer a question, by place, with the code of what is wrong."""
    found = personal_data(table, Plan(variables=(), unmapped=table.columns, problems=()))
    return {where: problem.code for problem in found for where in problem.columns}


def _can_be_named(column: SourceColumn) -> bool:
    """Whether a line may name ``column``: it stands in the file, and its heading names no person."""
    return column.made_from is None and not is_personal(column.name)


def _holds_personal(column: Evidence) -> bool:
    return any(isinstance(cell, str) and is_personal(cell) for cell in column.cells)


def _nearest_column(j: int, best: Matrix, columns: Sequence[Evidence], paired: set[int]) -> str:
    """The column that a variable without one is most like, where that is worth saying."""
    scores = best[:, j]
    free = [i for i in range(len(columns)) if i not in paired and scores[i] >= LEAST * 0.75]
    return columns[max(free, key=lambda i: scores[i])].column.name[:60] if free else ""


def _absent(field: InstrumentField, nearest: str) -> ProposedLine:
    """The proposal that a question was not asked: somebody has to look, unless the question may be left out."""
    row = CrosswalkRow(var_name_target=field.name, na_label_target=NOT_ASKED)
    key = "absent_required" if field.required else "absent_optional" if field.optional else "absent"
    why = [Why(key)]
    if nearest:
        why.append(Why("perhaps", {"column": nearest}))
    return ProposedLine(row, "absent", "likely" if field.optional and not nearest else "check", tuple(why))
