"""The claims of a study as statements, read and checked against its models, traits and outcomes."""

from __future__ import annotations

from analysis.claims import ClaimError, Statement, check_statement, parse_statement
from analysis.claims.models import path_told_by
from analysis.sem.equivalent import own_parameters
from analysis.sem.syntax import parse
from analysis.sem.table import ParameterTable, build_table
from pipeline.declare import Claim, Study
from pipeline.errors import InputError


def statements_of(study: Study) -> dict[str, Statement]:
    """Every claim's statement by the claim's id.

    Raises ``InputError``, all claims at once, when one cannot be read or speaks of something that is not there.
    """
    statements: dict[str, Statement] = {}
    problems: list[str] = []
    for claim in study.claims.claims:
        try:
            statements[claim.id] = _statement(study, claim)
        except ClaimError as error:
            problems.append(f"analysis/claims.yaml: claim {claim.id}: {error}")
    if problems:
        raise InputError("\n".join(problems))
    return statements


def declared_model(study: Study, claim: Claim) -> ParameterTable | None:
    """The parameter table of the claim's model as declared; ``None`` when the claim names none.

    Raises ``ClaimError`` when the study does not fit such a model.
    """
    if claim.model is None:
        return None
    fitted = [*study.params.models, *study.params.directions.models]
    if claim.model not in fitted or claim.model not in study.models:
        raise ClaimError(f"no model {claim.model} among params.yaml: models ({', '.join(fitted) or 'none'})")
    return build_table(parse(study.models[claim.model]))


def among_directions(study: Study, claim: Claim) -> bool:
    """Whether the claim's model is one of other directions only, with no tables of ``structure``."""
    return claim.model in study.params.directions.models and claim.model not in study.params.models


def _statement(study: Study, claim: Claim) -> Statement:
    statement = parse_statement(claim.statement, outcome=claim.outcome)
    traits = study.declaration.traits
    check_statement(
        statement,
        table=declared_model(study, claim),
        unit_traits=[trait.name for trait in traits if trait.of == "unit"],
        person_traits=[trait.name for trait in traits if trait.of == "person"],
        outcomes=study.declaration.outcomes,
    )
    if statement.about_model and among_directions(study, claim):
        _check_direction(study, claim, statement)
    if statement.kind == "path_difference" and not study.params.structure.groups:
        raise ClaimError("paths are compared between levels only with params.yaml: structure.groups")
    return statement


def _check_direction(study: Study, claim: Claim, statement: Statement) -> None:
    """Of models of other directions only what they define and the path they differ in has figures."""
    if statement.kind == "defined":
        return
    names = study.params.directions.models
    own = own_parameters([build_table(parse(study.models[name])) for name in names])[names.index(str(claim.model))]
    told = [row.name for row in own]
    if len(told) != 1 or not path_told_by(statement, told[0]):
        known = ", ".join(told) or "nothing"
        raise ClaimError(
            f"model {claim.model} stands under directions.models, which tell of what it defines and of its direction"
            f" ({known}) alone; add it to params.yaml: models"
        )
