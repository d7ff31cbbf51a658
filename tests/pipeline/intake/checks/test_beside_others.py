"""A wave beside those that are stored: the same, mostly the same, far from before."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from checks_help import ITEMS, ONE, TWO, csv_of, expectation, person, persons, wave

from pipeline.declare.params import ShiftParams
from pipeline.intake import dvc_calls
from pipeline.intake.check import read_answers
from pipeline.intake.checks.earlier import StoredWave, stored_waves
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.checks.same_wave import not_compared, same_bytes, same_rows
from pipeline.intake.checks.scales import turned
from pipeline.intake.checks.shifted import compare, far_from_before
from pipeline.intake.checks.subject import Subject
from pipeline.intake.messages import explain
from pipeline.intake.source import Received
from pipeline.intake.submission import read_submission

TINY = Path(__file__).resolve().parents[3] / "fixtures" / "tiny_study"
Rows = list[dict[str, str]]


def subject(rows: Rows, **changes: Any) -> Subject:
    return read_answers(Received("a.csv", csv_of(rows)), expectation(**changes))


def stored(rows: Rows | None, **changes: Any) -> StoredWave:
    """A wave that is there; without ``rows``, one whose responses are elsewhere."""
    declared = wave(**({"wave": "old", "fieldwork": {"start": "2024-01-01", "end": "2024-02-01"}} | changes))
    if rows is None:
        return StoredWave(declared, frozenset({"f" * 32}), None, None)
    read = subject(rows)
    md5 = dvc_calls.md5_of(read.table.received.data)
    return StoredWave(declared, frozenset({md5}), read.expected.instrument, read.ingested_by_person, tuple(read.items))


def answered(n: int, seed: int, *, mean: float = 0.0, **cells: str) -> Rows:
    """``n`` persons who answer two scales; b6 is worded the other way round."""
    dice = random.Random(seed)
    rows = []
    for i in range(n):
        common = dice.gauss(0, 1)
        answers = {k: min(5, max(1, round(3.4 + mean + common + dice.gauss(0, 0.9)))) for k in ITEMS}
        answers["b6"] = 6 - answers["b6"]
        rows.append(person(i) | {k: str(v) for k, v in answers.items()} | cells)
    return rows


def mirrored(rows: Rows, names: list[str]) -> Rows:
    return [row | {name: str(6 - int(row[name])) for name in names} for row in rows]


def test_the_same_bytes_are_named_to_their_own_corporation_alone() -> None:
    received = Received("other-name.csv", csv_of(persons()))
    there = [stored(persons()), stored(persons(11)), stored(persons(), wave="x", corporation="Anders")]
    mine, anothers = same_bytes(received, there, "WONEN")
    assert (mine.code, mine.severity) == ("wave_same_bytes", "error")
    assert "uw golf old" in explain(mine, "nl")["what"]
    assert "een golf die er al is" in explain(anothers, "nl")["what"]
    assert "x" not in explain(anothers, "en")["what"].replace("exactly", "")


def test_bytes_are_known_of_a_wave_that_is_elsewhere() -> None:
    received = Received("a.csv", csv_of(persons()))
    away = StoredWave(wave(wave="old"), frozenset({dvc_calls.md5_of(received.data)}), None, None)
    assert [p.code for p in same_bytes(received, [away], "wonen")] == ["wave_same_bytes"]
    assert [(p.code, p.count) for p in not_compared([away, stored(persons())])] == [("waves_not_compared", 1)]
    assert not_compared([stored(persons())]) == []
    assert not_compared([StoredWave(wave(wave="made-up", origin="simulated"), frozenset(), None, None)]) == []


def test_mostly_the_same_rows() -> None:
    new = [*persons(7, number=""), *(person(i) for i in range(100, 105))]  # 7 of 12 were there
    (found,) = same_rows(subject(new), [stored(persons(20))], "wonen")
    assert (found.code, found.rows, found.details["share"]) == ("wave_same_rows", tuple(range(2, 9)), 58)
    half = [*persons(6), *(person(i) for i in range(100, 106))]
    assert same_rows(subject(half), [stored(persons(20))], "wonen") == []


def test_the_order_of_rows_and_columns_and_what_stands_beside_does_not_count() -> None:
    rows = [dict(reversed(row.items())) | {"kind": "host"} for row in reversed(persons())]
    assert [p.count for p in same_rows(subject(rows), [stored(persons())], "wonen")] == [12]


def test_a_file_without_some_columns_is_still_the_same() -> None:
    left_out = [{"var_name_target": name, "na_label_target": "not_asked"} for name in TWO[4:]]
    rows = [{k: v for k, v in row.items() if k not in TWO[4:]} for row in persons()]
    assert [p.count for p in same_rows(subject(rows, crosswalk=left_out), [stored(persons())], "wonen")] == [12]


def test_agreeing_by_chance_is_not_being_the_same() -> None:
    alike = [person(i % 3) | {"number": str(i)} for i in range(12)]  # everybody agrees with somebody, in one wave too
    assert same_rows(subject(alike), [stored(alike)], "wonen") == []
    few = [row | dict.fromkeys(ITEMS[9:], "") for row in persons()]
    assert same_rows(subject(few), [stored(few)], "wonen") == []
    straight = persons(12, **dict.fromkeys(ITEMS, "4"))
    assert same_rows(subject(straight), [stored(straight)], "wonen") == []


def test_a_wave_like_the_one_before_is_not_far_from_it() -> None:
    assert far_from_before(subject(answered(120, 1)), [stored(answered(150, 2))]) == []
    assert turned(subject(answered(120, 1))) == []


def test_an_item_that_was_answered_otherwise() -> None:
    new = [row | {"c3": row["c3"] if i % 2 else "1"} for i, row in enumerate(answered(150, 1))]
    (found,) = far_from_before(subject(new), [stored(answered(150, 2))])
    assert (found.code, found.variable, found.severity) == ("item_shifted", "c3", "warning")
    assert "uw golf old" in explain(found, "nl")["what"]


def test_a_few_rows_are_not_enough_to_tell() -> None:
    few = [row | {"c3": "1"} for row in answered(15, 1)]
    assert far_from_before(subject(few), [stored(answered(150, 2))]) == []


def test_a_turned_item_runs_against_its_scale() -> None:
    turned_one = subject(mirrored(answered(120, 1), ["b2"]))
    assert [p.variable for p in turned(turned_one)] == ["b2"]
    assert [p for p in far_from_before(turned_one, [stored(answered(150, 2))]) if p.variable == "b2"] == []
    # who turns the negative question round beforehand turns it round
    assert [p.variable for p in turned(subject(mirrored(answered(120, 1), ["b6"])))] == ["b6"]


def test_a_whole_scale_that_is_turned_is_seen_beside_the_wave_before() -> None:
    new = subject(mirrored(answered(150, 1, mean=0.7), ONE))
    assert turned(new) == []
    found = far_from_before(new, [stored(answered(150, 2, mean=0.7))])
    assert {p.variable for p in found if p.code == "item_turned"} == set(ONE)


def test_the_wave_before_is_the_corporations_own_latest() -> None:
    new = subject(answered(150, 1))
    far = answered(150, 2, mean=-2)
    near = answered(150, 3)
    latest = {"wave": "latest", "fieldwork": {"start": "2024-06-01", "end": "2024-07-01"}}
    later = {"wave": "later", "fieldwork": {"start": "2025-03-01", "end": "2025-04-01"}}
    assert far_from_before(new, [stored(far), stored(near, **latest), stored(far, **later)]) == []
    assert len(far_from_before(new, [stored(near), stored(far, **latest)])) == len(ITEMS)
    # without one of its own: the pool's; and never another pool's or another questionnaire's
    others = far_from_before(new, [stored(far, corporation="Anders")])
    assert len(others) == len(ITEMS)
    assert "other waves of this pool" in explain(others[0], "en")["what"]
    assert far_from_before(new, [stored(far, pool="q"), stored(far, instrument="other@1")]) == []


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "study"))


def submitted(tiny: Path, data: bytes, folder: Path) -> list[str]:
    text = (tiny / "surveys" / "waves" / "tiny-2020" / "wave.yaml").read_text(encoding="utf-8")
    declaration = folder / "wave.yaml"
    declaration.write_text(text.replace("wave: tiny-2020", "wave: tiny-new"), encoding="utf-8")
    submission = read_submission(tiny, declaration=declaration, crosswalk=None, language="nl")
    assert submission.declared == ()
    return [p.code for p in check_submission(submission, Received("responses.csv", data)).problems]


def test_a_submission_is_held_against_every_stored_wave(tiny: Path, tmp_path: Path) -> None:
    data = (tiny / "surveys" / "waves" / "tiny-2020" / "responses.csv").read_bytes()
    assert "wave_same_bytes" in submitted(tiny, data, tmp_path)
    assert "wave_same_bytes" not in submitted(tiny, data + b"\n", tmp_path)


def test_a_wave_that_was_withdrawn_no_longer_counts_and_one_elsewhere_is_counted(tiny: Path) -> None:
    names = [w.wave.wave for w in stored_waves(tiny, besides="none")]
    assert names
    (tiny / "surveys" / "waves" / names[0] / "responses.csv").unlink()
    assert stored_waves(tiny, besides="none")[0].ingested_by_person is None
    assert [w.wave.wave for w in stored_waves(tiny, besides=names[0])] == names[1:]


def test_thresholds_are_declared() -> None:
    assert ShiftParams().alpha == 0.01


def test_waves_that_changed_nothing_are_left_alone() -> None:
    """Six pairs of waves from one mould: none is warned of (tests/benchmarks/wave_checks.py has the shares)."""
    waves = [subject(answered(60, seed)) for seed in range(100, 112)]
    params = ShiftParams()
    for new, old in zip(waves[::2], waves[1::2], strict=True):
        instrument = new.expected.instrument
        found = compare(new.ingested_by_person, old.ingested_by_person, instrument, new.items, params)
        assert (dict(found.shifted), found.mirrored) == ({}, [])
        assert turned(new) == []
