"""What a claim speaks of, and whether that was measured well enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.claims import Subject, parse_statement, quality_of, subject_of
from analysis.sem import parse
from analysis.sem.table import build_table

TABLE = build_table(
    parse("A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nA ~ p*dummy\nB ~ q*A\nthrough := p*q\ntwice := 2*through")
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B ~ A > 0", Subject(("B", "A"), (("B", "A"),), ())),
        ("cor(A, B) > 0", Subject(("A", "B"), (("A", "B"),), ())),
        # a path from a trait's variable compares the means of its levels
        ("A ~ dummy > 0", Subject(("A",), (), (("A", "trait", "means"),))),
        ("twice > 0", Subject(("A", "B"), (("B", "A"),), (("A", "trait", "means"),))),
        (
            "difference(B ~ A, trait) > 0",
            Subject(("B", "A"), (("B", "A"),), (("B", "trait", "relations"), ("A", "trait", "relations"))),
        ),
        ("effect(trait, A) > 0", Subject(("A",), (), (("A", "trait", "means"),))),
        (
            "effect(trait, D) > effect(other, D)",
            Subject(
                ("A", "B"),
                (),
                (("A", "trait", "means"), ("A", "other", "means"), ("B", "trait", "means"), ("B", "other", "means")),
            ),
        ),
    ],
)
def test_what_claims_speak_of(text: str, expected: Subject) -> None:
    found = subject_of(
        parse_statement(text), table=TABLE, scales=["A", "B"], parts={"D": ("A", "B")}, dummies={"dummy": "trait"}
    )
    assert found == expected


def quality(
    *, reliability: list[Any] = [], discriminant: list[Any] = [], invariance: list[Any] = []  # noqa: B006
) -> tuple[str, ...]:  # fmt: skip
    subject = Subject(("A", "B"), (("A", "B"),), (("A", "trait", "means"), ("B", "trait", "relations")))
    return quality_of(
        subject,
        reliability=pd.DataFrame(reliability, columns=["scale", "omega", "alpha"]),
        discriminant=pd.DataFrame(discriminant, columns=["scale_a", "scale_b", "verdict"]),
        invariance=pd.DataFrame(invariance, columns=["scale", "variable", "answers", "allows"]),
        minimum_reliability=0.6,
    )


GOOD: dict[str, list[Any]] = {
    "reliability": [("A", 0.6, 0.9), ("B", 0.8, 0.1)],
    "discriminant": [("B", "A", "distinct")],
    "invariance": [("A", "trait", "continuous", "means_partial"), ("B", "trait", "continuous", "relations")],
}


def test_nothing_to_say() -> None:
    assert quality(**GOOD) == ()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"reliability": [("A", 0.599, 0.9), ("B", 0.8, 0.1)]}, ("unreliable:A",)),
        ({"reliability": [("A", np.nan, 0.59), ("B", np.nan, 0.7)]}, ("unreliable:A",)),
        ({"reliability": [("A", 0.9, 0.9)]}, ("unknown_reliability:B",)),
        ({"discriminant": [("A", "B", "not_distinct")]}, ("not_distinct:A-B",)),
        ({"discriminant": [("A", "B", "doubtful")]}, ("doubtful:A-B",)),
        ({"discriminant": []}, ("unknown_distinct:A-B",)),
        ({"invariance": []}, ("unknown_alike:A-trait", "unknown_alike:B-trait")),
        (
            {"invariance": [("A", "trait", "continuous", "relations"), ("B", "trait", "continuous", "nothing")]},
            ("not_alike:A-trait", "not_alike:B-trait"),
        ),
        (  # answers as numbers decide; the ordered ladder where there is no other
            {
                "invariance": [
                    ("A", "trait", "ordered", "nothing"), ("A", "trait", "continuous", "scores"),
                    ("B", "trait", "continuous", ""), ("B", "trait", "ordered", "nothing"),
                ]
            },
            ("not_alike:B-trait",),
        ),
    ],
)  # fmt: skip
def test_codes(changed: dict[str, list[Any]], expected: tuple[str, ...]) -> None:
    assert quality(**(GOOD | changed)) == expected


def test_faults_come_first() -> None:
    found = quality(reliability=[("A", 0.9, 0.9)], discriminant=[("A", "B", "not_distinct")])
    assert [code.partition(":")[0] for code in found] == [
        "not_distinct", "unknown_reliability", "unknown_alike", "unknown_alike",
    ]  # fmt: skip
