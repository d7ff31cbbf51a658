"""``magical-housing judge``: the verdicts of the last run, claim by claim, as they were published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from analysis.claims import RULES_VERSION
from pipeline.artefacts import table_path, write_json
from pipeline.commands.common import LanguageOption, StudyOption, claims_named, not_declared, out
from pipeline.declare import Claim, Study, load_study
from pipeline.errors import InputError
from pipeline.intake.words import Language
from pipeline.present.bundle import Bundle, is_hidden, read_bundle
from pipeline.present.context import Context
from pipeline.present.words.history import wave_labels
from pipeline.present.words.reasons import reason_of, sureness_of
from pipeline.published import bundle_path

EXAMPLE = "Voorbeeld / Example:  magical-housing judge --pool simulated --claim C5"
_FIGURES = (
    "n_obs", "n_projects", "estimate", "ci_lower", "ci_upper", "pvalue_adjusted", "smallest_effect", "power",
    "curve_share", "curve_pvalue", "n_specifications",
)  # fmt: skip


def judge(
    study: StudyOption = Path(),
    pool: Annotated[
        str | None, typer.Option("--pool", metavar="NAME", help="alleen deze gegevens / these data only")
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option("--claim", metavar="ID", help="alleen deze conclusie, herhaalbaar / this claim alone, repeatable"),
    ] = None,
    json_path: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", dir_okay=False, help="schrijf ook JSON / write JSON too")
    ] = None,
    language: LanguageOption = "nl",
) -> None:
    """Laat per conclusie het oordeel zien, en waarom. / Show the verdict on each claim, and why.

    Rekent niets uit: leest wat de laatste run publiceerde. / Computes nothing: reads what the last run published.
    """
    declared = load_study(study, language=language)
    claims = claims_named(declared, claim, language)
    if pool is not None and pool not in declared.params.pools:
        raise InputError(not_declared(language, "pool", pool, declared.params.pools))
    bundles = [_published(declared, name, language) for name in ([pool] if pool else declared.params.pools)]
    for bundle in bundles:
        _print(Context(declared, bundle, language), claims)
    if json_path is not None:
        content = {bundle.pool: [_as_json(bundle, known) for known in claims] for bundle in bundles}
        write_json(json_path, {"rules": RULES_VERSION, "pools": content})


def _published(study: Study, pool: str, language: Language) -> Bundle:
    """The published tables of a pool; raises ``InputError`` when they are not there.

    What has not passed the gate is not shown on a terminal either: terminals are copied from.
    """
    if (bundle_path(study.root, pool) / "about.json").exists():
        return read_bundle(study.root, pool)
    judged = table_path(study.root, "verdicts", pool=pool).exists()
    told = {
        ("nl", False): f"Over {pool} is nog niets geoordeeld: draai eerst `dvc repro`.",
        ("en", False): f"Nothing has been judged on {pool} yet: run `dvc repro` first.",
        ("nl", True): f"De oordelen over {pool} zijn nog niet gepubliceerd: draai eerst `dvc repro disclose`.",
        ("en", True): f"The verdicts on {pool} have not been published yet: run `dvc repro disclose` first.",
    }
    raise InputError(told[language, judged])


def _print(context: Context, claims: list[Claim]) -> None:
    """One pool, claim by claim."""
    console = out()
    simulated = f" ({context.say('pool simulated').lower()})" if context.bundle.simulated else ""
    console.print(f"{context.bundle.pool}{simulated}")
    for claim in claims:
        row = context.bundle.row("verdicts", claim=claim.id)
        verdict = "cannot_tell" if row is None else str(row["verdict"])
        console.print(f"\n{claim.id}  {context.say(f'verdict {verdict}')}: {context.text(claim.text.heading)}")
        for line in _lines(context, claim, row):
            console.print(f"    {line}")
    console.print()


def _lines(context: Context, claim: Claim, row: pd.Series | None) -> list[str]:
    """What stands below a claim's verdict: statement, reason, figures, how sure, wave by wave."""
    estimate = float("nan") if row is None or is_hidden(row, "estimate") else float(row["estimate"])
    lines = [claim.statement, reason_of(context, claim, estimate)]
    if row is not None and not pd.isna(estimate):
        ends = (float(row["ci_lower"]), float(row["ci_upper"]))
        lines.append(
            context.say(
                "judge figures",
                estimate=context.numbers.estimate(estimate, *ends, signed=True),
                confidence=context.confidence,
                smallest=context.numbers.number(claim.smallest_effect),
                n=context.say("hidden") if pd.isna(row["n_obs"]) else context.numbers.count(float(row["n_obs"])),
                n_units=context.numbers.count(float(row["n_projects"])),
                units=context.units,
            )
        )
    labels = wave_labels(context)
    waves = [
        f"{context.say('history wave' if scope == 'alone' else 'history until', wave=labels[wave])}:"
        f" {context.say(f'verdict {found}').lower()}"
        for wave, scope, found in context.bundle.rows("verdict_history", claim=claim.id)[
            ["wave", "scope", "verdict"]
        ].itertuples(index=False, name=None)
        if len(labels) > 1 and not (scope == "so_far" and wave == next(iter(labels)))
    ]
    return [line for line in (*lines, sureness_of(context, claim), " · ".join(waves)) if line]


def _as_json(bundle: Bundle, claim: Claim) -> dict[str, Any]:
    """One claim; figures that are hidden or were not computed are ``null``."""
    row = bundle.row("verdicts", claim=claim.id)
    facts: dict[str, Any] = {"claim": claim.id, "statement": claim.statement, "verdict": None, "reason": None}
    if row is not None:
        facts |= {name: str(row[name]) for name in ("kind", "verdict", "reason", "metric", "units", "method")}
        facts |= {"quality": [code for code in str(row["quality"]).split(";") if code]}
        facts |= {name: None if pd.isna(row[name]) else float(row[name]) for name in _FIGURES}
    history = bundle.rows("verdict_history", claim=claim.id)
    told = history[["wave", "scope", "verdict", "reason"]].to_dict(orient="records")
    return facts | {"history": [{str(key): str(value) for key, value in entry.items()} for entry in told]}
