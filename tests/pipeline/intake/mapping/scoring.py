"""How many lines of a proposal are right, by how sure they say they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from derived_files import Derived

from pipeline.declare import Instrument
from pipeline.intake.mapping.lines import ProposedLine
from pipeline.intake.mapping.propose import Proposal


@dataclass
class Score:
    """``columns`` and ``values``: lines by (right, certainty). ``missed``: variables in the file without a column.
    ``wrong``: what was wrong, for a person to look at."""

    name: str
    columns: Counter[tuple[bool, str]] = field(default_factory=Counter)
    values: Counter[tuple[bool, str]] = field(default_factory=Counter)
    n_variables: int = 0
    found: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def missed(self) -> int:
        return self.n_variables - self.found

    @property
    def surely_wrong(self) -> list[str]:
        return [text for text in self.wrong if text.startswith("sure")]


def score(derived: Derived, proposal: Proposal, instrument: Instrument) -> Score:
    """Hold every line against what is true of the file."""
    result = Score(derived.name, n_variables=len({v for v in derived.variable.values() if v}))
    if proposal.nothing_fits:
        return result  # no crosswalk is written
    by_heading = {heading.casefold(): variable for heading, variable in derived.variable.items()}
    for line in proposal.lines:
        truth = by_heading.get(line.row.var_name_orig.casefold())
        if line.kind == "value":
            right = truth == line.row.var_name_target and _value_is_right(line, derived, instrument)
            result.values[(right, line.certainty)] += 1
        elif line.kind == "absent":
            right = line.row.var_name_target not in derived.meaning
        else:
            right = truth == (line.row.var_name_target or None)
            result.columns[(right, line.certainty)] += 1
            result.found += bool(right and truth)
        if not right:
            cells = [cell for cell in line.row.model_dump().values() if cell]
            result.wrong.append(f"{line.certainty} {line.kind} {cells} truth {truth}: {line.said('en')}")
    return result


def _value_is_right(line: ProposedLine, derived: Derived, instrument: Instrument) -> bool:
    row = line.row
    meaning = {cell.casefold(): code for cell, code in derived.meaning[row.var_name_target].items()}
    source = row.val_numeric_orig or row.val_label_orig
    if source.casefold() not in meaning:
        return not (row.val_numeric_target or row.val_label_target)
    code = meaning[source.casefold()]
    if isinstance(code, str) and code.startswith("!"):
        return row.na_label_target == code[1:]
    target = float(row.val_numeric_target) if row.val_numeric_target else row.val_label_target
    return bool(target == code)
