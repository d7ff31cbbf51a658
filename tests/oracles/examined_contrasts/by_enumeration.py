"""Permutation and wild bootstrap by going through every assignment with plain regressions; writes resampled.json.

Run: python by_enumeration.py (numpy, pandas). Nothing of the project is imported. Permutation: of project means, tested
by the coefficient over its HC2 error (White; MacKinnon & White 1985), labels moved within the other trait's levels, or
for a difference within levels of the sum. Wild: restricted residuals, all signs, CR1 (Cameron, Gelbach & Miller 2008).
"""

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent


def t_of(y, X, j, kind, g=None):
    bread = np.linalg.inv(X.T @ X)
    beta = bread @ (X.T @ y)
    e = y - X @ beta
    if kind == "HC2":
        h = np.einsum("ij,jk,ik->i", X, bread, X)
        free = 1 - h
        w = np.where(free > 1e-10, e**2 / np.where(free > 1e-10, free, 1), 0)
        V = bread @ (X.T * w) @ X @ bread
    else:
        s = np.array([X[g == c].T @ e[g == c] for c in range(g.max() + 1)])
        V = bread @ s.T @ s @ bread
    return beta[j], V[j, j]


def share(ts, t0):
    return float(np.mean(np.abs(ts) >= abs(t0) * (1 - 1e-9)))


def ratio(b, v):
    return b / np.sqrt(v) if v > 0 else (np.inf if abs(b) > 1e-12 else 0.0)


def permuted(m, tested, strata, theta):
    y = m - theta * tested
    X = np.column_stack([tested, np.ones(len(m)), strata])
    codes = [tuple(row) for row in np.atleast_2d(strata.T).T] if strata.size else [()] * len(m)
    ways = [[{}]]
    for s in sorted(set(codes)):
        at = [i for i, c in enumerate(codes) if c == s]
        vals = sorted(set(tested[at]))
        if len(vals) < 2:
            ways.append([dict.fromkeys(at, vals[0])])
            continue
        n = int((tested[at] == vals[1]).sum())
        ways.append([{i: vals[1] if i in pick else vals[0] for i in at} for pick in itertools.combinations(at, n)])
    ts = []
    for combo in itertools.product(*ways):
        lab = np.empty(len(m))
        for part in combo:
            for i, v in part.items():
                lab[i] = v
        Z = X.copy()
        Z[:, 0] = lab
        ts.append(ratio(*t_of(y, Z, 0, "HC2")))
    return share(np.array(ts), ratio(*t_of(y, X, 0, "HC2"))), len(ts)


def wild(y, tested, rest, g, theta):
    y = y - theta * tested
    X = np.column_stack([tested, rest])
    k = g.max() + 1
    fit = rest @ np.linalg.lstsq(rest, y, rcond=None)[0]
    u = y - fit
    bread = np.linalg.inv(X.T @ X)
    parts = [X[g == c] for c in range(k)]
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=k)))
    B = np.array([P.T @ u[g == c] for c, P in enumerate(parts)])  # k by p: X_g'u_g
    F = X.T @ fit
    S = np.array([P.T @ P for P in parts])
    Ff = np.array([P.T @ fit[g == c] for c, P in enumerate(parts)])
    beta = (F + signs @ B) @ bread
    sc = Ff[None] + signs[:, :, None] * B[None] - np.einsum("gpq,mq->mgp", S, beta)
    V = ((sc @ bread[0]) ** 2).sum(axis=1)
    b0, v0 = t_of(y, X, 0, "CR", g)
    return share(beta[:, 0] / np.sqrt(V), b0 / np.sqrt(v0)), len(signs)


def main():
    out = {}
    for case in json.loads((HERE / "cases.json").read_text()):
        d = pd.read_csv(HERE / f"{case['data']}.csv", dtype=dict.fromkeys(case["traits"], str))
        for t, high in zip(case["traits"], case["high"], strict=True):
            v = d[t].str.replace(r"\.0$", "", regex=True)
            d[t] = (v == high).astype(float).where(v.notna())
        d = d[["y", "project", *case["traits"], *case["adjust"]]].dropna()
        g = pd.factorize(d["project"], sort=True)[0]
        k = g.max() + 1
        cov = d[case["adjust"]].to_numpy(float)
        T = d[case["traits"]].to_numpy(float)
        y = d["y"].to_numpy()
        person = any(d.groupby("project")[t].nunique().max() > 1 for t in case["traits"])
        D = (np.arange(k)[None] == g[:, None]).astype(float)
        varies = [j for j in range(cov.shape[1]) if d.groupby("project")[case["adjust"][j]].nunique().max() > 1]
        fixed = [j for j in range(cov.shape[1]) if j not in varies]
        m = np.linalg.lstsq(np.column_stack([D, cov[:, varies] - cov[:, varies].mean(0)]), y, rcond=None)[0][:k]
        first = np.array([np.flatnonzero(g == c)[0] for c in range(k)])
        one = np.ones((len(y), 1))
        asked = {t: (T[:, j], np.delete(T, j, 1)) for j, t in enumerate(case["traits"])}
        if T.shape[1] == 2:
            asked["-".join(case["traits"])] = ((T[:, 0] - T[:, 1]) / 2, T.sum(1, keepdims=True))
        out[case["id"]] = {}
        for name, (tested, rest) in asked.items():
            r = out[case["id"]][name] = {}
            thetas = [0.0, 0.37, -0.9, 1.4]
            if not person and not fixed and case["data"] != "twenty":
                r["permutation"] = [(th, *permuted(m, tested[first], rest[first], th)) for th in thetas]
            if k <= 12:
                r["wild"] = [(th, *wild(y, tested, np.column_stack([one, cov, rest]), g, th)) for th in thetas]
    (HERE / "resampled.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
