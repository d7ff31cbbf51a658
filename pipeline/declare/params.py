"""``params.yaml``: what may be turned without touching a declaration or code. Each stage lists its keys in dvc.yaml."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pipeline.declare.base import Declaration, Name


class WaveParams(Declaration):
    """A wave that takes part; the file name is here too because DVC builds its stages from this file."""

    responses: str


class IntakeParams(Declaration):
    """Bounds for anything somebody sends."""

    max_bytes: int = Field(gt=0)
    max_rows: int = Field(gt=0)
    max_columns: int = Field(gt=0)
    minimum_answers: int = Field(ge=1)


class CleanParams(Declaration):
    """Who is kept and who is flagged.

    ``minimum_item_share``: persons who answered a smaller share of the items asked are excluded as `empty`.
    ``duplicate_minimum_items``: two persons with the same answers throughout are the same questionnaire only when they
    answered at least this many items; with fewer, two people may simply agree.
    ``longstring_share``: flag when the longest run of equal answers covers at least this share of one block's items.
    ``minimum_irv``: flag when the intra-individual standard deviation over items is below this.
    """

    minimum_item_share: float = Field(ge=0, le=1)
    duplicate_minimum_items: int = Field(default=10, ge=2)
    longstring_share: float = Field(gt=0, le=1)
    minimum_irv: float = Field(ge=0)


class MeasureParams(Declaration):
    """``confidence``: of intervals. ``minimum_n``: no reliability or factor model below this."""

    confidence: float = Field(gt=0, lt=1)
    minimum_n: int = Field(ge=3)


class CompareParams(Declaration):
    """``minimum_units``: projects a level needs before a trait of projects is compared."""

    confidence: float = Field(gt=0, lt=1)
    minimum_units: int = Field(ge=2)
    adjust: Literal["holm", "fdr_bh", "none"]


class StructureParams(Declaration):
    """``minimum_n``: no model is fitted to fewer persons."""

    confidence: float = Field(gt=0, lt=1)
    minimum_n: int = Field(ge=3)
    groups: bool


class JudgeParams(Declaration):
    """The verdict rules' numbers (rules: ``analysis/claims.py``)."""

    confidence: float = Field(gt=0, lt=1)
    alpha: float = Field(gt=0, lt=1)


class DiscloseParams(Declaration):
    """The disclosure gate. Stricter is free; below 10 and 5 needs ``looser_on_purpose``, which the report prints."""

    minimum_group: int = Field(ge=1)
    minimum_cell: int = Field(ge=1)
    looser_on_purpose: bool = False


class RenderParams(Declaration):
    """``engine``: ``auto`` takes Quarto where its program is found, else the embedded renderer."""

    engine: Literal["auto", "quarto", "embedded"]


class Params(Declaration):
    """The whole of ``params.yaml``. ``simulate`` is read by the simulate stage alone (free form here)."""

    code: str = "."
    waves: dict[Name, WaveParams]
    pools: list[Name]
    models: list[Name]
    simulate: dict[str, Any] = Field(default_factory=dict)
    intake: IntakeParams
    clean: CleanParams
    measure: MeasureParams
    compare: CompareParams
    structure: StructureParams
    judge: JudgeParams
    disclose: DiscloseParams
    render: RenderParams
