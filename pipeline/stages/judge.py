"""One verdict per claim, by the rules of analysis.claims, and how it came about wave by wave.

Reads what compare, structure, directions and measure found and, where the study has a specification curve, what stress
found. ``_judge/evidence.py`` says where the figures of a claim stand, ``_judge/quality.py`` how well what it speaks of
was measured, ``_judge/history.py`` what one wave, or the waves so far, would have said.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from analysis.claims import Curve, Evidence, Statement, family_adjusted, power_to_find, verdict
from pipeline.artefacts import empty_table, read_table, table_contracts, write_table
from pipeline.declare import Claim, Study
from pipeline.stages._claims import statements_of
from pipeline.stages._judge.evidence import evidence_of
from pipeline.stages._judge.history import verdict_history
from pipeline.stages._judge.quality import quality_by_claim
from pipeline.stages._run import run_stage


def run(study: Study, *, pool: str) -> None:
    """Judge every claim on ``pool`` and write the tables ``verdicts`` and ``verdict_history``.

    Raises ``InputError``, all claims at once, when a statement cannot be read or speaks of something that is not there.
    """
    statements = statements_of(study)
    claims = study.claims.claims
    evidence = family_adjusted(
        {claim.id: evidence_of(study, pool, claim, statements[claim.id]) for claim in claims},
        kinds={claim.id: claim.kind for claim in claims},
        statements=statements,
    )
    quality = quality_by_claim(study, pool, statements)
    curves = _curves(study, pool)
    rows = [
        _row(study, claim, statements[claim.id], evidence[claim.id], curves.get(claim.id), quality[claim.id])
        for claim in claims
    ]
    history = verdict_history(
        study,
        pool,
        statements=statements,
        evidence=evidence,
        quality=quality,
        specifications=_stressed(study, "specifications", pool),
    )
    verdicts = pd.DataFrame(rows, columns=list(table_contracts()["verdicts"].columns))
    write_table(study.root, "verdicts", verdicts, pool=pool)
    write_table(study.root, "verdict_history", history, pool=pool)


def _stressed(study: Study, name: str, pool: str) -> pd.DataFrame:
    """A table of stress; without rows where the study has no specification curve."""
    return empty_table(name) if study.params.stress is None else read_table(study.root, name, pool=pool)


def _curves(study: Study, pool: str) -> dict[str, Curve]:
    """The specification curve of each claim that has one with an estimate in it."""
    return {
        str(row["claim"]): Curve(
            int(row["n_run"]),
            int(row["n_ok"]),
            float(row["share_claimed"]),
            float(row["pvalue_median"]),
            float(row["minimum_pvalue"]),
        )
        for _, row in _stressed(study, "specification_curves", pool).iterrows()
        if row["n_ok"] > 0
    }


def _row(
    study: Study, claim: Claim, statement: Statement, evidence: Evidence, curve: Curve | None, quality: tuple[str, ...]
) -> dict[str, object]:
    """One row of ``verdicts``."""
    judge = study.params.judge
    decided, reason = verdict(
        evidence,
        sign=statement.sign,
        smallest_effect=claim.smallest_effect,
        alpha=judge.alpha,
        curve=curve,
        minimum_share=judge.minimum_share,
        quality=quality,
    )
    numbers = {name: value for name, value in asdict(evidence).items() if name not in ("problem", "fits_badly")}
    numbers["n_obs"] = 0.0 if np.isnan(evidence.n_obs) else evidence.n_obs
    return {
        "claim": claim.id,
        "kind": claim.kind,
        "verdict": decided,
        "reason": reason,
        "model": claim.model or "",
        "smallest_effect": claim.smallest_effect,
        "power": power_to_find(claim.smallest_effect, se=evidence.se, df=evidence.df, alpha=judge.alpha),
        "curve_share": np.nan if curve is None else curve.share_of_all,
        "curve_pvalue": np.nan if curve is None else curve.pvalue,
        "n_specifications": np.nan if curve is None else curve.n_run,
        "quality": ";".join(quality),
        **numbers,
    }


if __name__ == "__main__":
    run_stage(run, "pool")
