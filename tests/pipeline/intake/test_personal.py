"""Personal data at the door."""

from __future__ import annotations

import pytest
from intake_help import GOOD, HEADING, codes, csv_bytes
from intake_help import checked as check

from pipeline.intake.identifiers import is_personal
from pipeline.intake.personal import heading_is_personal


@pytest.mark.parametrize(
    "text",
    ["jan@voorbeeld.nl", "mail mij: Jan.de-Vries+wonen@mail.example.com aub", "0612345678", "06-12345678",
     "06 12 34 56 78", "+31 6 12345678", "0031612345678", "bel 020-1234567 na zes", "+963 944 123 456",
     "192.168.1.17", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "fe80::1ff:fe23:4567:890a"],
)  # fmt: skip
def test_addresses_and_numbers_are_found(text: str) -> None:
    assert is_personal(text)


@pytest.mark.parametrize(
    "text",
    ["", "7", "mee eens", "2017-05-01 12:00:00", "1.5", "0,125", "1.000.000", "123456789", "12:30:45", "p01",
     "9f8b2c1d-0123-4567-89ab-0123456789ab", "1-91", "@home", "50% korting", "2025.03.31", "0000001234"],
)  # fmt: skip
def test_answers_are_not(text: str) -> None:
    assert not is_personal(text)


@pytest.mark.parametrize(
    "heading",
    ["Naam", "Voornaam", "E-mail", "email_address", "E-mailadres", "Telefoonnummer", "phone", "IP-adres", "ipaddr",
     "IPAddress", "RecipientFirstName", "Last name", "Adres", "Postcode", "Geboortedatum", "Date of birth", "BSN",
     "Uw naam", "LocationLatitude", "device id", "deviceId"],
)  # fmt: skip
def test_headings_that_promise_personal_data(heading: str) -> None:
    assert heading_is_personal(heading)


@pytest.mark.parametrize(
    "heading",
    ["Project", "Projectnaam", "Project name", "naam project", "Status", "Duur (minuten)", "Ward", "language",
     "Hoe tevreden bent u met de straat en het adres waar u nu woont?", "hs1", "tipi", "equipment"],
)  # fmt: skip
def test_headings_that_do_not(heading: str) -> None:
    assert not heading_is_personal(heading)


def test_a_column_with_a_personal_heading_is_refused_even_when_empty() -> None:
    outcome = check(csv_bytes([*GOOD, ""], heading=[*HEADING, "Voornaam"]))
    assert "personal_data" in codes(outcome)


def test_personal_data_are_found_in_a_column_that_belongs_there_and_told_once() -> None:
    outcome = check(csv_bytes(GOOD, ["2", "ash", "1", "2", "7.5", "jan@voorbeeld.nl", "2"]))
    assert codes(outcome) == ["personal_data"]
    assert (outcome.problems[0].columns, outcome.problems[0].rows) == ((("F", "gender"),), (3,))


def test_an_id_that_is_an_address_is_refused() -> None:
    assert codes(check(csv_bytes(["jan@voorbeeld.nl", *GOOD[1:]]))) == ["personal_data"]
