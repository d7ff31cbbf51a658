"""Proposals for the real files, held against the crosswalks that were written for them by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from real_help import DATA, FILES, PARAMS, needs_data, real_expectation

from pipeline.declare import Study, load_study
from pipeline.intake.check import of_wave
from pipeline.intake.expectation import Expectation
from pipeline.intake.mapping.propose import Proposal, propose
from pipeline.intake.mapping.written import crosswalk_csv
from pipeline.intake.plan import make_plan
from pipeline.intake.reading.read import bounds_of, read_source
from pipeline.intake.source import Received, SourceTable
from pipeline.intake.text import fold

SOMERVILLE = Path(__file__).resolve().parents[3] / "acceptance" / "somerville"
SOMERVILLE_FILE = "somerville_happiness_2011_2013_2015.csv"
pytestmark = needs_data


@cache
def table_read(file: str) -> SourceTable:
    """The file as a table, read once: the large ones take seconds."""
    return read_source(Received(file, (DATA / file).read_bytes()), bounds_of(PARAMS))[0]


def table_of(file: str, expected: Expectation) -> SourceTable:
    return of_wave(table_read(file), expected.wave)


def compared(table: SourceTable, expected: Expectation) -> tuple[Proposal, dict[str, str], dict[str, str]]:
    """The proposal; the variable of each column by the crosswalk written by hand; the same as proposed."""
    proposal = propose(table, expected.instrument, expected.registry, wave=expected.wave)
    plan = make_plan(
        table, list(expected.crosswalk), expected.instrument, wave=expected.wave, registry=expected.registry
    )
    by_hand = {fold(v.column.name): v.field.name for v in plan.variables if v.column}
    lines = proposal.of_kind("column", "left_out", "personal")
    return proposal, by_hand, {fold(line.row.var_name_orig): line.row.var_name_target for line in lines}


def surely_wrong(proposal: Proposal, by_hand: dict[str, str]) -> list[str]:
    return [
        line.row.var_name_orig
        for line in proposal.of_kind("column")
        if line.certainty == "sure" and by_hand.get(fold(line.row.var_name_orig)) != line.row.var_name_target
    ]


@pytest.mark.parametrize("name", ["limesurvey", "qualtrics_codes", "qualtrics_text", "kobo", "darktriad", "texts"])
def test_what_was_mapped_by_hand_is_found(name: str) -> None:
    file, study, crosswalk = FILES[name]
    expected = real_expectation(study, crosswalk)
    proposal, by_hand, proposed = compared(table_of(file, expected), expected)
    assert surely_wrong(proposal, by_hand) == []
    found = sum(proposed.get(column) == variable for column, variable in by_hand.items())
    assert found >= 0.95 * len(by_hand)
    wrong = [column for column, variable in proposed.items() if variable and by_hand.get(column) != variable]
    assert len(wrong) <= 1


@pytest.mark.parametrize("wave", ["somerville-2011", "somerville-2013", "somerville-2015"])
def test_three_waves_of_one_city(wave: str) -> None:
    study = load_study(SOMERVILLE)
    expected = Expectation(
        study.instrument_of(wave), study.registry, PARAMS, study.waves[wave], tuple(study.crosswalks[wave])
    )
    proposal, by_hand, proposed = compared(table_of(SOMERVILLE_FILE, expected), expected)
    assert surely_wrong(proposal, by_hand) == []
    assert sum(proposed.get(column) == variable for column, variable in by_hand.items()) >= 0.75 * len(by_hand)


@pytest.mark.parametrize("file", [*dict.fromkeys(file for file, _, _ in FILES.values()), SOMERVILLE_FILE])
def test_against_another_questionnaire_nothing_fits(file: str, shipped: Study) -> None:
    instrument = next(iter(shipped.instruments.values()))
    proposal = propose(table_of(file, Expectation(instrument, shipped.registry, PARAMS)), instrument, shipped.registry)
    assert proposal.nothing_fits


@pytest.mark.parametrize("name", ["limesurvey", "qualtrics_text", "kobo", "darktriad"])
def test_no_more_than_closed_answers_is_written(name: str) -> None:
    file, study, crosswalk = FILES[name]
    expected = real_expectation(study, crosswalk)
    table = table_of(file, expected)
    proposal = propose(table, expected.instrument, expected.registry)
    closed = {f.name for f in expected.instrument.fields if expected.instrument.categories_of(f) or f.role == "project"}
    closed |= {f.name for f in expected.instrument.fields if f.role == "language"}
    values = proposal.of_kind("value")
    assert {line.row.var_name_target for line in values} <= closed
    assert all(len(line.row.val_label_orig) <= 200 for line in values)
    text = crosswalk_csv(proposal.lines, "nl").decode("utf-8-sig")
    headings = {fold(text) for c in table.columns for text in (c.name, c.label)}
    for column in table.columns:
        cells = [cell for cell in table.cells_by_row[column.position].cat.categories if isinstance(cell, str)]
        long = [cell for cell in cells if len(cell) > 60 and fold(cell) not in headings]
        assert not [cell for cell in long if " ".join(cell.split()) in text]
