"""What one cell means: by hand, for every kind of variable."""

from __future__ import annotations

import pytest
from intake_help import INSTRUMENT, REGISTRY, wave

from pipeline.intake.source import Cell, SourceColumn
from pipeline.intake.text import Mark
from pipeline.intake.values import Outcome, Recode, cell_reader, field_reader


def read(
    name: str,
    cell: Cell,
    *,
    decimal: Mark = ".",
    labels: dict[Cell, str] | None = None,
    missing: tuple[tuple[Cell, Cell], ...] = (),
    recodes: tuple[Recode, ...] = (),
) -> Outcome:
    field = INSTRUMENT.field_named(name)
    own = field_reader(field, INSTRUMENT, decimal=decimal, wave=wave(), registry=REGISTRY)
    column = SourceColumn(0, "A", name, value_labels=labels or {}, missing_ranges=missing)
    return cell_reader(own, column, recodes, decimal)(cell)


@pytest.mark.parametrize(
    "cell", ["1", 1.0, "1.0", " 1 ", "mee oneens", "Mee  Oneens ", "DISAGREE", "لا أوافق", "\u200fلا أوافق"]
)
def test_a_code_or_its_label_in_any_language_is_the_code(cell: Cell) -> None:
    assert read("a1", cell) == Outcome(1.0)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("98", "dont_know"), (98.0, "dont_know"), ("don’t know", "dont_know"), ("Weet ik niet", "dont_know"),
     ("99", "no_answer"), ("R", "refused"), ("weigert", "refused")],
)  # fmt: skip
def test_a_missing_code_or_its_label_is_its_reason(cell: Cell, reason: str) -> None:
    assert read("a1", cell) == Outcome(None, reason)
    assert read("gender", cell) == Outcome(None, reason)


@pytest.mark.parametrize("cell", ["0", "4", 4.0, "7", "-1", "1.5", 1.5, "810"])
def test_a_number_that_is_no_code_is_out_of_range(cell: Cell) -> None:
    assert read("a1", cell) == Outcome(None, "out_of_range", "out_of_range")


@pytest.mark.parametrize(
    "cell", ["een beetje", "1,0", "1 - heel fijn", "1 - 2", "5 - mee oneens", "1e0", "inf", "nan", "1_0", "true"]
)
def test_anything_else_is_unreadable(cell: str) -> None:
    assert read("a1", cell) == Outcome(None, "unreadable", "unreadable")


@pytest.mark.parametrize(("cell", "value"), [("7.5", 7.5), (7.5, 7.5), ("1", 1.0), ("10", 10.0), ("cijfer 3", 3.0)])
def test_steps_between_codes_are_kept_where_the_scale_allows_them(cell: Cell, value: float) -> None:
    assert read("m1", cell) == Outcome(value)


@pytest.mark.parametrize("cell", ["7.25", "0.5", "10.5", 7.1])
def test_other_steps_are_out_of_range(cell: Cell) -> None:
    assert read("m1", cell).reason == "out_of_range"


def test_a_decimal_comma_is_read_where_the_file_has_one() -> None:
    assert read("m1", "7,5", decimal=",") == Outcome(7.5)
    assert read("m1", "7.5", decimal=",") == Outcome(None, "unreadable", "unreadable")
    assert read("years", "1.000", decimal=",").reason == "unreadable"


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [("0", Outcome(0.0)), ("2.25", Outcome(2.25)), (40.0, Outcome(40.0)),
     ("41", Outcome(None, "out_of_range", "out_of_range")), ("-1", Outcome(None, "out_of_range", "out_of_range")),
     ("98", Outcome(None, "dont_know")), ("0.30000000000000004", Outcome(0.1 + 0.2)),
     ("two", Outcome(None, "unreadable", "unreadable"))],
)  # fmt: skip
def test_a_quantity_lies_within_its_bounds(cell: Cell, outcome: Outcome) -> None:
    assert read("years", cell) == outcome


@pytest.mark.parametrize("cell", ["woman", "Woman ", "vrouw", "VROUW"])
def test_a_named_category_is_kept_as_declared(cell: str) -> None:
    assert read("gender", cell) == Outcome("woman")
    assert read("gender", "1") == Outcome(None, "unreadable", "unreadable")


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [("ash", Outcome("ash")), ("ASH", Outcome("ash")), ("Huize Elm", Outcome("elm")),
     ("oak", Outcome(None, "unknown_project", "project_not_in_wave")),
     ("Huize Oak", Outcome(None, "unknown_project", "project_not_in_wave")),
     ("beech", Outcome(None, "unknown_project", "project_unknown")), ("99", Outcome(None, "no_answer"))],
)  # fmt: skip
def test_a_project_is_one_of_the_wave(cell: str, outcome: Outcome) -> None:
    assert read("house", cell) == outcome


