"""Answers of a column in the questionnaire's own codes, on columns that can be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from intake_help import INSTRUMENT, REGISTRY
from mapping_help import column_line, proposal_of, values

from pipeline.declare import Instrument
from pipeline.intake.mapping.propose import propose
from pipeline.intake.source import SourceColumn, SourceTable


def answers(*cells: object, heading: str = "a1", instrument: Instrument = INSTRUMENT) -> dict[str, tuple[str, str]]:
    """The value lines of one column, beside columns that make the questionnaire recognisable."""
    rows = [*cells] * 6
    columns: dict[str, Sequence[object]] = {"house": ["ash"] * len(rows), "a2": [1] * len(rows), heading: rows}
    return values(proposal_of(columns, instrument), heading)


def test_codes_and_labels_of_the_questionnaire_need_no_line() -> None:
    assert answers(1, 2, 3, "mee eens", "agree", "لا أوافق", 99, "weet ik niet") == {}


@pytest.mark.parametrize(("cell", "target"), [("mee  eens.", "3"), ("neutral.", "2"), ("mee onens", "1")])
def test_spelling_variants_are_proposed_not_taken(cell: str, target: str) -> None:
    found = answers(1, 2, cell)
    assert found[" ".join(cell.split())][0] == target
    assert found[" ".join(cell.split())][1] in ("likely", "check")


def test_a_letter_more_does_not_turn_an_answer_into_its_opposite() -> None:
    assert answers("mee eens", "mee oneens", "neutraal") == {}
    assert answers("niet mee eens", 1, 3)["niet mee eens"][0] in ("", "1")


@pytest.mark.parametrize(
    ("cell", "target"), [("Eens", "3"), ("oneens", "1"), ("Neither agree nor disagree", "2"), ("neutraal", None)]
)
def test_other_words_for_the_same_answer(cell: str, target: str | None) -> None:
    found = answers(1, 2, 3, cell)
    assert found == ({} if target is None else {cell: (target, "likely")})


def test_codes_that_begin_at_nought_are_shifted_as_a_whole_and_to_be_looked_at() -> None:
    assert answers(0, 1, 2) == {"0": ("1", "check"), "1": ("2", "check"), "2": ("3", "check")}


def test_codes_that_use_the_whole_scale_are_not_shifted() -> None:
    assert answers(1, 2, 3) == {}
    assert "1" not in answers(0, 1, 2, 3)


@pytest.mark.parametrize(
    ("cell", "target"),
    [(8, "dont_know"), (9, "no_answer"), (88, "dont_know"), (999, "no_answer"), (-1, "no_answer"), (77, "not_asked")],
)
def test_customary_codes_for_no_answer(cell: int, target: str) -> None:
    assert answers(1, 2, 3, cell) == {str(cell): (target, "likely")}


def test_a_code_next_to_the_scale_is_to_be_looked_at() -> None:
    assert answers(1, 2, 3, 4)["4"] == ("", "check")


@pytest.mark.parametrize("cell", ["geen idee", "dont know", "no opinion"])
def test_words_for_no_answer(cell: str) -> None:
    assert answers(1, 2, cell) == {cell: ("dont_know", "likely")}


def test_code_and_label_in_one() -> None:
    assert answers("1 - mee oneens", "2 - neutraal", "3 - mee eens") == {}, "read as they are"
    assert answers("1 - oneens", "(3) eens") == {"1 - oneens": ("1", "likely"), "(3) eens": ("3", "likely")}
    assert answers("1 - mee eens", 2)["1 - mee eens"] == ("3", "check"), "code and label say different things"


def test_numbers_for_named_answers_follow_the_order_and_are_to_be_looked_at() -> None:
    assert answers(1, 2, heading="gender") == {"1": ("woman", "check"), "2": ("man", "check")}
    assert answers("V", "M", heading="gender") == {"V": ("woman", "likely"), "M": ("man", "likely")}


def test_nought_and_one_for_no_and_yes() -> None:
    field = INSTRUMENT.field_named("gender")
    yes_no = [
        c.model_copy(update={"value": v, "label": {"nl": v}})
        for c, v in zip(field.categories, ("ja", "nee"), strict=True)
    ]
    changed = field.model_copy(update={"categories": yes_no})
    fields = [changed if one.name == "gender" else one for one in INSTRUMENT.fields]
    instrument = INSTRUMENT.model_copy(update={"fields": fields})
    assert answers(0, 1, heading="gender", instrument=instrument) == {"0": ("nee", "likely"), "1": ("ja", "likely")}
    assert answers("true", "false", heading="gender", instrument=instrument)["true"] == ("ja", "likely")


def test_projects_by_name_and_nearly_by_name() -> None:
    found = answers("Huize Ash", "huize elm", "Huize Oack", "oak", heading="house")
    assert found == {"Huize Oack": ("oak", "check")}


def labelled(labels: dict[float, str], cells: list[float]) -> tuple[dict[str, tuple[str, str]], str]:
    """Value lines and certainty of a column a1 whose codes have these labels in the file."""
    import pandas as pd

    from pipeline.intake.source import FileFormat, Received

    data = {0: ["ash"] * len(cells), 1: cells, 2: [1.0] * len(cells)}
    frame = pd.DataFrame({k: pd.Series(v, index=range(1, len(cells) + 1), dtype="category") for k, v in data.items()})
    columns = (
        SourceColumn(0, "", "house"), SourceColumn(1, "", "a1", value_labels=labels), SourceColumn(2, "", "a2"),
    )  # fmt: skip
    table = SourceTable(Received("x.sav", b"x"), FileFormat("sav"), columns, frame)
    proposal = propose(table, INSTRUMENT, REGISTRY)
    return values(proposal, "a1"), column_line(proposal, "a1").certainty


def test_labels_that_run_the_other_way_give_every_code_a_line() -> None:
    found, certainty = labelled({1.0: "mee eens", 2.0: "neutraal", 3.0: "mee oneens"}, [1.0, 2.0, 3.0] * 5)
    assert found == {"1": ("3", "sure"), "3": ("1", "sure")}
    assert certainty == "sure"


def test_codes_whose_labels_are_known_need_no_guess() -> None:
    labels = {10.0: "mee oneens", 20.0: "neutraal", 30.0: "mee eens", 90.0: "geen opgave"}
    found, _ = labelled(labels, [10.0, 20.0, 30.0, 90.0] * 5)
    assert found == {"90": ("no_answer", "likely")}, "labels of the questionnaire are read as they are"


def test_labels_nobody_declared_are_a_reason_to_look() -> None:
    _, certainty = labelled({1.0: "prima", 2.0: "gaat wel", 3.0: "beroerd"}, [1.0, 2.0, 3.0] * 5)
    assert certainty == "check", "the codes fit, but the scale may run the other way"
