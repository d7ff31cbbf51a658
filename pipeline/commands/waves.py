"""``magical-housing waves``: what has been submitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, out, print_json
from pipeline.declare import Study, Wave, load_study
from pipeline.intake.messages import RefusedError, number, say
from pipeline.intake.store import read_receipt
from pipeline.intake.words import Language, catalogue

_WIDE = 130
_FOR_WIDE_SCREENS = (1, 2, 3, 5, 6)
"""Columns that a narrower screen goes without: pool, origin, questionnaire, how many were invited, and projects."""
EXAMPLE = "Voorbeeld / Example:  magical-housing waves --json"


def waves(study: StudyOption = Path(), language: LanguageOption = "nl", as_json: JsonOption = False) -> None:
    """Laat zien welke golven er zijn. / Show which waves there are."""
    declared = load_study(study, language=language)
    if as_json:
        print_json([_as_json(declared, wave) for wave in declared.waves.values()])
    elif not declared.waves:
        out().print(say(language, "no_waves"))
    else:
        _print_table(declared, language)


def _kept(study: Study, wave: Wave) -> str:
    """Where the responses are: key of a sentence of the catalogue."""
    path = study.responses_path(wave.wave)
    if path.exists():
        return "kept_here"
    if path.with_name(f"{path.name}.dvc").exists():
        return "kept_in_dvc"
    return "to_be_simulated" if wave.wave in (study.params.simulate.get("waves") or {}) else "absent"


def _receipt(study: Study, wave: Wave) -> str:
    """The number of the wave's receipt; empty where it has none, or none that can be read (``verify`` says so)."""
    try:
        receipt = read_receipt(study.root, wave.wave)
    except RefusedError:
        return ""
    return receipt.number if receipt else ""


def _as_json(study: Study, wave: Wave) -> dict[str, Any]:
    return {
        "wave": wave.wave,
        "pool": wave.pool,
        "origin": wave.origin,
        "instrument": wave.instrument,
        "start": wave.fieldwork.start.isoformat(),
        "end": wave.fieldwork.end.isoformat(),
        "invited": wave.invited,
        "projects": len(wave.projects),
        "stored": study.responses_path(wave.wave).exists(),
        "receipt": _receipt(study, wave),
    }


def _print_table(study: Study, language: Language) -> None:
    table = Table(box=None, pad_edge=False)
    texts = catalogue()["commands"][language]
    console = out()
    if not console.is_terminal:
        console.width = 200
    shown = [i for i in range(len(texts["waves"]) + 1) if console.width >= _WIDE or i not in _FOR_WIDE_SCREENS]
    for place, heading in enumerate([*texts["waves"], texts["waves_receipt"]]):
        if place in shown:
            table.add_column(heading, justify="right" if place in (5, 6) else "left", overflow="fold")
    for wave in study.waves.values():
        invited = say(language, "unknown") if wave.invited is None else number(wave.invited, language)
        fieldwork = f"{wave.fieldwork.start} – {wave.fieldwork.end}"
        cells = [
            wave.wave, wave.pool, wave.origin, wave.instrument, fieldwork, invited, str(len(wave.projects)),
            say(language, _kept(study, wave)), _receipt(study, wave),
        ]  # fmt: skip
        table.add_row(*(cells[i] for i in shown))
    console.print(table)
