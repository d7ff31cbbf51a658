"""What is said of a proposal: one sentence first, then what was found, then what to do. Columns and counts, no cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.intake.mapping.earlier import Changes
from pipeline.intake.mapping.lines import CERTAINTIES, Kind, ProposedLine
from pipeline.intake.mapping.propose import Proposal
from pipeline.intake.places import number
from pipeline.intake.words import Language, catalogue

_SHOWN = 8
_LONGEST = 50
_KINDS: tuple[tuple[Kind, ...], ...] = (("column",), ("value",), ("left_out", "personal"), ("absent",))


def first_sentence(proposal: Proposal, language: Language) -> str:
    """How many questions have a column, and how many lines somebody has to look at; or that nothing fits."""
    texts = catalogue()["mapping"][language]
    counts = {"found": proposal.found, "of": proposal.n_variables, "count": number(proposal.to_check, language)}
    if proposal.nothing_fits:
        return str(texts["nothing"].format(instrument=proposal.instrument.id, **counts))
    form = {0: "none", 1: "one"}.get(proposal.to_check, "many")
    return str(texts["found"][form].format(**counts))


def table_by_certainty(proposal: Proposal, language: Language) -> list[list[str]]:
    """Headings, then a row for each certainty: how many lines in all and of each kind."""
    texts = catalogue()["mapping"][language]
    rows = [list(texts["headings"])]
    for certainty in CERTAINTIES:
        lines = [line for line in proposal.lines if line.certainty == certainty]
        per_kind = [sum(line.kind in kinds for line in lines) for kinds in _KINDS]
        rows.append([texts["certainty"][certainty], *(number(n, language) for n in (len(lines), *per_kind))])
    return rows


def remarks(proposal: Proposal, changes: Changes | None, language: Language) -> list[str]:
    """What is worth knowing of columns and variables, a sentence each."""
    texts = catalogue()["mapping"][language]
    said = _changes(changes, language) if changes else []
    unclear = {_named(line) for line in proposal.of_kind("column", "value", "left_out") if line.certainty == "check"}
    in_order = [name for line in proposal.lines if (name := _named(line)) in unclear and name]
    for key, names in (
        ("unclear", in_order),
        ("absent", [line.row.var_name_target for line in proposal.of_kind("absent")]),
        ("left_out", [line.row.var_name_orig for line in proposal.of_kind("left_out")]),
        ("personal", [line.row.var_name_orig for line in proposal.of_kind("personal")]),
    ):
        if names:
            slot = "variables" if key == "absent" else "columns"
            said.append(texts[key].format(**{slot: listed(names, language)}))
    return said


def _named(line: ProposedLine) -> str:
    return line.row.var_name_orig


def _changes(changes: Changes, language: Language) -> list[str]:
    texts = catalogue()["mapping"][language]
    said = [texts["like"].format(wave=changes.wave, kept=number(changes.kept, language))]
    renamed = [f"{_short(old)} → {_short(new)}" for _, old, new in changes.renamed]
    for key, names in (("gone", changes.gone), ("new", changes.new), ("renamed", renamed), ("added", changes.added)):
        if names:
            said.append(texts[key].format(columns=listed(names, language)))
    return said if len(said) > 1 else [*said, texts["unchanged"]]


def listed(names: Iterable[str], language: Language) -> str:
    """The first few names, shortened, and how many more there are."""
    different = list(dict.fromkeys(names))
    shown = ", ".join(_short(name) for name in different[:_SHOWN])
    more = len(different) - _SHOWN
    word = {"nl": "en nog", "en": "and"}[language], {"nl": "", "en": " more"}[language]
    return f"{shown} {word[0]} {number(more, language)}{word[1]}" if more > 0 else shown


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def as_json(proposal: Proposal, changes: Changes | None, language: Language) -> dict[str, Any]:
    """The same for programs: every column and variable with its certainty and reasons; values only counted."""
    counted: dict[str, int] = {}
    for line in proposal.of_kind("value"):
        counted[line.row.var_name_target] = counted.get(line.row.var_name_target, 0) + 1
    return {
        "fits": not proposal.nothing_fits,
        "sentence": first_sentence(proposal, language),
        "instrument": proposal.instrument.id,
        "found": proposal.found,
        "variables": proposal.n_variables,
        "lines": dict(proposal.counts()),
        "columns": [
            {
                "column": line.row.var_name_orig,
                "variable": line.row.var_name_target,
                "kind": line.kind,
                "certainty": line.certainty,
                "why": [why.key for why in line.why],
                "said": line.said(language),
                "answers": counted.get(line.row.var_name_target, 0) if line.kind == "column" else 0,
            }
            for line in proposal.lines
            if line.kind != "value"
        ],
        "changes": _changes_as_json(changes),
    }


def _changes_as_json(changes: Changes | None) -> dict[str, Any] | None:
    if changes is None:
        return None
    renamed: Sequence[dict[str, str]] = [{"variable": v, "then": old, "now": new} for v, old, new in changes.renamed]
    return {
        "wave": changes.wave, "kept": changes.kept, "gone": list(changes.gone), "new": list(changes.new),
        "renamed": list(renamed), "added": list(changes.added),
    }  # fmt: skip
