"""A questionnaire that changed since last wave: only what changed is new, and it is said what that is."""

from __future__ import annotations

from collections.abc import Sequence

from intake_help import INSTRUMENT, REGISTRY
from mapping_help import column_line, table_of, values

from pipeline.declare import CrosswalkRow
from pipeline.intake.mapping.earlier import Changes, propose_like
from pipeline.intake.mapping.propose import Proposal
from pipeline.intake.mapping.summary import remarks

THEN = [
    CrosswalkRow(var_name_orig="woning", var_name_target="house"),
    CrosswalkRow(var_name_orig="woning", val_numeric_orig="1", var_name_target="house", val_label_target="ash"),
    CrosswalkRow(var_name_orig="stelling1", var_label_orig="een", var_name_target="a1"),
    CrosswalkRow(var_name_orig="stelling1", val_numeric_orig="9", var_name_target="a1", na_label_target="no_answer"),
    CrosswalkRow(var_name_orig="stelling2", var_label_orig="twee", var_name_target="a2"),
    CrosswalkRow(var_name_orig="kanaal"),
    CrosswalkRow(var_name_target="m1", na_label_target="not_asked"),
]
SAME: dict[str, Sequence[object]] = {
    "woning": [1] * 6, "stelling1": [1, 2, 3, 9, 1, 2], "stelling2": [1, 2, 3] * 2, "kanaal": ["post", "web"] * 3,
}  # fmt: skip


def like_then(columns: dict[str, Sequence[object]]) -> tuple[Proposal, Changes]:
    return propose_like(table_of(columns), INSTRUMENT, REGISTRY, THEN, earlier="w0")


def test_the_same_file_gets_the_same_lines_and_needs_no_look() -> None:
    proposal, changes = like_then(SAME)
    assert changes.nothing and changes.kept == 4
    taken = [line.row for line in proposal.lines if line.kind != "absent"]
    assert taken == THEN[:-1]
    assert column_line(proposal, "stelling1").certainty == "sure"
    assert "Er is niets veranderd." in remarks(proposal, changes, "nl")


def test_numbers_of_projects_may_have_changed() -> None:
    proposal, _ = like_then(SAME)
    assert values(proposal, "house") == {"1": ("ash", "likely")}


def test_a_question_that_was_not_asked_then_needs_no_look() -> None:
    proposal, _ = like_then(SAME)
    (line,) = [line for line in proposal.of_kind("absent") if line.row.var_name_target == "m1"]
    assert (line.certainty, line.why[0].key) == ("likely", "absent_before")


def test_a_column_that_is_gone_and_one_that_is_new() -> None:
    columns = {name: cells for name, cells in SAME.items() if name != "kanaal"} | {"opmerking": ["x", "y"] * 3}
    _, changes = like_then(columns)
    assert (changes.gone, changes.new) == (("kanaal",), ("opmerking",))


def test_a_column_that_was_renamed_is_found_by_what_it_was_called() -> None:
    columns = {("stelling_1_2026" if name == "stelling1" else name): cells for name, cells in SAME.items()}
    proposal, changes = like_then(columns)
    assert changes.renamed == (("a1", "stelling1", "stelling_1_2026"),)
    assert changes.gone == changes.new == ()
    assert column_line(proposal, "stelling_1_2026").certainty == "likely"
    assert "Andere naam: stelling1 → stelling_1_2026." in remarks(proposal, changes, "nl")


def test_an_answer_that_is_new_gets_a_line_to_look_at() -> None:
    columns = SAME | {"stelling2": [1, 2, 3, 8, 1, 2]}
    proposal, changes = like_then(columns)
    assert changes.added == ("stelling2",)
    assert values(proposal, "a2") == {"8": ("dont_know", "check")}
    assert values(proposal, "a1") == {"9": ("no_answer", "sure")}, "what was known then is known"


def test_a_name_that_is_but_a_number_may_be_another_question_now() -> None:
    then = [CrosswalkRow(var_name_orig="V1", var_label_orig="een", var_name_target="a1")]
    columns: dict[str, Sequence[object]] = {"V1": [1, 2, 3] * 2, "house": ["ash"] * 6}
    proposal, _ = propose_like(table_of(columns), INSTRUMENT, REGISTRY, then, earlier="w0")
    assert column_line(proposal, "V1").certainty == "likely"
