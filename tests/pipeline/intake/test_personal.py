"""Personal data at the door: one cell, a column by its heading, a column by what stands in it."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest
from intake_help import GOOD, HEADING, INSTRUMENT, codes, csv_bytes, expectation
from intake_help import checked as check

from pipeline.intake.identifiers import identifier_in, is_iban, is_personal, passes_eleven_test, passes_luhn
from pipeline.intake.personal import personal_data
from pipeline.intake.personal.content import Cells, kind_of_cells
from pipeline.intake.personal.headings import kind_of_heading
from pipeline.intake.personal.names import looks_like_a_name
from pipeline.intake.plan import Plan
from pipeline.intake.reading.read import read_source, receive
from pipeline.intake.table import Bounds

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("jan@voorbeeld.nl", "email"), ("mail mij: Jan.de-Vries+wonen@mail.example.com aub", "email"),
        ("0612345678", "phone"), ("06-12345678", "phone"), ("06 12 34 56 78", "phone"), ("+31 6 12345678", "phone"),
        ("+31 (0)6 1234 5678", "phone"), ("(020) 123 45 67", "phone"), ("0031612345678", "phone"),
        ("06/12345678", "phone"), ("bel 020-1234567 na zes", "phone"), ("+963 944 123 456", "phone"),
        ("0470 12 34 56", "phone"), ("0470.12.34.56", "phone"), ("02 123 45 67", "phone"),
        ("+32 470/12.34.56", "phone"),
        ("192.168.1.17", "ip"), ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "ip"), ("fe80::1ff:fe23:4567:890a", "ip"),
        ("NL91 ABNA 0417 1643 00", "account"), ("NL91ABNA0417164300", "account"), ("BE68539007547034", "account"),
    ],
)  # fmt: skip
def test_addresses_and_numbers_are_found(text: str, kind: str) -> None:
    assert is_personal(text)
    assert identifier_in(text) == kind


@pytest.mark.parametrize(
    "text",
    ["", "7", "mee eens", "2017-05-01 12:00:00", "1.5", "0,125", "1.000.000", "123456789", "12:30:45", "p01",
     "9f8b2c1d-0123-4567-89ab-0123456789ab", "1-91", "@home", "50% korting", "2025.03.31", "0000001234",
     "79.0.3945.147", "01-02-2025 10:30", "01.02.2025", "NL00ABNA0417164300", "0.1234567891",
     "2021-07-05T11:22:14.739+03:00", "012345678"],
)  # fmt: skip
def test_answers_are_not(text: str) -> None:
    assert not is_personal(text)


def test_check_digits() -> None:
    assert passes_eleven_test("111222333")
    assert passes_eleven_test("123456782")
    assert not passes_eleven_test("123456789")
    assert not passes_eleven_test("000000000")
    assert passes_luhn("490154203237518")
    assert not passes_luhn("490154203237519")
    assert is_iban("GB82 WEST 1234 5698 7654 32")
    assert not is_iban("GB82 WEST 1234 5698 7654 33")


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Naam", "name"), ("Voornaam", "name"), ("RecipientFirstName", "name"), ("Last name", "name"),
        ("Uw naam", "name"), ("Respondent name", "name"), ("الاسم", "name"), ("ስም", "name"),
        ("E-mail", "email"), ("email_address", "email"), ("E-mailadres", "email"), ("RecipientEmail", "email"),
        ("Email Address", "email"), ("Telefoonnummer", "phone"), ("phone", "phone"), ("phonenumber", "phone"),
        ("IP-adres", "ip"), ("ipaddr", "ip"), ("IPAddress", "ip"), ("Adres", "address"), ("Postcode", "address"),
        ("huisnummer", "address"), ("Geboortedatum", "birth_date"), ("Date of birth", "birth_date"), ("BSN", "bsn"),
        ("V-nummer", "number"), ("LocationLatitude", "location"), ("_gps_longitude", "location"),
        ("device id", "device"), ("deviceId", "device"), ("browser_Version", "device"), ("User Agent", "device"),
        ("username", "account"), ("IBAN", "account"), ("ResponseId", "response_id"), ("token", "response_id"),
        ("_uuid", "response_id"), ("_id", "response_id"), ("ExternalReference", "response_id"),
    ],
)  # fmt: skip
def test_headings_that_promise_personal_data(heading: str, kind: str) -> None:
    assert kind_of_heading(heading) == kind


@pytest.mark.parametrize(
    "heading",
    ["Project", "Projectnaam", "Project name", "naam project", "Status", "Duur (minuten)", "Ward", "language",
     "Hoe tevreden bent u met de straat en het adres waar u nu woont?", "hs1", "tipi", "equipment", "Country of birth",
     "geboorteland", "id", "Combined_ID", "Apparaat", "Browser", "versie", "Collector name", "startlanguage", "seed"],
)  # fmt: skip
def test_headings_that_do_not(heading: str) -> None:
    assert kind_of_heading(heading) is None


@pytest.mark.parametrize(
    "text",
    ["Jan de Vries", "Fatima El Amrani", "J.P. Jansen", "Jansen, J.", "Mohammed al-Hassan", "Tesfay Gebremariam",
     "van der Berg, Anna", "Mevr. Jansen", "de heer Ali", "Abdul Rahman ibn Yusuf", "Zoë O'Neill", "محمد أحمد",
     "ተስፋይ ገብረማርያም"],
)  # fmt: skip
def test_names_by_their_shape(text: str) -> None:
    assert looks_like_a_name(text)


@pytest.mark.parametrize(
    "text",
    ["Dont know", "Zeer tevreden", "mee eens", "Ward 3", "Near the hospital", "Union Square", "Netherlands",
     "Weet ik niet", "Physics and Astronomy", "SET", "Helemaal Mee Eens", "p01", "1 (None at all)",
     "R_1ocLQUr8gMQxM09", "2021-07-05", ""],
)  # fmt: skip
def test_what_has_no_shape_of_a_name(text: str) -> None:
    assert not looks_like_a_name(text)


def column(*cells: str | float) -> Cells:
    return Cells.of(pd.Series(cells, dtype="category"))


def service_numbers(n: int) -> list[str]:
    numbers = random.Random(1)
    found: list[str] = []
    while len(found) < n:
        drawn = str(numbers.randrange(100_000_000, 1_000_000_000))
        found += [drawn] if passes_eleven_test(drawn) else []
    return found


def test_columns_by_what_stands_in_them() -> None:
    dice = random.Random(2)
    days = [f"{dice.randrange(1950, 2005)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 28):02}" for _ in range(30)]
    found = {
        "bsn": column(*service_numbers(8)),
        "phone": column(*(f"6{dice.randrange(10**7, 10**8)}" for _ in range(20))),
        "device": column("490154203237518", "356938035643809", "352099001761481", "358240051111110", "867686021234560"),
        "birth_date": column(*days),
        "location": column("52.0907, 5.1214", "52.3702, 4.8952", "51.9225, 4.4792"),
        "address": column("Dorpsstraat 12", "Kerkweg 3a", "Lange Laan 101, Utrecht"),
        "response_id": column("R_1ocLQUr8gMQxM09", "R_3I3k4dl8g96ASTH", "R_1ghIN1pKTnfSR1X"),
        "name": column("Jan de Vries", "Fatima El Amrani", "Tesfay Gebremariam", "Piet Jansen"),
        "free_text": column(
            "ik woon hier graag maar de lift is stuk", "te veel lawaai van de buren boven",
            "fijn dat er een tuin bij is", "nee",
        ),
    }  # fmt: skip
    assert {kind: kind_of_cells(cells) for kind, cells in found.items()} == {kind: kind for kind in found}
    assert kind_of_cells(column("1234 AB", "3512JK", "9711 lx")) == "address"


def test_columns_that_are_like_them_and_are_not() -> None:
    dice = random.Random(3)
    plain = [str(dice.randrange(100_000_000, 1_000_000_000)) for _ in range(200)]
    fieldwork = [f"2025-0{dice.randrange(1, 4)}-{dice.randrange(10, 28)}" for _ in range(50)]
    nothing = [
        column(*plain),  # one in eleven passes the eleven test
        column(*service_numbers(5)),  # too few to tell
        column(*fieldwork),
        column(*(f"2025-03-0{i} 10:0{i}:00" for i in range(1, 9))),
        column(*(str(600_000_000 + i) for i in range(50))),  # counted, not dialled
        column(*["Ward 3", "Union Square", "Near the hospital", "Ward 5"] * 5),
        column(*["Den Haag", "Sint Maarten", "Bergen Binnen"] * 9),
        column("pay_bills report_leaks", "report_leaks", "pay_bills save_water", "save_water report_leaks pay_bills"),
        column(1.5, 2.5, 3.25),
        column(*(f"{i}.841" for i in range(30))),
        column("Zeer tevreden", "Tevreden", "Ontevreden", "Zeer ontevreden"),
    ]
    assert [kind_of_cells(cells) for cells in nothing] == [None] * len(nothing)


def test_a_column_with_a_personal_heading_is_refused_even_when_empty() -> None:
    outcome = check(csv_bytes([*GOOD, ""], heading=[*HEADING, "Voornaam"]))
    assert codes(outcome) == ["personal_name"]
    assert outcome.problems[0].refuses_column


@pytest.mark.parametrize("write", ["{0[0]}.{0[1]}.{0[2]}", "{0[0]} {0[1]} {0[2]}", "{0[0]}-{0[1]}-{0[2]}"])
def test_service_numbers_in_groups(write: str) -> None:
    grouped = [write.format((number[:4], number[4:6], number[6:])) for number in service_numbers(12)]
    assert kind_of_cells(column(*grouped)) == "bsn"


@pytest.mark.parametrize("write", ["{0}-3-{1:02d}", "{0} mei 19{1}", "{0}-jan-{1}", "{0} March 19{1}"])
def test_days_of_birth_with_short_years_and_with_words(write: str) -> None:
    assert kind_of_cells(column(*(write.format(i % 27 + 1, 45 + i) for i in range(50)))) == "birth_date"


def test_a_postcode_with_a_house_number_is_an_address() -> None:
    assert kind_of_cells(column(*(f"10{i} AB {i}" for i in range(11, 40)))) == "address"


def test_remarks_are_found_by_their_heading_and_where_there_are_but_two() -> None:
    rest = [[*GOOD, ""]] * 12
    told = check(csv_bytes([*GOOD, "te duur hier"], *rest, heading=[*HEADING, "Opmerkingen"]))
    assert codes(told) == ["free_text"]
    words = "meneer op twee hoog maakt lawaai"
    assert codes(check(csv_bytes([*GOOD, words], *rest, heading=[*HEADING, "v7"]))) == ["free_text"]
    option = check(csv_bytes([*GOOD, words], *rest, heading=[*HEADING, f"Wat stoort u?/{words}"]))
    assert codes(option) == ["column_unknown"]
    coded = check(csv_bytes([*GOOD, "geen"], *rest, heading=[*HEADING, "toelichting"]))
    assert codes(coded) == ["column_unknown"]


def test_ticked_or_not_is_no_address() -> None:
    rows = [[*GOOD, "1"], [*GOOD, "0"]]
    assert codes(check(csv_bytes(*rows, heading=[*HEADING, "bereikbaar.email"]))) == ["column_unknown"]


def test_an_odd_cell_in_a_closed_question_is_told_with_its_row_and_the_column_stays() -> None:
    outcome = check(csv_bytes(GOOD, ["2", "ash", "1", "2", "7.5", "jan@voorbeeld.nl", "2"], ["3", *GOOD[1:]]))
    assert codes(outcome) == ["personal_cell"]
    assert (outcome.problems[0].columns, outcome.problems[0].rows) == ((("F", "gender"),), (3,))
    assert not outcome.problems[0].refuses_column


def test_a_closed_question_full_of_addresses_is_refused() -> None:
    rows = [["1", "ash", "1", "2", "7.5", f"jan{i}@voorbeeld.nl", "2"] for i in range(5)]
    assert codes(check(csv_bytes(*rows))) == ["personal_email"]


def test_an_id_that_is_an_address_is_refused() -> None:
    assert codes(check(csv_bytes(["jan@voorbeeld.nl", *GOOD[1:]]))) == ["personal_email"]


def test_an_id_of_the_survey_tool_comes_in_as_the_id_and_as_nothing_else() -> None:
    ids = ["R_1ocLQUr8gMQxM09", "R_3I3k4dl8g96ASTH", "R_1ghIN1pKTnfSR1X"]
    assert codes(check(csv_bytes(*([i, *GOOD[1:]] for i in ids)))) == []
    rows = [[*GOOD, i] for i in ids]
    assert codes(check(csv_bytes(*rows, heading=[*HEADING, "sleutel"]))) == ["personal_response_id"]
    assert codes(check(csv_bytes(*rows, heading=[*HEADING, "ResponseId"]))) == ["personal_response_id"]
    crosswalk = [{"var_name_orig": "ResponseId", "var_name_target": "number"}]
    named = [{"var_name_orig": name, "var_name_target": name} for name in HEADING[1:]]
    data = csv_bytes(*([i, *GOOD[1:]] for i in ids), heading=["ResponseId", *HEADING[1:]])
    assert codes(check(data, expected=expectation([*crosswalk, *named]))) == []


def test_coordinates_in_two_columns() -> None:
    rows = [[*GOOD, f"52.09{i}71", f"5.12{i}43"] for i in range(4)]
    outcome = check(csv_bytes(*rows, heading=[*HEADING, "x", "y"]))
    assert codes(outcome) == ["personal_location"]
    assert [name for _, name in outcome.problems[0].columns] == ["x", "y"]


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("somerville_happiness_2011_2013_2015.csv", set()),
        ("darktriad.sav", set()),
        ("limesurvey_rse_2017_nl.csv", {"free_text"}),  # training programmes, in the respondents' own words
        ("kobo_raw.csv", {"personal_device", "personal_response_id", "free_text"}),
        ("qualtrics_legitimacy_text_masked.csv", {
            "personal_ip", "personal_response_id", "personal_name", "personal_email", "personal_location",
            "personal_device", "free_text",
        }),
    ],
)  # fmt: skip
def test_real_files_hold_what_they_hold(name: str, found: set[str]) -> None:
    bounds = Bounds(max_bytes=20_000_000, max_rows=20_000, max_columns=1_000)
    table, _ = read_source(receive(DATA / name, bounds), bounds)
    assert {problem.code for problem in personal_data(table, Plan((), table.columns, ()))} == found


def test_the_questionnaire_itself_is_not_personal() -> None:
    assert [field.name for field in INSTRUMENT.fields if kind_of_heading(field.name)] == []
