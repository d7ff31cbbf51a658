"""What a heading promises: the kind of personal data that a column called so is there for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

Kind = Literal[
    "name", "email", "phone", "bsn", "number", "address", "birth_date", "ip", "device", "response_id", "account",
    "location", "free_text",
]  # fmt: skip
"""Kinds of personal data; the problem's code is ``personal_<kind>`` (``free_text`` for itself)."""

# the order counts: an "email address" is not an address, an "ip address" neither
_WORDS: Mapping[Kind, frozenset[str]] = {
    "email": frozenset({"email", "mail", "emailadres", "mailadres", "emailaddress", "البريد"}),
    "ip": frozenset({"ipadres", "ipaddress", "ip", "ipaddr"}),
    "device": frozenset({
        "deviceid", "imei", "subscriberid", "simid", "simserial", "useragent", "fingerprint", "macaddress", "macadres",
        "idfa", "idfv", "gaid", "androidid", "cookie", "toestelnummer",
    }),
    "response_id": frozenset({
        "responseid", "instanceid", "uuid", "rootuuid", "guid", "token", "recipientid", "externalreference",
        "respondentid", "panelistid", "contactid", "uitnodigingscode", "invitecode", "inlogcode",
    }),
    "account": frozenset({
        "username", "gebruikersnaam", "iban", "rekeningnummer", "bankrekening", "bankrekeningnummer", "facebook",
        "instagram", "twitter", "linkedin", "login",
    }),
    "phone": frozenset({
        "telefoon", "telefoonnummer", "mobiel", "mobielnummer", "mobieltje", "phone", "telephone", "mobile",
        "phonenumber", "mobilenumber", "gsm", "whatsapp", "tel", "telnr", "الهاتف",
    }),
    "bsn": frozenset({"bsn", "burgerservicenummer", "sofinummer", "bsnnummer"}),
    "number": frozenset({
        "vnummer", "vnr", "paspoort", "paspoortnummer", "passport", "passportnumber", "kenteken", "huurdersnummer",
        "huurdernummer", "huurdernr",
        "klantnummer", "klantnr", "relatienummer", "dossiernummer", "cliëntnummer", "clientnummer",
        "contractnummer", "rijbewijsnummer", "documentnummer", "zorgnummer", "tenantnumber",
    }),
    "birth_date": frozenset({
        "geboortedatum", "geboortedag", "geboortejaar", "gebdatum", "birthdate", "birthday", "birthyear",
        "dateofbirth", "dob", "yearofbirth",
    }),
    "location": frozenset({
        "latitude", "longitude", "breedtegraad", "lengtegraad", "geopoint", "geolocation", "gps", "lat", "lng", "lon",
    }),
    "address": frozenset({
        "adres", "address", "woonadres", "straat", "straatnaam", "huisnummer", "huisnr", "street", "postcode",
        "zipcode", "zip", "kamernummer", "woningnummer", "appartementnummer",
    }),
    "name": frozenset({
        "voornaam", "voornamen", "achternaam", "roepnaam", "tussenvoegsel", "voorletters", "initialen", "firstname",
        "lastname", "surname", "forename", "fullname", "initials", "meisjesnaam", "familienaam", "handtekening",
        "contactpersoon", "الاسم", "اسم", "ስም",
    }),
    "free_text": frozenset({
        "opmerking", "opmerkingen", "toelichting", "suggestie", "suggesties", "namelijk", "remark", "remarks",
        "comment", "comments", "suggestion", "suggestions", "specify",
    }),
}  # fmt: skip
_PAIRS: Mapping[Kind, tuple[tuple[str, str], ...]] = {
    "email": (("e", "mail"),),
    "device": (("device", "id"), ("user", "agent"), ("mac", "address"), ("android", "id")),
    "response_id": (
        ("response", "id"), ("respondent", "id"), ("recipient", "id"), ("instance", "id"), ("external", "reference"),
        ("data", "reference"), ("payment", "code"), ("token", "guid"), ("contact", "id"),
    ),
    "account": (("user", "name"),),
    "number": (("v", "nummer"), ("v", "nr"), ("licence", "plate"), ("license", "plate"), ("passport", "number")),
    "birth_date": (("birth", "date"), ("birth", "year"), ("date", "birth"), ("of", "birth")),
    "address": (("zip", "code"), ("house", "number"), ("room", "number")),
    "name": (
        ("first", "name"), ("last", "name"), ("full", "name"), ("family", "name"), ("given", "name"),
        ("voor", "naam"), ("achter", "naam"),
    ),
}  # fmt: skip
_KINDS: tuple[Kind, ...] = tuple(_WORDS)
# "name" promises a name, unless it is the name of something else; and not everything "of birth" is a date
_NAMES = frozenset({"naam", "name"})
_NAMELESS = frozenset({
    "project", "projects", "gebouw", "building", "complex", "wijk", "buurt", "neighbourhood", "neighborhood", "bestand",
    "file", "vragenlijst", "survey", "questionnaire", "golf", "wave", "corporatie", "corporation", "gemeente",
    "municipality", "land", "country", "variable", "taal", "language", "collector", "list", "house", "huis", "company",
    "enumerator", "interviewer", "ward", "unit", "column", "kolom",
})  # fmt: skip
_NOT_A_DATE = frozenset({"country", "place", "land", "plaats", "region"})
_MOST_WORDS = 6
"""A longer heading is a question, and a question is judged by its answers."""
_OF_BROWSERS = frozenset({"browser", "version", "resolution", "operating", "system", "os"})
_OF_KOBO: Mapping[str, Kind] = {"_id": "response_id", "x_id": "response_id", "__id": "response_id"}


def kind_of_heading(name: str) -> Kind | None:
    """What a column with this heading is likely to hold; ``None`` when the heading promises nothing of the sort."""
    if (exact := _OF_KOBO.get(name.strip().casefold())) is not None:
        return exact
    words = _words(name)
    if not words or len(words) > _MOST_WORDS:
        return None
    if words[0] == "browser" and len(words) > 1 and _OF_BROWSERS.issuperset(words):
        return "device"
    held, pairs = set(words), set(pairwise(words))
    for kind in _KINDS:
        if held & _WORDS[kind] or pairs & set(_PAIRS.get(kind, ())):
            return None if kind == "birth_date" and held & _NOT_A_DATE else kind
    return "name" if held & _NAMES and not held & _NAMELESS else None


def _words(name: str) -> list[str]:
    """The words of a heading: ``RecipientFirstName`` and ``recipient_first_name`` have the same three."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", unicodedata.normalize("NFC", name))
    return re.findall(r"[^\W\d_]+", apart.casefold())
