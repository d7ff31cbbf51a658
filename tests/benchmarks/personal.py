"""How well columns with personal data are told from others, on columns that were made up for it.

    python tests/benchmarks/personal.py [--columns 200]

Each kind of personal data is written into columns of 10 and of 60 rows in the shapes people and tools write it, under a
heading that says nothing (``v1``), with a tenth of the cells left blank; beside them stand columns that look like them
and are not. *found*: told as some kind of personal data, so that the column stays out; *right kind*: and as the one
it is. For columns that are not personal *found* is a false alarm. Names are put together from syllables, so that no
list could know them.
"""

from __future__ import annotations

import argparse
import random
import uuid
from collections.abc import Callable

import pandas as pd

from pipeline.intake.identifiers import passes_eleven_test, passes_luhn
from pipeline.intake.personal import personal_data
from pipeline.intake.personal.headings import Kind
from pipeline.intake.plan import Plan
from pipeline.intake.source import FileFormat, Received, SourceColumn, SourceTable

Draw = Callable[[random.Random], str]
_SYLLABLES = [consonant + vowel for consonant in "bdfghjklmnrstwz" for vowel in "aeio"] + [
    "ber",
    "den",
    "man",
    "sen",
    "ger",
]
_WORDS = [
    "de", "buren", "zijn", "aardig", "maar", "lift", "stuk", "en", "tuin", "mooi", "veel", "lawaai", "ik", "woon",
    "hier", "graag", "niet", "altijd", "nog", "te", "warm", "keuken",
]  # fmt: skip
LABELS = ("Zeer tevreden", "Tevreden", "Dont know", "Weet ik niet", "Helemaal mee eens")
PROJECTS = ("Zanderwierde", "SET IJburg", "Baak Zuid", "De Hoge Linden", "SoZa")
TOWNS = ("Den Haag", "Bergen op Zoom", "Sint Michielsgestel", "Alphen aan den Rijn", "Ede", "Hof van Twente")
CODES = ("pay_bills", "report_leaks", "save_water", "dont_know")
STREETS = ("straat", "weg", "laan", "plein")


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(_SYLLABLES, k=dice.randint(2, 3))).capitalize()


def _name(dice: random.Random) -> str:
    middle = dice.choice(["", "", "", "van ", "de ", "van der ", "El ", "al-", "ten "])
    return dice.choice([
        f"{_word(dice)} {middle}{_word(dice)}", f"{dice.choice('ABCDFHJKM')}. {middle}{_word(dice)}",
        f"{_word(dice)}, {_word(dice)}", f"{_word(dice)} {_word(dice)} {_word(dice)}",
    ])  # fmt: skip


def _digits(dice: random.Random, k: int) -> str:
    return "".join(dice.choices("0123456789", k=k))


def _until(draw: Draw, fits: Callable[[str], bool]) -> Draw:
    def drawn(dice: random.Random) -> str:
        while not fits(text := draw(dice)):
            pass
        return text

    return drawn


def _phone(dice: random.Random) -> str:
    d = _digits(dice, 8)
    return dice.choice([
        f"06{d}", f"06-{d}", f"06 {d[:2]} {d[2:4]} {d[4:6]} {d[6:]}", f"+31 6 {d}", f"+31 (0)6 {d[:4]} {d[4:]}",
        f"0031 6{d}", f"+32 47{d[0]} {d[1:3]} {d[3:5]} {d[5:7]}", f"010-{d[:7]}",
        f"04{d[:2]} {d[2:4]} {d[4:6]} {d[6:]}",
    ])  # fmt: skip


def _day(dice: random.Random, first: int, last: int) -> str:
    year, month, day = dice.randint(first, last), dice.randint(1, 12), dice.randint(1, 28)
    return f"{year}-{month:02}-{day:02}"


def _iban(dice: random.Random) -> str:
    account = "INGB" + _digits(dice, 10)
    number = int("".join(str(int(c, 36)) for c in account + "NL00"))
    return f"NL{98 - number % 97:02}{account}"


