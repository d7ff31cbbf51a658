"""Reading one file: safely, and with every problem told at its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.declare import Claims, DeclarationError, Instrument, Wave, read_declaration, read_yaml
from pipeline.declare.documents import MAX_BYTES
from pipeline.declare.problems import Phrase, catalogue, found, sentence
from pipeline.errors import InputError

WAVE = """\
wave: w-2025
corporation: Nobody
instrument: tiny@1
pool: tiny
origin: residents
fieldwork: {start: 2025-03-01, end: 2025-03-31}
mode: [online]
languages: [nl]
projects:
  ash: {invited: 20}
  birch: {}
responses: responses.xlsx
"""


def write(folder: Path, text: str, name: str = "wave.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path, *, language: str = "en") -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        read_declaration(path, Wave, language=language)
    return caught.value


def said(path: Path) -> list[tuple[int | None, str, str]]:
    return [(problem.line, problem.key, problem.code) for problem in refused(path).problems]


def test_a_right_file_is_read(tmp_path: Path) -> None:
    wave = read_declaration(write(tmp_path, WAVE), Wave)
    assert wave.fieldwork.end.isoformat() == "2025-03-31"
    assert list(wave.projects) == ["ash", "birch"]
    assert wave.invited is None  # birch's number is not known


def test_everything_invited_adds_up(tmp_path: Path) -> None:
    assert read_declaration(write(tmp_path, WAVE.replace("birch: {}", "birch: {invited: 0}")), Wave).invited == 20


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "code"),
    [
        ("wave: w-2025", "wave: W 2025", 1, "wave", "name_form"),
        ("wave: w-2025", "wave: [w-2025]", 1, "wave", "text_expected"),
        ("corporation: Nobody\n", "", 1, "corporation", "key_missing"),
        ("corporation: Nobody", "corporation:", 2, "corporation", "text_expected"),
        ("corporation: Nobody", 'corporation: ""', 2, "corporation", "text_length"),
        ("corporation: Nobody", "corporation: 12", 2, "corporation", "text_expected"),
        ("instrument: tiny@1", "instrument: tiny", 3, "instrument", "instrument_form"),
        ("origin: residents", "origin: bewoners", 5, "origin", "choice_expected"),
        ("start: 2025-03-01", "start: 2025-02-30", 6, "fieldwork.start", "date_expected"),
        ("start: 2025-03-01", "start: 2025", 6, "fieldwork.start", "date_expected"),
        ("start: 2025-03-01", "start: 01-03-2025", 6, "fieldwork.start", "date_expected"),
        ("start: 2025-03-01", "start: 2025-04-01", 6, "fieldwork.end", "fieldwork_order"),
        ("mode: [online]", "mode: online", 7, "mode", "list_expected"),
        ("mode: [online]", "mode: []", 7, "mode", "nothing_in_it"),
        ("mode: [online]", "mode: [online, phone]", 7, "mode[1]", "choice_expected"),
        ("languages: [nl]", "languages: [Dutch]", 8, "languages[0]", "language_form"),
        ("invited: 20", "invited: -1", 10, "projects.ash.invited", "bound"),
        ("invited: 20", "invited: 20.5", 10, "projects.ash.invited", "whole_expected"),
        ("invited: 20", "invited: true", 10, "projects.ash.invited", "whole_expected"),
        ("invited: 20", "invited: '20'", 10, "projects.ash.invited", "whole_expected"),
        ("invited: 20", "inivted: 20", 10, "projects.ash.inivted", "key_unknown"),
        ("  birch: {}", "  birch: []", 11, "projects.birch", "mapping_expected"),
        ("  birch: {}", "  Birch Tree: {}", 11, "projects.Birch Tree", "name_form"),
        ("responses: responses.xlsx", "responses: ../responses.xlsx", 12, "responses", "file_name_form"),
        ("responses: responses.xlsx", "responses: responses.exe", 12, "responses", "file_name_form"),
        ("responses.xlsx\n", "responses.csv\nsheet: Blad1\n", 13, "sheet", "sheet_without_workbook"),
    ],
)
def test_each_mistake_is_told_on_its_own_line(
    tmp_path: Path, old: str, new: str, line: int, key: str, code: str
) -> None:
    assert WAVE.count(old) == 1
    assert said(write(tmp_path, WAVE.replace(old, new))) == [(line, key, code)]


def test_all_mistakes_of_a_file_are_told_at_once_in_line_order(tmp_path: Path) -> None:
    text = (
        WAVE.replace("corporation", "corporatoin")
        .replace("residents", "bewoners")
        .replace("end: 2025-03-31", "end: 2025-02-28")
        .replace("invited: 20", "invited: many")
        .replace("responses.xlsx", "responses.csv\nsheet: Blad1")
    )
    assert said(write(tmp_path, text)) == [
        (1, "corporation", "key_missing"),
        (2, "corporatoin", "key_unknown"),
        (5, "origin", "choice_expected"),
        (6, "fieldwork.end", "fieldwork_order"),
        (10, "projects.ash.invited", "whole_expected"),
        (13, "sheet", "sheet_without_workbook"),
    ]


def test_a_problem_says_file_line_key_found_expected_and_what_to_do_in_both_languages(tmp_path: Path) -> None:
    path = write(tmp_path, WAVE.replace("invited: 20", "invited: many"))
    assert str(refused(path)) == (
        f'{path}:10: projects.ash.invited: found "many"; expected a whole number. Write digits only. [whole_expected]'
    )
    assert str(refused(path, language="nl")) == (
        f'{path}:10: projects.ash.invited: gevonden: "many"; verwacht: een geheel getal. Schrijf alleen cijfers. '
        "[whole_expected]"
    )


def test_a_slip_in_a_key_gets_a_suggestion_and_the_known_keys(tmp_path: Path) -> None:
    message = str(refused(write(tmp_path, WAVE.replace("invited: 20", "inivted: 20"))))
    assert "did you mean `invited`?" in message
    assert "Expected: invited." in message


def test_a_choice_lists_what_may_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, WAVE.replace("residents", "bewoners"))
    assert 'found "bewoners"; expected residents, simulated, public.' in str(refused(path))


def test_bad_input_is_an_input_error(tmp_path: Path) -> None:
    assert isinstance(refused(write(tmp_path, "wave: 1")), InputError)


def test_a_list_member_is_named_by_its_name(tmp_path: Path) -> None:
    text = "version: 1\nclaims:\n  - {id: C1, text: {}, statement: x > 0, kind: confirmatory, smallest_effect: 0}\n"
    path = write(tmp_path, text, "claims.yaml")
    with pytest.raises(DeclarationError) as caught:
        read_declaration(path, Claims)
    assert [(p.line, p.key) for p in caught.value.problems] == [
        (3, "claims[C1].text.heading"),
        (3, "claims[C1].text.sentence"),
        (3, "claims[C1].smallest_effect"),
    ]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "file_empty", None),
        (b"# only a comment\n", "file_empty", None),
        (b"- a\n- b\n", "mapping_expected", 1),
        (b"just text", "mapping_expected", 1),
        (b"wave: a\ncorporation: [unclosed\n", "not_yaml", 3),
        (b"wave: a\n\tpool: b\n", "not_yaml", 2),
        (b"wave: a\ncorporation: b\nwave: c\n", "duplicate_key", 3),
        (b"wave: a\nprojects:\n  ash: {}\n  ash: {}\n", "duplicate_key", 4),
        (b"wave: caf\xe9\n", "not_utf8", None),
        (b"wave: a\x00b\n", "not_yaml", None),
        (b"wave: a\n---\nwave: b\n", "not_yaml", 2),
        (b"wave: " + b"[" * 5000, "not_yaml", None),
        (b"wave: !!python/object/apply:os.system ['true']\n", "not_yaml", 1),
        (b"wave: &a [x]\npool: *a\n", "alias_of_block", 2),
        (b"wave: &a [*a]\n", "alias_of_block", 1),
    ],
)
def test_a_file_that_is_no_declaration_is_told_so(tmp_path: Path, content: bytes, code: str, line: int | None) -> None:
    path = tmp_path / "wave.yaml"
    path.write_bytes(content)
    (problem,) = refused(path).problems
    assert (problem.code, problem.line) == (code, line)


def test_an_absent_file_and_a_folder_in_its_place(tmp_path: Path) -> None:
    assert said(tmp_path / "nothing.yaml") == [(None, "", "file_absent")]
    assert said(tmp_path) == [(None, "", "file_absent")]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, "# " + "x" * MAX_BYTES)
    assert said(path) == [(None, "", "file_too_large")]


def test_tags_construct_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "made"
    path = write(tmp_path, f"wave: !!python/object/apply:pathlib.Path.touch [!!python/name:str '{mark}']\n")
    refused(path)
    assert not mark.exists()


def test_a_single_value_may_be_repeated_by_alias(tmp_path: Path) -> None:
    path = write(
        tmp_path, WAVE.replace("wave: w-2025", "wave: &w w-2025").replace("corporation: Nobody", "corporation: *w")
    )
    assert read_declaration(path, Wave).corporation == "w-2025"


def test_yes_and_no_are_words_and_dates_stay_text(tmp_path: Path) -> None:
    assert read_yaml(write(tmp_path, "a: yes\nb: no\nc: 2025-02-30\n")) == {"a": "yes", "b": "no", "c": "2025-02-30"}


def test_a_file_spells_keys_as_frictionless_does(tmp_path: Path) -> None:
    path = write(tmp_path, "missing_values: []\n", "instrument.yaml")
    with pytest.raises(DeclarationError) as caught:
        read_declaration(path, Instrument)
    assert ("missing_values", "key_unknown") in [(p.key, p.code) for p in caught.value.problems]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.text(alphabet="ab:-[]{}&*!?|>'\"#\n \t,0", max_size=80).map(str.encode)))
def test_whatever_is_in_a_file_it_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wave.yaml"
    path.write_bytes(content)
    with pytest.raises(DeclarationError):  # nothing this short is a wave
        read_declaration(path, Wave)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_line_less_never_crashes_and_every_problem_names_a_line_that_exists(
    tmp_path: Path, data: st.DataObject
) -> None:
    lines = WAVE.splitlines()
    kept = [line for line in lines if data.draw(st.booleans())]
    path = write(tmp_path, "\n".join(kept))
    try:
        read_declaration(path, Wave)
    except DeclarationError as error:
        for problem in error.problems:
            assert problem.line is None or 1 <= problem.line <= len(kept) + 1
            assert problem.in_language("nl") != problem.in_language("en")


def test_every_message_is_there_in_dutch_and_english_with_the_same_details() -> None:
    for code, texts in catalogue().items():
        assert set(texts) == {"nl", "en"}, code
        slots = [set(re.findall(r"{(\w+)}", text)) for text in texts.values()]
        assert slots[0] == slots[1], code


def test_no_message_is_dead() -> None:
    folders = [Path(__file__).resolve().parents[3] / "pipeline" / name for name in ("declare", "intake")]
    files = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert [message for message in catalogue() if f'"{message}"' not in code] == []


def test_what_was_found_is_quoted_cut_short_and_never_a_block() -> None:
    assert found("a\nb") == '"a b"'
    assert found("x" * 100) == f'"{"x" * 60}…"'
    assert found(2.0) == "2"
    assert found(True) == "true"
    assert found({"secret": 1}) == Phrase("found_mapping")
    assert found(["secret"]) == Phrase("found_list")


def test_a_language_without_messages_gets_english() -> None:
    assert sentence("file_empty", "ar", {}) == sentence("file_empty", "en", {})
