"""A proposal for a few columns of the small questionnaire, or of one made of a single scale."""

from __future__ import annotations

from collections.abc import Sequence

from intake_help import INSTRUMENT, PARAMS, REGISTRY

from pipeline.declare import Instrument
from pipeline.intake.mapping.lines import ProposedLine
from pipeline.intake.mapping.propose import Proposal, propose
from pipeline.intake.reading.read import bounds_of, read_source
from pipeline.intake.source import Received, SourceTable


def table_of(columns: dict[str, Sequence[object]]) -> SourceTable:
    """A CSV with these columns, read."""
    rows = [";".join(columns), *(";".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    data = ("\n".join(rows) + "\n").encode()
    return read_source(Received("answers.csv", data), bounds_of(PARAMS))[0]


def proposal_of(columns: dict[str, Sequence[object]], instrument: Instrument = INSTRUMENT) -> Proposal:
    """The proposal for a CSV with these columns."""
    return propose(table_of(columns), instrument, REGISTRY)


def column_line(proposal: Proposal, heading: str) -> ProposedLine:
    """The line of a column."""
    (line,) = [one for one in proposal.lines if one.row.var_name_orig == heading and one.kind != "value"]
    return line


def values(proposal: Proposal, variable: str) -> dict[str, tuple[str, str]]:
    """What every value of a variable becomes, and how sure that is."""
    return {
        line.row.val_numeric_orig or line.row.val_label_orig: (
            line.row.val_numeric_target or line.row.val_label_target or line.row.na_label_target,
            line.certainty,
        )
        for line in proposal.of_kind("value")
        if line.row.var_name_target == variable
    }
