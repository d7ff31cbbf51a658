"""Drafting a questionnaire from tables small enough to check by hand."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from cli_help import Run
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.declare import Instrument
from pipeline.declare.base import Declaration, Name
from pipeline.declare.documents import TO_FILL_IN, read_from
from pipeline.declare.names import is_reserved
from pipeline.fieldwork.draft.make import make_draft
from pipeline.fieldwork.draft.names import name_from
from pipeline.fieldwork.draft.parts import Option
from pipeline.fieldwork.draft.people import are_people
from pipeline.fieldwork.draft.seen import in_order
from pipeline.fieldwork.draft.settle import Settled
from pipeline.fieldwork.draft.written import instrument_text
from pipeline.intake.messages import RefusedError
from pipeline.intake.source import Received
from pipeline.intake.table import Bounds

BOUNDS = Bounds(max_bytes=1_000_000, max_rows=1_000, max_columns=100)
AGREE = ["helemaal mee oneens", "mee oneens", "neutraal", "mee eens", "helemaal mee eens"]
N = 30


class _Named(Declaration):
    name: Name


def table(**columns: Sequence[object]) -> bytes:
    rows = [columns, *zip(*columns.values(), strict=True)]
    return "\n".join(";".join(str(cell) for cell in row) for row in rows).encode()


def drafted(data: bytes, **options: str) -> Settled:
    return make_draft(Received("answers.csv", data), BOUNDS, language="nl", **options)


def loaded(settled: Settled) -> Instrument:
    """The draft as an instrument, once it is filled in."""
    text = instrument_text(settled, "new", "Nieuw", "nl")
    return read_from(text.replace(TO_FILL_IN, "ingevuld"), Path("new@1.yaml"), Instrument).declaration


def cycle(cells: Sequence[object], n: int = N) -> list[object]:
    return [cells[i % len(cells)] for i in range(n)]


def test_items_with_the_same_answers_share_a_scale_from_little_to_much() -> None:
    instrument = loaded(drafted(table(
        hs1=cycle(AGREE), hs2=cycle(AGREE[::-1]), hs3=cycle(AGREE[1:]), woonduur=cycle([12.5, 13, 40, 7, 101, 3.5, 60]),
    )))  # fmt: skip
    (scale,) = instrument.scales.values()
    assert [(c.value, c.label["nl"]) for c in scale.categories] == list(enumerate(AGREE, 1))
    assert [f.name for f in instrument.with_role("item")] == ["hs1", "hs2", "hs3"]
    assert instrument.field_named("woonduur").type == "number"
    assert instrument.languages == {"nl": "draft"}


def test_words_of_an_unknown_order_are_named_and_not_numbered() -> None:
    field = loaded(drafted(table(kleur=cycle(["Rood", "Blauw", "Groen licht"])))).field_named("kleur")
    assert (field.type, field.scale) == ("string", None)
    assert [c.value for c in field.categories] == ["blauw", "groen_licht", "rood"]


def test_what_few_people_wrote_ids_personal_data_and_open_answers_stay_out() -> None:
    text = instrument_text(drafted(table(
        respnr=range(1001, 1001 + N), kenmerk=range(70, 70 + N), hs1=cycle([1, 2, 3, 4, 5]),
        soort=["huur"] * 14 + ["koop"] * 15 + ["zorgwoning van mijn tante"],
        mail=[f"persoon{i}@voorbeeld.nl" for i in range(N)],
        opmerking=[f"Ik vind dat bewoner nummer {i} te veel lawaai maakt in huis" for i in range(N)],
    )), "new", "", "nl")  # fmt: skip
    assert not any(word in text for word in ("tante", "voorbeeld.nl", "lawaai", "1001", "99"))
    content = YAML(typ="safe").load(text)
    assert [(f["name"], f["role"]) for f in content["fields"]] == [
        ("project", "project"), ("respnr", "source_id"), ("hs1", "background"), ("soort", "background"),
    ]  # fmt: skip
    assert "persoonsgegevens, mogen niet worden ingediend: E ‘mail’" in text
    assert "een nummer van iemand of van iets: B ‘kenmerk’" in text
    assert "1 andere antwoorden werden door te weinig mensen gegeven" in text


def test_codes_for_no_answer_are_not_answers() -> None:
    instrument = loaded(drafted(table(hs1=cycle([1, 2, 3, 4, 5, 99]), hs2=cycle([1, 2, 3, 4, 5, "weet niet"]))))
    assert {(m.value, m.reason) for m in instrument.missing_values} == {(99, "no_answer"), ("weet niet", "dont_know")}
    (scale,) = instrument.scales.values()
    assert [c.value for c in scale.categories] == [1, 2, 3, 4, 5]


def test_codes_between_others_are_codes_and_half_known_words_are_taken() -> None:
    cells = cycle(["0 - helemaal niet", 2, 3, "4 (heel erg)"])
    instrument = loaded(drafted(table(last=cells)))
    (scale,) = instrument.scales.values()
    assert [c.label["nl"] for c in scale.categories] == ["helemaal niet", "1", "2", "3", "heel erg"]


def test_the_project_is_a_decision() -> None:
    data = table(Complex=cycle(["A", "B"]), hs1=cycle([1, 2, 3]))
    with_place = instrument_text(drafted(data), "new", "Nieuw", "nl")
    assert f'title: {{nl: "{TO_FILL_IN}: de kop' in with_place
    for said in ("complex", "A"):
        instrument = loaded(drafted(data, project=said))
        assert [(f.name, f.title["nl"]) for f in instrument.with_role("project")] == [("project", "Complex")]
    with pytest.raises(RefusedError, match="no column Wijk"):
        drafted(data, project="Wijk")


def xlsform() -> bytes:
    book = openpyxl.Workbook()
    survey = book.active
    survey.title = "survey"
    for row in (
        ("type", "name", "label::English (en)", "label::Nederlands (nl)"),
        ("start", "start", None, None),
        ("select_one agree", "q1", "I like it", "Ik vind het fijn"),
        ("select_one agree", "q2", "I stay", "Ik blijf"),
        ("select_multiple rooms", "rooms", "Which rooms?", "Welke kamers?"),
        ("integer", "years", "Years here", "Jaren hier"),
        ("text", "remark", "Anything else?", "Nog iets?"),
    ):
        survey.append(row)
    choices = book.create_sheet("choices")
    for row in (
        ("list_name", "name", "label::English (en)", "label::Nederlands (nl)"),
        ("agree", 1, "disagree", "oneens"), ("agree", 2, "neither", "geen van beide"), ("agree", 3, "agree", "eens"),
        ("agree", 99, "don't know", "weet niet"),
        ("rooms", "kitchen", "Kitchen", "Keuken"), ("rooms", "garden", "Garden", "Tuin"),
    ):  # fmt: skip
        choices.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_form_says_all_of_it_in_every_language() -> None:
    settled = make_draft(Received("form.xlsx", xlsform()), BOUNDS, language="nl")
    instrument = loaded(settled)
    assert instrument.languages == {"en": "draft", "nl": "draft"}
    assert list(instrument.scales) == ["agree"]
    assert [c.label["nl"] for c in instrument.scales["agree"].categories] == ["oneens", "geen van beide", "eens"]
    assert [(m.value, m.reason) for m in instrument.missing_values] == [(99, "dont_know")]
    assert {f.name: f.type for f in instrument.fields if f.role == "background"} == {
        "rooms_kitchen": "boolean", "rooms_garden": "boolean", "years": "integer",
    }  # fmt: skip
    assert instrument.field_named("rooms_garden").title["nl"] == "Welke kamers? [Tuin]"
    assert [f.role for f in instrument.fields if f.name in ("q1", "q2")] == ["item", "item"]


@pytest.mark.parametrize(("words", "ordered"), [
    (["mee eens", "helemaal mee oneens", "mee oneens"], ["helemaal mee oneens", "mee oneens", "mee eens"]),
    (["always", "never", "sometimes"], ["never", "sometimes", "always"]),
    (["strongly agree", "stronlgy disagree", "neutral"], ["stronlgy disagree", "neutral", "strongly agree"]),
    (["rood", "blauw", "groen"], []),
    (["always", "agree", "rood"], []),
])  # fmt: skip
def test_orders(words: list[str], ordered: list[str]) -> None:
    assert in_order(words) == ordered


@given(st.lists(st.text(max_size=70), max_size=12))
def test_names_are_names_each_once(texts: list[str]) -> None:
    taken: set[str] = set()
    names = [name_from([text], taken) for text in texts]
    assert len(set(names)) == len(names)
    assert not any(map(is_reserved, names))
    for name in names:
        read_from(f"name: {name}\n", Path("x"), _Named)


@pytest.mark.parametrize(("labels", "asked", "found"), [
    (["Jan de Vries", "Fatima El Amrani", "Piet Jansen"], "Enumerator", "yes"),
    (["Jan de Vries", "Fatima El Amrani", "Piet Jansen"], "Wie?", "perhaps"),
    (["mevr. Jansen", "dhr. Bakker", "anders"], "Wie?", "yes"),
    (["Strongly Disagree", "Disagree", "Strongly Agree"], "Enumerator", "no"),
    (["huur", "koop", "anders"], "Enumerator", "no"),
])  # fmt: skip
def test_people_are_no_answers(labels: list[str], asked: str, found: str) -> None:
    options = [Option(float(i), {"nl": label}) for i, label in enumerate(labels)]
    assert are_people(options, [asked]) == found


def test_the_command_says_what_to_do_next(run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    file, target = tmp_path / "a.csv", tmp_path / "new@1.yaml"
    file.write_bytes(table(hs1=cycle(AGREE), hs2=cycle(AGREE)))
    options = ["instrument", file, "--name", "new", "--study", tiny_folder, "--out", target]
    said = run(*options)
    assert said.code == 0, said.err
    assert f"magical-housing map {file} --instrument new@1" in said.out
    assert said.out.count("VUL IN") == 1
    assert run(*options).code == 1  # never over somebody's work
    assert run("instrument", file, "--name", "Nieuw!", "--study", tiny_folder).code == 1
    assert run("instrument", file, "--study", tiny_folder).code == 2