@pytest.mark.parametrize(
    ("cell", "value"),
    [("2025-01-31", "2025-01-31"), ("31-1-2025", "2025-01-31"), ("31/01/2025", "2025-01-31"),
     ("31.01.2025", "2025-01-31"), ("2025-01-31 14:05:00", "2025-01-31"), ("2025-01-31T14:05", "2025-01-31")],
)  # fmt: skip
def test_dates_become_iso(cell: str, value: str) -> None:
    assert read("day", cell) == Outcome(value)


@pytest.mark.parametrize(
    ("cell", "reason", "problem"),
    [("31-2-2025", "out_of_range", "date_impossible"), ("2025-13-01", "out_of_range", "date_impossible"),
     ("0205-01-13", "out_of_range", "date_impossible"), ("1900-01-12", "out_of_range", "date_impossible"),
     ("45750", "out_of_range", "date_impossible"), (45750.0, "out_of_range", "date_impossible"),
     ("13/13/2025", "out_of_range", "date_impossible"), ("spring", "unreadable", "unreadable"),
     ("3-4-25", "unreadable", "unreadable")],
)  # fmt: skip
def test_impossible_dates_are_set_aside(cell: Cell, reason: str, problem: str) -> None:
    assert read("day", cell) == Outcome(None, reason, problem)


def test_the_crosswalk_comes_before_everything() -> None:
    turned = (Recode(1.0, "", Outcome(3.0)), Recode(None, "n.v.t.", Outcome(None, "not_asked")))
    assert read("a1", "1", recodes=turned) == Outcome(3.0)
    assert read("a1", 1.0, recodes=turned) == Outcome(3.0)
    assert read("a1", " N.V.T.", recodes=turned) == Outcome(None, "not_asked")
    assert read("a1", "2", recodes=turned) == Outcome(2.0)
    # by the label the file gives to a code
    assert read("a1", 7.0, labels={7.0: "n.v.t."}, recodes=turned) == Outcome(None, "not_asked")


def test_codes_the_file_declares_missing_are_missing_with_the_best_reason_there_is() -> None:
    assert read("a1", 98.0, missing=((98.0, 99.0),)) == Outcome(None, "dont_know")
    assert read("a1", 7.0, missing=((7.0, 9.0),)) == Outcome(None, "user_missing")
    assert read("a1", 7.0, missing=((7.0, 9.0),), labels={7.0: "Weigert"}) == Outcome(None, "refused")
    # even a code that the questionnaire has
    assert read("a1", 3.0, missing=((3.0, 3.0),)) == Outcome(None, "user_missing")
    assert read("gender", "X", missing=(("X", "X"),)) == Outcome(None, "user_missing")


def test_a_label_explains_a_code_the_questionnaire_does_not_have() -> None:
    assert read("a1", 30.0, labels={30.0: "Mee eens"}) == Outcome(3.0)
    assert read("gender", 2.0, labels={2.0: "man"}) == Outcome("man")
    assert read("house", 1.0, labels={1.0: "Huize Ash"}) == Outcome("ash")


def test_a_label_that_contradicts_its_code_is_nobodys_to_guess() -> None:
    assert read("a1", 1.0, labels={1.0: "mee eens"}) == Outcome(None, "unreadable", "labels_contradict")
    assert read("a1", 1.0, labels={1.0: "mee oneens"}) == Outcome(1.0)
    # a wording of the sender's own says nothing either way
    assert read("a1", 1.0, labels={1.0: "beslist niet"}) == Outcome(1.0)
    # the crosswalk settles it
    assert read("a1", 1.0, labels={1.0: "mee eens"}, recodes=(Recode(1.0, "", Outcome(3.0)),)) == Outcome(3.0)


def test_text_without_categories_is_not_kept() -> None:
    field = INSTRUMENT.field_named("gender").model_copy(update={"categories": []})
    own = field_reader(field, INSTRUMENT, decimal=".", wave=None, registry=REGISTRY)
    assert own("what somebody wrote") == Outcome(None, "unreadable", "unreadable")
