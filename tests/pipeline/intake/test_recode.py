"""The ingested frame: the same from every format, and a value or a reason in every place."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_help import GOOD, HEADING, INSTRUMENT, codes, csv_bytes, expectation
from intake_help import checked as check
from openpyxl import Workbook

from pipeline.intake.check import Checked
from pipeline.intake.messages import answer, explain
from pipeline.intake.words import LANGUAGES

# Six people, by hand: codes, labels, half points, decimals, every kind of missing.
SIX = pd.DataFrame(
    {
        "nr": [11, 12, 13, 14, 15, 15],
        "Waar woont u?": [1, 2, 1, 2, 9, 1],
        "a1": [1, 2, 3, 98, None, 1],
        "tweede": [5, 4, 3, 2, 1, 99],
        "m1": [7.5, 10, 1, None, 0.5, 99],
        "gender": ["vrouw", "man", "weigert", None, "Woman", "man"],
        "years": [0.5, 12, 41, 2.25, None, 3],
    }
)


def recode(column: str, code: int, target: str, **to: str) -> dict[str, str]:
    """A line of a crosswalk for one code."""
    return {"var_name_orig": column, "val_numeric_orig": str(code), "var_name_target": target} | to


CROSSWALK = [
    {"var_name_orig": "nr", "var_name_target": "number"},
    {"var_name_orig": "Waar woont u?", "var_name_target": "house"},
    recode("Waar woont u?", 1, "house", val_label_target="ash"),
    recode("Waar woont u?", 2, "house", val_label_target="elm"),
    recode("Waar woont u?", 9, "house", na_label_target="no_answer"),
    # this one ran the other way, on a scale of five
    {"var_name_orig": "tweede", "var_name_target": "a2"},
    *(recode("tweede", 6 - n, "a2", val_numeric_target=str(to)) for n, to in zip(range(1, 6), "11233", strict=True)),
]
GOLDEN = """
wave project house     house__reason a1   a1__reason a2   a2__reason m1   m1__reason   gender gender__reason years years__reason day day__reason
w1   ash     ash       .             1    .          1    .          7.5  .            woman  .              0.5   .             .   not_asked
w1   elm     elm       .             2    .          1    .          10   .            man    .              12    .             .   not_asked
w1   ash     ash       .             3    .          2    .          1    .            .      refused        .     out_of_range  .   not_asked
w1   elm     elm       .             .    dont_know  3    .          .    empty        .      empty          2.25  .             .   not_asked
w1   .       .         no_answer     .    empty      3    .          .    out_of_range woman  .              .     empty         .   not_asked
w1   ash     ash       .             1    .          .    no_answer  .    no_answer    man    .              3     .             .   not_asked
"""  # noqa: E501


def as_csv() -> bytes:
    """Semicolons, decimal commas, the encoding of Windows, a column of Excel's own."""
    text = SIX.to_csv(sep=";", decimal=",", index=False).replace("vrouw", "vrouw ")
    return text.encode("cp1252")


def as_xlsx() -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(list(SIX.columns))
    for row in SIX.astype(object).where(SIX.notna(), None).itertuples(index=False):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def as_sav(folder: Path) -> bytes:
    names = {"Waar woont u?": "waar"}
    frame = SIX.rename(columns=names).assign(gender=SIX["gender"].fillna(""))
    pyreadstat.write_sav(
        frame, folder / "six.sav", missing_ranges={"a1": [98], "tweede": [99], "m1": [99]},
        variable_value_labels={"a1": {1: "mee oneens", 3: "Mee eens"}, "waar": {1: "de oude school"}},
    )  # fmt: skip
    return (folder / "six.sav").read_bytes()


def six(form: str, folder: Path) -> Checked:
    crosswalk = CROSSWALK
    if form == "sav":
        crosswalk = [
            row | {"var_name_orig": row["var_name_orig"].replace("Waar woont u?", "waar")} for row in CROSSWALK
        ]
    data = {"csv": as_csv, "xlsx": as_xlsx, "sav": lambda: as_sav(folder)}[form]()
    return check(data, f"six.{form}", expectation(crosswalk, responses=f"responses.{form}"))


@pytest.fixture
def golden() -> pd.DataFrame:
    return pd.read_csv(io.StringIO(GOLDEN.strip()), sep=r"\s+", na_values=["."], keep_default_na=False)


@pytest.mark.parametrize("form", ["csv", "xlsx", "sav"])
def test_every_format_gives_the_same_frame(form: str, golden: pd.DataFrame, tmp_path: Path) -> None:
    outcome = six(form, tmp_path)
    assert outcome.ingested_by_person is not None
    frame = outcome.ingested_by_person.drop(columns=["respondent", "source"])
    pd.testing.assert_frame_equal(frame, golden, check_dtype=False)
    assert [frame[name].dtype for name in ("a1", "a2", "m1", "years")] == [np.float64] * 4
    assert all(isinstance(frame[name].dtype, pd.StringDtype) for name in frame if frame[name].dtype != np.float64)
    # cases are numbered from 1 in SPSS, from 2 under a heading
    first = 1 if form == "sav" else 2
    found = {(p.code, p.variable): p.rows for p in outcome.problems}
    assert found == {("out_of_range", "years"): (first + 2,), ("out_of_range", "m1"): (first + 4,)}


