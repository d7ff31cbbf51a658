"""How the declared traits stand in the persons frame."""

from __future__ import annotations

from analysis.clusters.contrasts import TraitColumns
from pipeline.declare import Trait


def trait_columns(trait: Trait) -> TraitColumns:
    """The columns of ``trait`` in the persons frame and what its levels are called."""
    return TraitColumns(trait.name, trait.of, trait.dummy, trait.high.value, trait.low.value)
