"""``magical-housing verify``: whether the store is as its receipts say."""

from __future__ import annotations

from pathlib import Path

import typer

from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, err, out, print_json
from pipeline.intake import store
from pipeline.intake.messages import counted, say
from pipeline.intake.store.verify import Finding
from pipeline.intake.words import Language, catalogue

EXAMPLE = "Voorbeeld / Example:  magical-housing verify --json"


def verify(study: StudyOption = Path(), language: LanguageOption = "nl", as_json: JsonOption = False) -> None:
    """Controleer of alles wat is opgeslagen nog klopt. / Whether the store is as its receipts say.

    Vergelijkt van elke golf het bestand, de beschrijving en de omzettabel met het ontvangstbewijs en met DVC. Verandert
    niets.
    """
    found = store.verify(study)
    texts = catalogue()["commands"][language]
    first = (
        counted(texts["verify_wrong"], len(found.wrong), language)
        if found.wrong
        else say(language, "verify_good", waves=len(found.waves))
    )
    if as_json:
        print_json({
            "good": not found.wrong,
            "verdict": first,
            "waves": list(found.waves),
            "findings": [
                {"code": one.code, "kind": one.kind, "wave": one.wave, "what": _said(one, language)} | one.details
                for one in found.findings
            ],
        })  # fmt: skip
    else:
        console = err() if found.wrong else out()
        console.print(first, style="bold red" if found.wrong else "bold green")
        for kind in ("wrong", "note"):
            lines = [_said(one, language) for one in found.findings if one.kind == kind]
            if lines:
                console.print(f"\n{texts['verify_kinds'][kind]}:")
                for number, line in enumerate(lines, start=1):
                    console.print(f"{number:3}. {line}")
    if found.wrong:
        raise typer.Exit(1)


def _said(finding: Finding, language: Language) -> str:
    text: str = catalogue()["commands"][language]["verify"][finding.code]
    said = text.format(wave=finding.wave, **finding.details)
    return f"{finding.wave}: {said}" if finding.wave else said
