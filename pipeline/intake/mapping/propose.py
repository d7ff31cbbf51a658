"""The proposal: every column and every variable of a file, as the lines of a crosswalk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.declare import CrosswalkRow, Instrument, InstrumentField, Registry, Wave
from pipeline.declare.names import NOT_ASKED
from pipeline.intake.identifiers import is_personal
from pipeline.intake.mapping.answers import Answers
from pipeline.intake.mapping.certainty import Judged
from pipeline.intake.mapping.evidence import Evidence, evidence_of
from pipeline.intake.mapping.likeness import Aliases
from pipeline.intake.mapping.lines import CERTAINTIES, Certainty, ProposedLine, Why, least_sure
from pipeline.intake.mapping.matching import MOST, Matching
from pipeline.intake.mapping.meanings import Answer
from pipeline.intake.problems import place
from pipeline.intake.source import SourceColumn, SourceTable
from pipeline.intake.text import as_text, fold

_A_COINCIDENCE = 0.1
"""So few of the variables may be found by chance: then it is another questionnaire."""
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
        return certain <= _A_COINCIDENCE * n_fields and self.found < MOST * n_fields

    def all_to_check(self) -> Proposal:
        """The proposal with every line to be looked at: what is had by chance may be wrong throughout."""
        return replace(self, lines=tuple(line.at_most("check", Why("hardly_fits")) for line in self.lines))

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
    matching = Matching(
        table, instrument, registry, wave,
        columns=[one for one in evidence_of(table) if one.column.position not in decided],
        fields=[field for field in instrument.fields if field.name not in had],
        aliases=aliases or Aliases(),
    )  # fmt: skip
    lines = decided | _matched(matching) | _left(matching)
    ordered = [line for position in sorted(lines) for line in lines[position]]
    return Proposal(table, instrument, (*ordered, *_without(matching)))


def _matched(matching: Matching) -> dict[int, list[ProposedLine]]:
    """The lines of columns that answer a variable, by position."""
    lines = {}
    for pair in matching.pairs:
        column, field = matching.columns[pair.i], matching.fields[pair.j]
        lines[column.column.position] = _lines(column, field, matching.answers(pair.i, pair.j), matching.judged(pair))
    return lines


def _left(matching: Matching) -> dict[int, list[ProposedLine]]:
    """The lines of columns that answer nothing, by position."""
    lines = {}
    for i in matching.left:
        column = matching.columns[i]
        if _can_be_named(column.column):
            refused = matching.refused.get(place(column.column))
            lines[column.column.position] = [_left_out(column, refused, matching.might_be(i))]
    return lines


def _without(matching: Matching) -> list[ProposedLine]:
    """The lines of variables that no column answers."""
    nearest = {j: matching.columns[i].column.name[:60] for j, i in matching.perhaps.items()}
    return [_absent(matching.fields[j], nearest.get(j, "")) for j in matching.without]


def _lines(column: Evidence, field: InstrumentField, answers: Answers, judged: Judged) -> list[ProposedLine]:
    """The line of a column, and those of its values that need one."""
    row = CrosswalkRow(var_name_orig=column.column.name, var_label_orig=column.column.label, var_name_target=field.name)
    values = value_lines(row, [answer for answer in answers.meant if answer.needs_line], judged.certainty)
    certainty = judged.certainty
    if _holds_personal(column):
        certainty, judged = "check", Judged("check", (*judged.why, Why("personal_inside")))
    return [ProposedLine(row, "column", certainty, judged.why), *values]


def value_lines(of_column: CrosswalkRow, answers: Sequence[Answer], certainty: Certainty) -> list[ProposedLine]:
    """The lines of values of a column, whose own line is as sure as ``certainty``; one for a code that the file has
    both as a number and as text."""
    lines: dict[tuple[str, str], ProposedLine] = {}
    for answer in answers:
        line = _value_line(of_column, answer, certainty)
        lines.setdefault((line.row.val_numeric_orig, fold(line.row.val_label_orig)), line)
    return list(lines.values())


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


def _can_be_named(column: SourceColumn) -> bool:
    """Whether a line may name ``column``: it stands in the file, and its heading names no person."""
    return column.made_from is None and not is_personal(column.name)


def _holds_personal(column: Evidence) -> bool:
    return any(isinstance(cell, str) and is_personal(cell) for cell in column.cells)


def _absent(field: InstrumentField, nearest: str) -> ProposedLine:
    """The proposal that a question was not asked: somebody has to look, unless the question may be left out."""
    row = CrosswalkRow(var_name_target=field.name, na_label_target=NOT_ASKED)
    key = "absent_required" if field.required else "absent_optional" if field.optional else "absent"
    why = [Why(key)]
    if nearest:
        why.append(Why("perhaps", {"column": nearest}))
    return ProposedLine(row, "absent", "likely" if field.optional and not nearest else "check", tuple(why))
