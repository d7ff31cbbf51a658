"""Made-up simulated verdicts of waves that are planned for the tiny study."""

from __future__ import annotations

import pandas as pd

from pipeline.artefacts import table_contracts

Tables = dict[str, pd.DataFrame]

# supported by 6, 8, 12 and 20 projects, effects as declared and half of them; what there is to find
CURVES = {
    "T1": ([0.0, 0.7, 0.9, 1.0], [0.0, 0.2, 0.45, 0.7], 0.6),
    "T2": ([0.56, 0.8, 0.95, 1.0], [0.1, 0.2, 0.3, 0.56], 0.4),
    "T3": ([0.0, 0.3, 0.6, 0.85], [0.0, 0.1, 0.1, 0.15], -0.36),
}
SIZES = (6, 8, 12, 20)


def planned() -> Tables:
    """Two strengths of the effects, four sizes, and how many projects are needed."""
    rows: list[tuple[object, ...]] = []
    for claim, (*curves, effect) in CURVES.items():
        for factor, curve in zip((1.0, 0.5), curves, strict=True):
            for size, share in zip(SIZES, curve, strict=True):
                refused = share == 0
                verdicts = (share, 0.0 if refused else (1 - share) / 2, 0.0, 0.0, 1.0 if refused else (1 - share) / 2)
                rows.append((
                    claim, size, 25, f"{factor:g}", 60, factor * effect, *verdicts, share, max(share - 0.1, 0.0),
                    min(share + 0.1, 1.0), None if refused else 1.2 / size**0.5, 60 if refused else 0,
                ))  # fmt: skip
    needed: list[tuple[object, ...]] = [
        ("T1", 25, "1", 0.8, 10, 9, 13, "reached"),
        ("T1", 25, "0.5", 0.8, None, 20, None, "beyond"),
        ("T2", 25, "1", 0.8, 8, 7, 10, "reached"),
        ("T2", 25, "0.5", 0.8, None, None, None, "beyond"),
        ("T3", 25, "1", 0.8, 19, 16, None, "reached"),
        ("T3", 25, "0.5", 0.8, None, None, None, "never"),
    ]
    contracts = table_contracts()
    return {
        "power": pd.DataFrame(rows, columns=list(contracts["power"].columns)),
        "power_needed": pd.DataFrame(needed, columns=list(contracts["power_needed"].columns)),
    }
