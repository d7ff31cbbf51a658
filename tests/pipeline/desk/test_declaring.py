"""The form about a wave: what it makes, and what it says is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from desk_help import FORM

from pipeline.declare.registry import Project
from pipeline.desk.declaring import Offered, filled, first_values, slug, values_of
from pipeline.desk.upload import Form

OWN = [Project(id=name, name=name.title(), corporation="Sité", traits={}) for name in ("ash", "birch")]
OFFERED = Offered("Sité", OWN, ["tiny@1"], ["residents"], ["nl", "en"], ["nl", "en"])


def form(**changes: Any) -> Form:
    values = FORM | changes
    return Form({name: value if isinstance(value, list) else [value] for name, value in values.items()})


def test_a_filled_in_form_is_a_declaration() -> None:
    wave = filled(form(), OFFERED, kind="xlsx").wave
    assert wave is not None
    assert (wave.wave, wave.corporation, wave.origin, wave.pool) == ("site-2026", "Sité", "residents", "residents")
    assert wave.projects["ash"].invited == 40
    assert wave.responses == "responses.xlsx"
    assert wave.title == {"nl": "Voorjaar", "en": "Voorjaar"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Voorjaar 2026!"}, "name"),
        ({"name": "../../x"}, "name"),
        ({"start": ""}, "start"),
        ({"start": "31-12-2025"}, "start"),
        ({"end": "2025-01-01"}, "end"),
        ({"mode": []}, "mode"),
        ({"mode": ["telepathy"]}, "mode"),
        ({"languages": []}, "languages"),
        ({"projects": []}, "projects"),
        ({"projects": ["fir"]}, "projects"),
        ({"invited_ash": "veertig"}, "invited_ash"),
        ({"invited_ash": "-1"}, "invited_ash"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(changes: dict[str, Any], field: str) -> None:
    result = filled(form(**changes), OFFERED, kind="csv")
    assert set(result.wrong) == {field}
    assert result.wave is None


def test_the_form_cannot_say_whose_wave_it_is_nor_that_it_is_simulated() -> None:
    sent = form(corporation="Elders", origin="simulated", pool="tiny", instrument="x@9")
    wave = filled(sent, OFFERED, kind="csv").wave
    assert wave is not None
    assert (wave.corporation, wave.origin, wave.pool, wave.instrument) == ("Sité", "residents", "residents", "tiny@1")


def test_yaml_in_a_field_stays_a_text() -> None:
    title = 'x\norigin: simulated\n"{{7*7}}": !!python/object:os.system'
    wave = filled(form(title=title), OFFERED, kind="csv").wave
    assert wave is not None
    assert wave.title == {"nl": title, "en": title}
    assert wave.origin == "residents"


def test_a_declaration_that_came_along_fills_the_form_with_what_is_the_corporations() -> None:
    wave = {
        "wave": "site-2026", "title": {"nl": "Voorjaar"}, "corporation": "Elders", "mode": ["paper", "x"],
        "fieldwork": {"start": "2026-01-05", "end": "2026-02-06"}, "languages": ["nl", "zz"],
        "projects": {"ash": {"invited": 40}, "fir": {"invited": 3}}, "sheet": "Antwoorden",
    }  # fmt: skip
    values = values_of(wave, OFFERED)
    assert values["name"] == ["2026"]
    assert values["projects"] == ["ash"]
    assert values["invited_ash"] == ["40"]
    assert values["mode"] == ["paper"]
    assert values["languages"] == ["nl"]
    assert filled(Form(values), OFFERED, kind="xlsx").wave is not None


@pytest.mark.parametrize("strange", [{}, {"projects": [1], "title": 3, "mode": "online", "fieldwork": "x"}])
def test_a_strange_declaration_fills_in_nothing(strange: dict[str, Any]) -> None:
    assert values_of(strange, OFFERED).get("projects") == first_values(OFFERED)["projects"]


@pytest.mark.parametrize(
    ("name", "made"),
    [("Sité", "site"), ("Woonstichting 't Huis B.V.", "woonstichting-t-huis-b-v"), ("1ste", "c1ste"), ("دار", "c")],
)
def test_names_of_waves_begin_with_the_corporation(name: str, made: str) -> None:
    assert slug(name) == made
