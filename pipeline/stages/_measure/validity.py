"""Tables on convergent and discriminant validity of the primary scales, in one joint model."""

from __future__ import annotations

import pandas as pd

from analysis.measurement.joint_model import joint_model
from analysis.measurement.shared_content import shared_content
from analysis.measurement.validity import convergent_validity, discriminant_validity
from pipeline.stages._fitting import CLUSTER, how_fitted
from pipeline.stages._measure.inputs import Measured, Tables


def validity_tables(measured: Measured) -> Tables:
    """``convergent_validity``, ``discriminant_validity``, ``shared_content``.

    The model is fitted as those of the stage ``structure`` are (``params.yaml: structure``), its intervals and the
    number of persons it needs are those of ``measure``.
    """
    params, scales = measured.params, {scale.name: scale.item_names for scale in measured.primary}
    if not scales:
        return {name: pd.DataFrame() for name in ("convergent_validity", "discriminant_validity", "shared_content")}
    items = list(dict.fromkeys(item for names in scales.values() for item in names))
    used = measured.analysed[measured.analysed[items].notna().any(axis=1)]
    how = how_fitted(measured.study, used)
    options = {**how.options, "confidence": params.confidence}
    clustered = options.pop("cluster", None) is not None
    if clustered:
        used = used[used[CLUSTER].notna()]
    clusters = used[CLUSTER] if clustered else None
    joint = joint_model(used[items], scales, minimum_n=params.minimum_n, clusters=clusters, **options)
    shared = shared_content(joint, overlapping={frozenset(pair) for pair in params.overlapping})
    shared["closest"] = shared["closest"].map({True: "true", False: "false"})
    return {
        "convergent_validity": convergent_validity(joint),
        "discriminant_validity": discriminant_validity(
            used[items], joint, minimum_n=params.minimum_n, draws=params.draws, confidence=params.confidence,
            seed=params.seed, projects=used[CLUSTER],
        ),
        "shared_content": shared.assign(n_obs=joint.n_obs),
    }  # fmt: skip
