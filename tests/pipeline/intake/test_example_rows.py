"""The example row that somebody left in a delivery workbook."""

from __future__ import annotations

import pytest
from intake_help import GOOD, REGISTRY, checked, codes, csv_bytes, expectation

from pipeline.declare import Registry
from pipeline.intake.check import Expectation
from pipeline.intake.messages import explain


def example(word: str) -> list[str]:
    return ["x", word, *GOOD[2:]]


@pytest.mark.parametrize("word", ["VOORBEELD", "voorbeeld", "Example", " EXAMPLE "])
def test_it_is_left_out_and_told(word: str) -> None:
    found = checked(csv_bytes(example(word), GOOD, [*GOOD[:1], "elm", *GOOD[2:]]))
    assert codes(found)[0] == "example_row"
    assert found.problems[0].rows == (2,)
    assert found.acceptable
    assert found.ingested_by_person is not None
    assert list(found.ingested_by_person["project"]) == ["ash", "elm"]


def test_several_are_counted() -> None:
    found = checked(csv_bytes(example("VOORBEELD"), GOOD, example("VOORBEELD")))
    assert found.problems[0].rows == (2, 4)
    assert "2 voorbeeldrijen" in explain(found.problems[0], "nl")["what"]


def test_a_project_that_is_called_so_stays() -> None:
    called = REGISTRY.model_copy(
        update={"projects": [REGISTRY.projects[0].model_copy(update={"name": "Voorbeeld"}), *REGISTRY.projects[1:]]}
    )
    asked = expectation()
    registry = Registry.model_validate(called.model_dump(exclude_defaults=True))
    expected = Expectation(asked.instrument, registry, asked.params, asked.wave)
    found = checked(csv_bytes(example("Voorbeeld")), expected=expected)
    assert "example_row" not in codes(found)


def test_other_words_are_unknown_projects_as_before() -> None:
    assert "project_unknown" in codes(checked(csv_bytes(example("voorbeelden"), GOOD)))


def test_nothing_else_is_no_rows() -> None:
    assert codes(checked(csv_bytes(example("VOORBEELD")))) == ["no_rows"]
