"""Data sets of the examined contrasts: simulated here, nobody's answers. Run: python make.py"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
rng = np.random.default_rng(77123)


def persons(sizes, a, b=None, *, sd=0.4, effect=(0.5, 0.1)):
    k = len(sizes)
    g = np.repeat(np.arange(k), sizes)
    n = len(g)
    a = np.asarray(a, float)
    b = np.zeros(k) if b is None else np.asarray(b, float)
    x = np.round(rng.normal(size=n) + 0.4 * rng.normal(size=k)[g], 2)
    w = rng.integers(0, 2, n).astype(float)
    v = np.round(rng.normal(size=k), 2)[g]
    y = effect[0] * a[g] + effect[1] * b[g] + 0.3 * x - 0.2 * w + sd * rng.normal(size=k)[g] + rng.normal(size=n)
    return pd.DataFrame(
        {"project": [f"P{i:02d}" for i in g], "a": a[g], "b": b[g], "x": x, "w": w, "v": v, "y": np.round(y, 3)}
    )


def text(f, col, one, zero):
    f[col] = np.where(f[col] == 1, one, zero)
    return f


out = {}
# 1 unequal sizes, one trait of words, numeric ids
f = persons([3, 41, 9, 5, 28, 17, 2, 12, 60, 8, 11], [1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1])
f["project"] = f["project"].str[1:].astype(int) * 10 + 7
out["unequal"] = text(f, "a", "modulair", "bestaand")
# 2 binary outcome
f = persons([12, 7, 15, 9, 22, 6, 18, 11, 5, 14], [1, 0, 1, 0, 1, 0, 1, 0, 1, 0], [1, 1, 0, 0, 1, 0, 0, 1, 1, 0])
f["y"] = (f["y"] > 0.3).astype(float)
out["binary"] = f
# 3 missing values everywhere
f = persons([10, 14, 8, 20, 6, 16, 9, 12, 11, 7, 13, 15], [1] * 6 + [0] * 6, [1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1])
for c, p in {"y": 0.15, "x": 0.1, "w": 0.05}.items():
    f.loc[rng.random(len(f)) < p, c] = np.nan
f.loc[rng.random(len(f)) < 0.04, "project"] = None
f.loc[rng.random(len(f)) < 0.03, "a"] = np.nan
out["missing"] = f
# 4 trait of persons
f = persons([6, 15, 9, 22, 4, 12, 18, 7, 10], [1, 0, 1, 0, 1, 0, 1, 0, 0])
f["s"] = (rng.random(len(f)) < 0.35 + 0.2 * f["a"]).astype(int)
f["y"] = np.round(f["y"] + 0.3 * f["s"], 2)
out["of_persons"] = text(f, "s", "status holder", "other")
# 5 a project with one person
out["single"] = persons([1, 12, 9, 7, 15, 1, 20, 8, 6], [1, 0, 1, 0, 1, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1, 0, 0, 1])
# 6 nearly confounded traits, 10 projects
out["near"] = persons(
    [8, 11, 9, 12, 7, 10, 13, 6, 14, 9], [1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0, 0, 1]
)
# 7 three against five
out["few"] = persons([9, 14, 7, 10, 12, 8, 16, 5], [1, 1, 1, 0, 0, 0, 0, 0])
# 8 twenty projects, ties in a short scale, no variance between
f = persons(
    [4, 9, 7, 12, 5, 8, 15, 6, 10, 3, 11, 9, 7, 14, 5, 8, 6, 13, 4, 10],
    [1] * 7 + [0] * 13,
    [1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0],
    sd=0.0,
)
f["y"] = np.clip(np.round(f["y"] * 1.2 + 3), 1, 5)
out["twenty"] = f
# 9 means of projects that tie exactly
f = persons([4] * 8, [1, 0, 1, 0, 1, 0, 1, 0])
f["y"] = np.tile([1.0, 2, 3, 4], 8) + np.repeat([0.5, 0, 0.5, 0.5, 1, 0, 0, 0.5], 4)
out["ties"] = f
for name, f in out.items():
    f.to_csv(HERE / f"{name}.csv", index=False)
