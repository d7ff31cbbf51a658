"""Other words for the same answer: the catalogue ``answer_words.yaml``, folded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.intake.text import fold


@dataclass(frozen=True)
class AnswerWords:
    """``groups``: words that mean the same; ``missing``: words, and ``missing_codes``: customary codes, by the reason
    for no answer that they stand for."""

    groups: tuple[frozenset[str], ...]
    missing: Mapping[str, frozenset[str]]
    missing_codes: Mapping[str, frozenset[float]]

    def like(self, folded: str) -> frozenset[str]:
        """All words that mean the same as ``folded``."""
        return frozenset().union(*(group for group in self.groups if folded in group))


@cache
def answer_words() -> AnswerWords:
    """The catalogue."""
    content = YAML(typ="safe").load(Path(__file__).with_name("answer_words.yaml"))
    return AnswerWords(
        groups=tuple(frozenset(map(fold, group)) for group in content["groups"]),
        missing={reason: frozenset(map(fold, texts)) for reason, texts in content["missing"].items()},
        missing_codes={reason: frozenset(map(float, codes)) for reason, codes in content["missing_codes"].items()},
    )