PERSONAL: dict[str, tuple[Kind, Draw]] = {
    "names": ("name", _name),
    "names with an honorific": ("name", lambda d: f"{d.choice(['Dhr.', 'Mevr.', 'Mw.', 'De heer'])} {_word(d)}"),
    "names in Arabic script": ("name", lambda d: " ".join("".join(d.choices("ابتحدرسعقكلمنهوي", k=4)) for _ in "ab")),
    "e-mail addresses": ("email", lambda d: f"{_word(d)}.{_word(d)}@{_word(d)}.nl".lower()),
    "telephone numbers": ("phone", _phone),
    "mobile numbers without their 0": ("phone", lambda d: f"6{_digits(d, 8)}"),
    "service numbers (BSN)": ("bsn", _until(lambda d: d.choice("123456789") + _digits(d, 8), passes_eleven_test)),
    "street and number": (
        "address",
        lambda d: f"{_word(d)}{d.choice(STREETS)} {d.randint(1, 200)}",
    ),
    "postcodes": ("address", lambda d: f"{d.randint(1000, 9999)} {''.join(d.choices('ABCDEFGHJK', k=2))}"),
    "dates of birth": ("birth_date", lambda d: _day(d, 1945, 2006)),
    "IP addresses": ("ip", lambda d: ".".join(str(d.randint(1, 254)) for _ in "abcd")),
    "IMEI": ("device", _until(lambda d: "35" + _digits(d, 13), passes_luhn)),
    "device ids of Kobo": ("device", lambda d: "collect:" + "".join(d.choices("abcdefXYZ012345", k=16))),
    "UUIDs": ("response_id", lambda d: str(uuid.UUID(int=d.getrandbits(128), version=4))),
    "response ids of Qualtrics": ("response_id", lambda d: "R_" + "".join(d.choices("abcdefXYZ012345", k=15))),
    "IBAN": ("account", _iban),
    "places on the map": ("location", lambda d: f"{d.uniform(51, 53):.5f}, {d.uniform(4, 6):.5f}"),
    "open answers": ("free_text", lambda d: " ".join(d.choices(_WORDS, k=d.randint(4, 14)))),
}
OTHERS: dict[str, Draw] = {
    "codes 1 to 5": lambda d: str(d.randint(1, 5)),
    "labels of answers": lambda d: d.choice(LABELS),
    "labels in Arabic": lambda d: d.choice(["أوافق بشدة", "لا أوافق", "لا أعرف", "محايد"]),
    "project names": lambda d: d.choice(PROJECTS),
    "municipalities": lambda d: d.choice(TOWNS),
    "countries of birth": lambda d: d.choice(["Syrië", "Eritrea", "Nederland", "Verenigde Staten", "Saoedi-Arabië"]),
    "nine digits": lambda d: d.choice("123456789") + _digits(d, 8),
    "numbers that are counted": lambda d: str(190_990_000 + d.randint(0, 999)),
    "days of fieldwork": lambda d: _day(d, 2025, 2025),
    "years": lambda d: str(d.randint(1940, 2020)),
    "moments": lambda d: f"{_day(d, 2025, 2025)} {d.randint(0, 23):02}:{d.randint(0, 59):02}:{d.randint(0, 59):02}",
    "seconds": lambda d: f"{d.uniform(0, 500):.3f}",
    "chosen together (space)": lambda d: " ".join(d.sample(CODES, k=d.randint(1, 3))),
    "chosen together (;)": lambda d: ";".join(d.sample(["Tuin", "Lift", "Eigen keuken", "Balkon"], k=d.randint(1, 3))),
    "versions of a browser": lambda d: f"{d.randint(70, 99)}.0.{d.randint(3000, 4999)}.{d.randint(10, 199)}",
    "resolutions": lambda d: f"{d.choice([360, 1280, 1920])}x{d.choice([640, 800, 1080])}",
    "codes of ten letters": lambda d: "".join(d.choices("0123456789abcdef", k=10)),
    "amounts": lambda d: str(d.choice([250_000, 300_000, 750_000, 500_000])),
}  # fmt: skip


def told(draw: Draw, rows: int, dice: random.Random) -> str | None:
    """The code under which a column of ``rows`` drawn cells is refused; ``None`` when it is not."""
    cells = [None if dice.random() < 0.1 else draw(dice) for _ in range(rows)]
    column = SourceColumn(0, "A", "v1")
    frame = pd.DataFrame({0: pd.Series(cells, dtype="category")}, index=range(2, rows + 2))
    table = SourceTable(Received("a.csv", b""), FileFormat("csv"), (column,), frame)
    problems = personal_data(table, Plan((), (column,), ()))
    return problems[0].code.removeprefix("personal_") if problems else None


def main() -> None:
    """Print a table for what is personal, one for what is not, and precision and recall over all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--columns", type=int, default=200)
    n = parser.parse_args().columns
    dice = random.Random(1)
    hits = right = alarms = 0
    print("| personal data | rows | found | right kind |\n|---|---|---|---|")
    for name, (kind, draw) in PERSONAL.items():
        for rows in (10, 60):
            found = [told(draw, rows, dice) for _ in range(n)]
            hits += sum(code is not None for code in found)
            right += sum(code == kind for code in found)
            shares = (
                f"{100 * sum(c is not None for c in found) / n:.1f} | {100 * sum(c == kind for c in found) / n:.1f}"
            )
            print(f"| {name} | {rows} | {shares} |")
    print("\n| not personal | rows | found | as |\n|---|---|---|---|")
    for name, draw in OTHERS.items():
        for rows in (10, 60):
            found = [code for _ in range(n) if (code := told(draw, rows, dice))]
            alarms += len(found)
            print(f"| {name} | {rows} | {100 * len(found) / n:.1f} | {', '.join(sorted(set(found)))} |")
    personal, others = 2 * n * len(PERSONAL), 2 * n * len(OTHERS)
    print(
        f"\nrecall {hits / personal:.3f} (right kind {right / personal:.3f}), precision {hits / (hits + alarms):.3f},"
    )
    print(f"false alarms {alarms / others:.4f} of the columns that are not personal")


if __name__ == "__main__":
    main()
