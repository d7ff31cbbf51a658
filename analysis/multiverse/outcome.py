"""What is found of one claim under one specification."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from analysis.multiverse.specification import AXES, Specification

Array = npt.NDArray[np.floating[Any]]
Status = Literal["ok", "inadmissible", "not_converged", "refused", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)
_NUMBERS = ("estimate", "se", "df", "ci_lower", "ci_upper", "pvalue")


@dataclass(frozen=True)
class Found:
    """One claim under one specification, in the claim's metric (``verdicts``: ``sd`` or ``std_all``) and not turned.

    ``status`` other than ``ok``: no numbers, and a ``reason`` (a code). ``df``: infinite where the reference is normal.
    ``influence``: by project its share of the estimate, which add up to it (``influence.py``); empty where there is
    none. ``permuted``: (n_permutations,) estimates under reassigned traits, the same assignments for every
    specification of a family, as it is first; ``None`` for claims judged by signs and where there are none.
    """

    claim: str
    specification: Specification
    status: Status
    reason: str = ""
    n_obs: int = 0
    n_projects: int = 0
    estimate: float = np.nan
    se: float = np.nan
    df: float = np.nan
    ci_lower: float = np.nan
    ci_upper: float = np.nan
    pvalue: float = np.nan
    influence: Mapping[str, float] = field(default_factory=dict)
    permuted: Array | None = None

    def as_record(self) -> dict[str, Any]:
        """As plain values that JSON holds without loss: numbers as they are written in full, arrays as base64 of their
        little-endian doubles."""
        return {
            "claim": self.claim,
            "specification": [getattr(self.specification, axis) for axis in AXES],
            "status": self.status,
            "reason": self.reason,
            "n_obs": self.n_obs,
            "n_projects": self.n_projects,
            "numbers": _packed(np.array([getattr(self, name) for name in _NUMBERS])),
            "projects": list(self.influence),
            "influence": _packed(np.array(list(self.influence.values()))),
            "permuted": None if self.permuted is None else _packed(self.permuted),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Found:
        """Back from ``as_record``."""
        return cls(
            claim=record["claim"],
            specification=Specification(*record["specification"]),
            status=record["status"],
            reason=record["reason"],
            n_obs=record["n_obs"],
            n_projects=record["n_projects"],
            **dict(zip(_NUMBERS, map(float, _unpacked(record["numbers"])), strict=True)),
            influence=dict(zip(record["projects"], map(float, _unpacked(record["influence"])), strict=True)),
            permuted=None if record["permuted"] is None else _unpacked(record["permuted"]),
        )


def _packed(values: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode("ascii")


def _unpacked(text: str) -> Array:
    return np.frombuffer(base64.b64decode(text), dtype="<f8").astype(float)
