"""How well what the claims speak of was measured in one pool: the tables of measure."""

from __future__ import annotations

from analysis.claims import Statement, quality_of, subject_of
from pipeline.artefacts import read_table
from pipeline.declare import Study
from pipeline.stages._claims import declared_model
from pipeline.stages._judge.evidence import overall


def quality_by_claim(study: Study, pool: str, statements: dict[str, Statement]) -> dict[str, tuple[str, ...]]:
    """The codes of measurement quality by claim, faults first."""
    instrument = study.instrument_of_pool(pool)
    parts = {derived.name: (*derived.plus, *derived.minus) for derived in instrument.derived}
    reliability = overall(read_table(study.root, "reliability", pool=pool))
    discriminant = read_table(study.root, "discriminant_validity", pool=pool)
    invariance = read_table(study.root, "invariance", pool=pool)
    found = {}
    for claim in study.claims.claims:
        subject = subject_of(
            statements[claim.id],
            table=declared_model(study, claim),
            scales=[construct.name for construct in instrument.constructs],
            parts=parts,
            dummies={trait.dummy: trait.name for trait in study.declaration.traits},
        )
        found[claim.id] = quality_of(
            subject,
            reliability=reliability,
            discriminant=discriminant,
            invariance=invariance,
            minimum_reliability=study.params.judge.minimum_reliability,
        )
    return found
