"""Of ``magical-housing reliability``: whether scales are one thing each, and different things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.commands.answers import records
from pipeline.commands.fit import plain
from pipeline.commands.fit_summary import wrapped
from pipeline.commands.reliability_summary import decimal, problem_in_words
from pipeline.intake.words import Language

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.commands.reliability_request import Request

Entry = Mapping[str, Any]
_TEXTS = {
    "scale",
    "scale_a",
    "scale_b",
    "errors",
    "resampled",
    "fornell_larcker",
    "classification",
    "verdict",
    "problem",
}
_WHOLE = {"n_obs", "n_items", "n_obs_htmt"}

PHRASES: dict[str, dict[Language, str]] = {
    "title": {"nl": "Schalen naast elkaar ({n} mensen)", "en": "Scales against each other ({n} people)"},
    "scale": {"nl": "schaal", "en": "scale"},
    "pair": {"nl": "twee schalen", "en": "two scales"},
    "composite_reliability": {"nl": "betrouwbaarheid", "en": "reliability"},
    "ave": {"nl": "AVE", "en": "AVE"},
    "r_latent": {"nl": "latente correlatie", "en": "latent correlation"},
    "htmt": {"nl": "HTMT", "en": "HTMT"},
    "htmt2": {"nl": "HTMT2", "en": "HTMT2"},
    "verdict": {"nl": "oordeel", "en": "verdict"},
    "distinct": {"nl": "verschillend", "en": "distinct"},
    "doubtful": {"nl": "twijfelachtig", "en": "doubtful"},
    "not_distinct": {"nl": "niet te onderscheiden", "en": "not distinct"},
    "unknown": {"nl": "niet te zeggen", "en": "unknown"},
    "one_scale": {
        "nl": "Er is een schaal: niets om haar tegen te houden.",
        "en": "There is one scale: nothing to hold it against.",
    },
}  # fmt: skip


def validity_entry(request: Request) -> dict[str, Any]:
    """Variance extracted and composite reliability by scale; latent correlation, HTMT, HTMT2 and verdict by pair.

    One joint model of all scales by robust maximum likelihood among everybody, with the clusters asked for.
    """
    from analysis.measurement.joint_model import joint_model
    from analysis.measurement.validity import convergent_validity, discriminant_validity

    asked, clusters = request.asked, request.clusters
    answers, scales = _answers(request), {scale.name: scale.item_names for scale in request.scales}
    options: dict[str, object] = {"estimator": "mlr", "missing": asked.missing, "confidence": asked.confidence}
    if clusters is not None:
        options["errors"] = "cr2"
    joint = joint_model(answers, scales, minimum_n=asked.minimum_n, clusters=clusters, **options)
    pairs = discriminant_validity(
        answers, joint, minimum_n=asked.minimum_n, draws=asked.draws, confidence=asked.confidence, seed=asked.seed,
        projects=None if clusters is None else clusters.astype(str),
    )  # fmt: skip
    return {
        "n": joint.n_obs,
        "problem": joint.problem,
        "scales": [_plain(row) for row in records(convergent_validity(joint))],
        "pairs": [_plain(row) for row in records(pairs)],
    }


def print_validity(console: Console, content: Entry, language: Language, width: int) -> None:
    """Print the scales below each other, then the pairs with what is concluded of them."""
    console.print()
    console.print(_say("title", language, n=content["n"]), style="bold")
    if len(content["scales"]) < 2:
        console.print(wrapped(_say("one_scale", language), width))
    named = [
        [_say("scale", language), *(row["scale"] for row in content["scales"])],
        *(
            [_say(name, language), *(_with_interval(row, name, language) for row in content["scales"])]
            for name in ("composite_reliability", "ave")
        ),
        ["", *(_problems(row, language) for row in content["scales"])],
    ]
    _print_columns(console, named)
    if content["pairs"]:
        _print_columns(
            console,
            [
                [_say("pair", language), *(f"{row['scale_a']}, {row['scale_b']}" for row in content["pairs"])],
                *(
                    [_say(name, language), *(_with_interval(row, name, language) for row in content["pairs"])]
                    for name in ("r_latent", "htmt", "htmt2")
                ),
                [_say("verdict", language), *(_say(row["verdict"], language) for row in content["pairs"])],
                ["", *(_problems(row, language) for row in content["pairs"])],
            ],
        )


def _answers(request: Request) -> pd.DataFrame:
    """Every item after reversal, once."""
    from analysis.measurement.scoring import reversed_where_declared

    frames = [reversed_where_declared(request.persons, scale.items) for scale in request.scales]
    answers = pd.concat(frames, axis=1)
    return answers.loc[:, ~answers.columns.duplicated()]


def _plain(row: Entry) -> dict[str, Any]:
    """A row as JSON can hold it."""
    return {
        name: str(value) if name in _TEXTS else int(value) if name in _WHOLE else plain(value)
        for name, value in row.items()
    }


def _say(key: str, language: Language, **values: Any) -> str:
    return PHRASES[key][language].format(**values)


def _problems(row: Entry, language: Language) -> str:
    return ", ".join(problem_in_words(code, language) for code in row["problem"].split(";") if code)


def _with_interval(row: Entry, name: str, language: Language) -> str:
    """A figure with its interval, as far as they are there."""
    if row[name] is None:
        return ""
    lower, upper = row.get(f"{name}_ci_lower"), row.get(f"{name}_ci_upper")
    ends = "" if lower is None or upper is None else f" [{decimal(lower, language)}; {decimal(upper, language)}]"
    return decimal(row[name], language) + ends


def _print_columns(console: Console, columns: Sequence[Sequence[str]]) -> None:
    rooms = [max(map(len, column)) for column in columns]
    for n in range(len(columns[0])):
        line = "  ".join(f"{column[n]:<{room}}" for column, room in zip(columns, rooms, strict=True))
        console.print(f"  {line}".rstrip(), style=None if n else "bold")