def test_respondents_are_nameless_and_cannot_be_had_without_the_file(tmp_path: Path) -> None:
    one, other = six("csv", tmp_path).ingested_by_person, six("xlsx", tmp_path).ingested_by_person
    assert one is not None
    assert other is not None
    assert one["respondent"].str.fullmatch("[0-9a-f]{16}").all()
    assert one["respondent"].is_unique
    # the two questionnaires of number 15 share a source, nobody else does
    assert one["source"].str.fullmatch("[0-9a-f]{16}").all()
    assert one["source"].duplicated().tolist() == [False] * 5 + [True]
    assert not set(one["respondent"]) & set(other["respondent"])
    assert not set(one["source"]) & set(other["source"])
    again = six("csv", tmp_path).ingested_by_person
    assert again is not None
    assert again["respondent"].tolist() == one["respondent"].tolist()


def test_without_an_id_of_its_own_a_file_has_no_source() -> None:
    frame = check(csv_bytes(GOOD[1:], heading=HEADING[1:])).ingested_by_person
    assert frame is not None
    assert frame["source"].isna().all()


def test_two_people_without_an_id_are_not_the_same_person() -> None:
    rows = [[name, *GOOD[1:]] for name in ("NA", "na ", "R", "", "98", "98")]
    frame = check(csv_bytes(*rows)).ingested_by_person
    assert frame is not None
    # a number is an id, whatever it means elsewhere
    assert frame["source"].isna().tolist() == [True] * 4 + [False] * 2
    assert frame["source"].iloc[4] == frame["source"].iloc[5]


def test_one_column_may_answer_two_variables() -> None:
    crosswalk = [
        {"var_name_orig": "a1", "var_name_target": "a1"},
        {"var_name_orig": "a1", "var_name_target": "a2"},
        {"var_name_orig": "a1", "val_numeric_orig": "1", "var_name_target": "a2", "val_numeric_target": "3"},
        {"var_name_target": "gender", "na_label_target": "not_asked"},
    ]
    outcome = check(csv_bytes(["1", "ash", "1", "5", "1"], heading=["number", "house", "a1", "m1", "years"]),
                    expected=expectation(crosswalk))  # fmt: skip
    assert codes(outcome) == []
    frame = outcome.ingested_by_person
    assert frame is not None
    assert frame.loc[0, ["a1", "a2", "gender__reason"]].tolist() == [1.0, 3.0, "not_asked"]


def test_a_file_of_several_waves_gives_the_rows_of_one_with_their_own_numbers() -> None:
    rows = [[*GOOD, year] for year in ("2023", "2025", "2023", "2025")]
    rows[3][2] = "7"
    outcome = check(csv_bytes(*rows, heading=[*HEADING, "Year"]), expected=expectation(only={"year": "2025"}))
    frame = outcome.ingested_by_person
    assert frame is not None
    assert len(frame) == 2
    assert [(p.code, p.rows) for p in outcome.problems] == [("out_of_range", (5,))]
    wrong = check(csv_bytes(*rows, heading=[*HEADING, "Year"]), expected=expectation(only={"Jaar": "2025"}))
    assert codes(wrong) == ["only_column_missing"]
    none = check(csv_bytes(*rows, heading=[*HEADING, "Year"]), expected=expectation(only={"Year": "1999"}))
    assert codes(none) == ["no_rows"]


# --- properties

CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "1", "2", "3", "4", "1.0", "7.5", "98", "99", "R", "mee eens", "vrouw", "ash", "oak", "-5"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
    st.floats(-1e6, 1e6).map(str),
)
ROWS = st.lists(st.lists(CELLS, min_size=7, max_size=7), min_size=1, max_size=8)


def _file_of(rows: list[list[str]], heading: list[str] = HEADING) -> bytes:
    return pd.DataFrame(rows, columns=heading).to_csv(index=False).encode("utf-8-sig")


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_exactly_one_of_value_and_reason_is_there(rows: list[list[str]]) -> None:
    frame = check(_file_of(rows)).ingested_by_person
    if frame is None:
        return
    for field in INSTRUMENT.fields:
        if field.role != "source_id":
            assert (frame[field.name].notna() ^ frame[f"{field.name}__reason"].notna()).all(), field.name


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_every_cell_that_is_set_aside_is_reported(rows: list[list[str]]) -> None:
    outcome = check(_file_of(rows))
    frame = outcome.ingested_by_person
    if frame is None:
        return
    for field in INSTRUMENT.fields:
        if field.role == "source_id":
            continue
        set_aside = frame[f"{field.name}__reason"].isin(["out_of_range", "unreadable", "unknown_project"]).sum()
        reported = sum(p.count for p in outcome.problems if p.variable == field.name)
        personal = sum(p.count for p in outcome.problems if p.code.startswith("personal"))
        assert reported <= set_aside <= reported + personal


@settings(max_examples=40, deadline=None)
@given(ROWS, st.sampled_from(LANGUAGES))
def test_no_answer_is_in_any_message(rows: list[list[str]], language: str) -> None:
    """Every cell carries a word that nothing else holds; the word must be nowhere."""
    words = [[f"{cell}zqx{r}w{c}kj" for c, cell in enumerate(row)] for r, row in enumerate(rows)]
    for heading in (HEADING, words[0]):
        outcome = check(_file_of(words, heading if len(set(heading)) == 7 else HEADING))
        assert outcome.problems
        said = answer(outcome.problems, language) + "".join(str(p.as_json()) for p in outcome.problems)
        assert "zqx" not in said
        assert all("zqx" not in text for p in outcome.problems for text in explain(p, language).values())
