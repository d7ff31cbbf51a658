"""What an earlier wave's crosswalk knows already: only what changed since is new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.declare import CrosswalkRow, Instrument, Registry, Study, Wave
from pipeline.intake.mapping.answers import answers_of
from pipeline.intake.mapping.evidence import Evidence, evidence_of, says_nothing
from pipeline.intake.mapping.likeness import Aliases
from pipeline.intake.mapping.lines import Kind, ProposedLine, Why
from pipeline.intake.mapping.propose import Proposal, propose, value_lines
from pipeline.intake.source import SourceColumn, SourceTable
from pipeline.intake.text import as_text, fold, number_in

_FITS = 0.7
"""So many of an earlier crosswalk's columns have to be in the file for it to be used unasked."""
_WORTH_IT = 3
"""A crosswalk with fewer columns that are called otherwise than the variable adds nothing."""


@dataclass(frozen=True)
class Changes:
    """What is different from wave ``wave``: ``kept`` columns are the same; ``gone``, ``new``: headings; ``renamed``:
    variable, heading then, heading now; ``added``: headings of columns with answers that were not known then."""

    wave: str
    kept: int
    gone: tuple[str, ...]
    new: tuple[str, ...]
    renamed: tuple[tuple[str, str, str], ...]
    added: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether all is as it was."""
        return not (self.gone or self.new or self.renamed or self.added)


def best_earlier(
    study: Study, instrument: Instrument, table: SourceTable, *, corporation: str | None = None
) -> str | None:
    """The wave of the same questionnaire, and of ``corporation`` where that is known, whose crosswalk fits the file
    best, the latest of equals; ``None`` when none fits."""
    present = {fold(column.name) for column in table.columns}
    fits: list[tuple[float, str]] = []
    for name in waves_of(study, instrument):
        if corporation is not None and study.waves[name].corporation != corporation:
            continue
        rows = study.crosswalks[name]
        own = {fold(row.var_name_orig) for row in rows if row.var_name_orig}
        renamed = {fold(row.var_name_orig) for row in rows if row.var_name_target} - {
            field.name for field in instrument.fields
        }
        if len(renamed) >= _WORTH_IT and len(own & present) >= _FITS * len(own):
            fits.append((len(own & present) / len(own), name))
    return max(fits, key=lambda entry: entry[0], default=(0.0, None))[1] if fits else None


def waves_of(study: Study, instrument: Instrument) -> list[str]:
    """Waves of ``instrument``, the latest first."""
    own = [name for name, wave in study.waves.items() if wave.instrument == instrument.id]
    return sorted(own, key=lambda name: study.waves[name].fieldwork.start, reverse=True)


def propose_like(
    table: SourceTable,
    instrument: Instrument,
    registry: Registry,
    rows: Sequence[CrosswalkRow],
    *,
    earlier: str,
    wave: Wave | None = None,
) -> tuple[Proposal, Changes]:
    """A crosswalk for ``table`` that begins from the one of wave ``earlier``, and what is different from then."""
    by_column: dict[str, list[CrosswalkRow]] = defaultdict(list)
    for row in rows:
        if row.var_name_orig:
            by_column[fold(row.var_name_orig)].append(row)
    here = {fold(column.name): column for column in reversed(table.columns)}
    known: dict[str, list[ProposedLine]] = {}
    added: list[str] = []
    evidence = {one.column.position: one for one in evidence_of(table)}
    for folded, own in by_column.items():
        if column := here.get(folded):
            taken = [_taken(row, column, instrument, earlier) for row in own]
            new = _new_answers(table, instrument, registry, own, evidence[column.position], wave, earlier)
            added += [column.name] if new else []
            known[str(column.position)] = [*taken, *new]
    gone = {folded: own for folded, own in by_column.items() if folded not in here}
    proposal = propose(table, instrument, registry, wave=wave, aliases=_aliases(gone), known=known)
    proposal = _with_absent(proposal, rows, earlier)
    return proposal, _changes(proposal, by_column, here, gone, added, earlier)


def _taken(row: CrosswalkRow, column: SourceColumn, instrument: Instrument, earlier: str) -> ProposedLine:
    """A line as it was. A name that is but a number may have become another question's, and projects may be numbered
    anew."""
    line = ProposedLine(row, _kind(row), "sure", (Why("as_before", {"wave": earlier}),))
    same_words = bool(column.label) and fold(column.label) == fold(row.var_label_orig)
    if says_nothing(column.name) and not same_words:
        return line.at_most("likely", Why("name_says_nothing"))
    roles = {field.name: field.role for field in instrument.fields}
    if line.kind == "value" and roles.get(row.var_name_target) == "project" and row.val_numeric_orig:
        return line.at_most("likely", Why("numbered_anew"))
    return line


def _kind(row: CrosswalkRow) -> Kind:
    if not row.var_name_target:
        return "left_out"
    return "value" if row.val_numeric_orig or row.val_label_orig else "column"


def _aliases(gone: Mapping[str, Sequence[CrosswalkRow]]) -> Aliases:
    """Names and wordings of the columns that are no longer there, for the variables they answered."""
    names: dict[str, tuple[str, ...]] = {}
    wordings: dict[str, tuple[str, ...]] = {}
    for own in gone.values():
        for row in own:
            if row.var_name_target:
                names[row.var_name_target] = (row.var_name_orig,)
                wordings[row.var_name_target] = (row.var_name_orig, *filter(None, [row.var_label_orig]))
    return Aliases(names, wordings)


def _new_answers(
    table: SourceTable,
    instrument: Instrument,
    registry: Registry,
    own: Sequence[CrosswalkRow],
    column: Evidence,
    wave: Wave | None,
    earlier: str,
) -> list[ProposedLine]:
    """Lines for answers that the earlier crosswalk does not know and the questionnaire reads otherwise than meant."""
    target = next((row.var_name_target for row in own if row.var_name_target), "")
    if target not in {field.name for field in instrument.fields}:
        return []
    said = {number for row in own if (number := number_in(row.val_numeric_orig or "x", ".")) is not None}
    texts = {fold(row.val_label_orig) for row in own if row.val_label_orig}
    field = instrument.field_named(target)
    answers = answers_of(column, field, instrument, decimal=table.format.decimal, wave=wave, registry=registry)
    new = [
        answer
        for answer in answers.meant
        if answer.needs_line
        and answer.rows
        and number_in(answer.cell, table.format.decimal) not in said
        and fold(answer.label or as_text(answer.cell)) not in texts
    ]
    row = next(row for row in own if row.var_name_target)
    bare = CrosswalkRow(
        var_name_orig=column.column.name, var_label_orig=row.var_label_orig, var_name_target=row.var_name_target
    )
    why = Why("new_answer", {"wave": earlier})
    return [line.at_most("check", why) for line in value_lines(bare, new, "sure")]


def _with_absent(proposal: Proposal, rows: Sequence[CrosswalkRow], earlier: str) -> Proposal:
    """Questions that were not asked then either need no look, unless a column resembles them."""
    before = {row.var_name_target: row.na_label_target for row in rows if not row.var_name_orig}
    lines = []
    for line in proposal.lines:
        if line.kind == "absent" and line.row.var_name_target in before and len(line.why) == 1:
            row = line.row.model_copy(update={"na_label_target": before[line.row.var_name_target]})
            line = ProposedLine(row, "absent", "likely", (Why("absent_before", {"wave": earlier}),))
        lines.append(line)
    return Proposal(proposal.table, proposal.instrument, tuple(lines))


def _changes(
    proposal: Proposal,
    by_column: Mapping[str, Sequence[CrosswalkRow]],
    here: Mapping[str, SourceColumn],
    gone: Mapping[str, Sequence[CrosswalkRow]],
    added: Sequence[str],
    earlier: str,
) -> Changes:
    """What is different, from the lines as proposed."""
    then = {row.var_name_target: row.var_name_orig for own in gone.values() for row in own if row.var_name_target}
    now = {line.row.var_name_target: line.row.var_name_orig for line in proposal.of_kind("column")}
    renamed = tuple((variable, old, now[variable]) for variable, old in then.items() if variable in now)
    renamed_now = {fold(new) for _, _, new in renamed}
    own_names = {field.name for field in proposal.instrument.fields}
    new = tuple(
        column.name
        for folded, column in here.items()
        if folded not in by_column and folded not in renamed_now and folded not in own_names
    )
    renamed_then = {fold(old) for _, old, _ in renamed}
    lost = tuple(own[0].var_name_orig for folded, own in gone.items() if folded not in renamed_then)
    return Changes(earlier, len(set(by_column) & set(here)), lost, new, renamed, tuple(added))
