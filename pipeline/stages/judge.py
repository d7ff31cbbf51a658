"""One verdict per claim: its evidence from the tables of compare and structure, by the rules of analysis.claims."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from analysis.claims import (
    ClaimError,
    Evidence,
    Statement,
    check_statement,
    contrast_evidence,
    family_adjusted,
    model_evidence,
    parse_statement,
    verdict,
)
from analysis.sem.syntax import parse
from analysis.sem.table import ParameterTable, build_table
from pipeline.artefacts import empty_table, read_table, table_contracts, write_table
from pipeline.declare import Claim, Study
from pipeline.errors import InputError
from pipeline.stages._run import run_stage


def run(study: Study, *, pool: str) -> None:
    """Judge every claim on ``pool`` and write the table ``verdicts``.

    Raises ``InputError``, all claims at once, when a statement cannot be read or speaks of something that is not there.
    """
    statements = _statements(study)
    evidence = {claim.id: _evidence(study, pool, claim, statements[claim.id]) for claim in study.claims.claims}
    kinds = {claim.id: claim.kind for claim in study.claims.claims}
    evidence = family_adjusted(evidence, kinds=kinds, statements=statements)
    rows = [_row(study, claim, statements[claim.id], evidence[claim.id]) for claim in study.claims.claims]
    columns = list(table_contracts()["verdicts"].columns)
    write_table(study.root, "verdicts", pd.DataFrame(rows, columns=columns), pool=pool)
    write_table(study.root, "verdict_history", empty_table("verdict_history"), pool=pool)


def _statements(study: Study) -> dict[str, Statement]:
    """Every claim's statement, read and checked against its model and the study."""
    statements: dict[str, Statement] = {}
    problems: list[str] = []
    traits = study.declaration.traits
    for claim in study.claims.claims:
        try:
            statement = parse_statement(claim.statement)
            check_statement(
                statement,
                table=_declared_model(study, claim),
                unit_traits=[trait.name for trait in traits if trait.of == "unit"],
                person_traits=[trait.name for trait in traits if trait.of == "person"],
                outcomes=study.declaration.outcomes,
            )
            statements[claim.id] = statement
        except ClaimError as error:
            problems.append(f"analysis/claims.yaml: claim {claim.id}: {error}")
    if problems:
        raise InputError("\n".join(problems))
    return statements


def _declared_model(study: Study, claim: Claim) -> ParameterTable | None:
    """The parameter table of the claim's model as declared; ``None`` when the claim names none."""
    if claim.model is None:
        return None
    if claim.model not in study.params.models or claim.model not in study.models:
        known = ", ".join(study.params.models) or "none"
        raise ClaimError(f"no model {claim.model} among params.yaml: models ({known})")
    return build_table(parse(study.models[claim.model]))


def _evidence(study: Study, pool: str, claim: Claim, statement: Statement) -> Evidence:
    """What the claim stands on in this pool."""
    confidence = study.params.judge.confidence
    if statement.about_model:
        model = str(claim.model)
        fit = _overall(read_table(study.root, "model_fit", pool=pool, model=model)).iloc[0]
        facts: dict[str, float | bool | str] = {name: fit[name] == "true" for name in ("converged", "admissible")}
        facts |= {name: str(fit[name]) for name in ("estimator", "errors")}
        numbers = ("n_obs", "n_projects", "cfi", "rmsea", "cfi_robust", "rmsea_robust")
        facts |= {name: float(fit[name]) for name in numbers}
        return model_evidence(
            statement,
            parameters=_overall(read_table(study.root, "parameters", pool=pool, model=model)),
            model_fit=facts,
            confidence=confidence,
        )
    clustering = read_table(study.root, "clustering", pool=pool)
    return contrast_evidence(
        statement,
        contrasts=read_table(study.root, "trait_contrasts", pool=pool),
        n_projects_by_outcome=dict(zip(clustering["outcome"], clustering["n_projects"].astype(float), strict=True)),
        unit_traits=[trait.name for trait in study.declaration.traits if trait.of == "unit"],
        confidence=confidence,
    )


def _overall(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["trait"] == "all") & (table["level"] == "all")]


def _row(study: Study, claim: Claim, statement: Statement, evidence: Evidence) -> dict[str, object]:
    """One row of ``verdicts``."""
    decided, reason = verdict(
        evidence,
        sign=statement.sign,
        smallest_effect=claim.smallest_effect,
        alpha=study.params.judge.alpha,
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
        **numbers,
    }


if __name__ == "__main__":
    run_stage(run, "pool")
