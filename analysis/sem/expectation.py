"""Sums over persons given their answers: what the likelihood of incomplete data and the EM algorithm are made of.

With K = Σ⁻¹, m the missing answers of a person and z the deviations from μ (0 where missing), the expected deviations
given the answers are ``ẑ = z - E_m c``, ``c = (K_mm)⁻¹ (K z)_m``; (K_mm)⁻¹ is what is left of Σ in the missing answers
(Anderson 1957; Orchard & Woodbury 1972). All that is needed of the persons is ``t = Σ w ẑ`` and ``T = Σ w (ẑ ẑ' + E_m
(K_mm)⁻¹ E_m')``. The part of T made of observed answers only is known once the weights are; the rest costs work in
proportion to the missing answers, not to persons times variables.

A stack of models is worked on with the stack as last axis, so that one instruction does the same for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from analysis.sem.patterns import AnyArray, Array, Rows, Weighted

_CACHE = 1 << 20  # numbers worked on at a time: by measurement; more leave the caches, fewer are all overhead


@dataclass(frozen=True)
class Evaluation:
    """The likelihood at a stack of moments: the ``objective`` (B,) -2 log-likelihood a person without constants (zero
    unless asked for), K ``inverse`` (B, p, p), ``squares`` T (B, p, p) and ``sums`` t (B, p) divided by the number of
    persons. ``proper`` (B,) is False where Σ is not positive definite (other numbers mean nothing there), ``None`` when
    all are."""

    objective: AnyArray
    inverse: AnyArray
    squares: AnyArray
    sums: AnyArray
    proper: AnyArray | None

    def seeds(self) -> tuple[AnyArray, AnyArray]:
        """Derivatives of the objective: ``K - K T K`` (B, p, p) and ``-2 K t`` (B, p); zero where Σ is not proper."""
        dsigma = self.inverse - self.inverse @ self.squares @ self.inverse
        dsigma = (dsigma + np.swapaxes(dsigma, -1, -2)) / 2
        dmu = -2 * (self.inverse @ self.sums[..., None])[..., 0]
        if self.proper is not None:
            dsigma[~self.proper], dmu[~self.proper] = 0.0, 0.0
        return dsigma, dmu


def evaluate(data: Weighted, covs: AnyArray, shift: AnyArray, *, value: bool = True) -> Evaluation:
    """``Evaluation`` at Σ ``covs`` (B, p, p) and μ less the centre ``shift`` (B, p), complex too when not ``value``."""
    logdet: AnyArray = np.zeros(len(covs))
    proper = None
    if value:
        covs, shift, logdet, proper = _logdets(covs, shift)
    inverse = np.linalg.inv(covs)
    found = expected(data, inverse, shift, logdet=value)
    squares = found.squares / data.total[:, None, None]
    if value:
        # tr(KT) counts every missing answer, whose expected square brings the conditional variance with it
        fit = (inverse * squares).sum(axis=(1, 2)) + (found.logdet - data.n_missing) / data.total
        logdet = logdet + fit
        if proper is not None:
            logdet = np.where(proper, logdet, np.inf)
    return Evaluation(logdet, inverse, squares, found.sums / data.total[:, None], proper)


def _logdets(covs: Array, shift: Array) -> tuple[Array, Array, Array, AnyArray | None]:
    """Σ and μ again, with the identity in place of what is not proper; log|Σ| (B,); which of the stack are proper (B,),
    ``None`` when all are."""
    proper = None
    try:
        roots = np.linalg.cholesky(covs)
    except np.linalg.LinAlgError:
        roots = np.full_like(covs, np.nan)
    if not (np.isfinite(roots).all() and np.isfinite(shift).all()):
        finite = np.asarray(np.isfinite(covs).all(axis=(1, 2)) & np.isfinite(shift).all(axis=1))
        covs = np.where(finite[:, None, None], covs, np.eye(covs.shape[-1]))
        values = np.linalg.eigvalsh(covs)
        proper = finite & (values[:, 0] > 1e-14 * covs.shape[-1] * values[:, -1])
        covs = np.where(proper[:, None, None], covs, np.eye(covs.shape[-1]))
        shift = np.where(proper[:, None], shift, 0.0)
        roots = np.linalg.cholesky(covs)
    return covs, shift, 2 * np.log(np.einsum("bii->bi", roots)).sum(axis=1), proper


@dataclass(frozen=True)
class Expected:
    """Sums over persons given their answers, one for each of a stack: ``sums`` Σ w ẑ (B, p), ``squares`` T (B, p, p)
    and ``logdet`` Σ w log|K_mm| (B,; zero unless asked for)."""

    sums: AnyArray
    squares: AnyArray
    logdet: AnyArray


def expected(data: Weighted, inverse: AnyArray, shift: AnyArray, *, logdet: bool) -> Expected:
    """``Expected`` for K ``inverse`` (B, p, p) and μ less the centre ``shift`` (B, p); ``data`` is of B or of one."""
    size, p = shift.shape
    load = 6 * p * p + 4 * len(data.rows.design) + 3 * data.rows.gather.shape[1]
    step = max(1, _CACHE // load)
    if size <= step:
        return _expected(data, inverse, shift, logdet)
    alone = data.total.shape[0] == 1
    parts = [
        _expected(data if alone else data.take(at), inverse[at], shift[at], logdet)
        for at in (slice(first, first + step) for first in range(0, size, step))
    ]
    return Expected(*(np.concatenate([getattr(x, name) for x in parts]) for name in ("sums", "squares", "logdet")))


def _expected(data: Weighted, inverse: AnyArray, shift: AnyArray, logdet: bool) -> Expected:
    rows, (size, p) = data.rows, shift.shape
    k = np.ascontiguousarray(inverse.transpose(1, 2, 0))
    mu = np.ascontiguousarray(shift.T)
    at = np.arange(p)
    sums = data.sums - data.together[at, at] * mu
    # half of T less what does not depend on the model: ½ Σ w μa (μa)' - Σ w f (μa)' - Σ w c z' and the small squares
    half = data.together * (0.5 * mu[:, None])
    half -= data.crossed
    found = np.zeros((), k.dtype)
    if rows.slots:
        conditional, small, found = _conditional(data, k.reshape(p * p, size), project(rows, k, mu), logdet)
        taken = collect(rows, conditional)
        sums -= taken[:, 2 * p]
        half += taken[:, p : 2 * p]
        half *= mu
        half -= taken[:, :p]
        half += _real(rows.gather, small).reshape(p, p, size)
    else:
        half *= mu
    squares = half + half.transpose(1, 0, 2)
    squares += data.squares
    return Expected(
        np.ascontiguousarray(sums.T), np.ascontiguousarray(squares.transpose(2, 0, 1)), np.broadcast_to(found, (size,))
    )


def project(rows: Rows, k: AnyArray, mu: AnyArray) -> AnyArray:
    """``(K z)_m`` of every missing answer, (E, B), for K (p, p, B) and μ (p, B)."""
    p, size = mu.shape
    both = np.concatenate([k, -k * mu], axis=1)
    if size == 1:
        whole = rows.table[:, : 2 * p] @ both[..., 0].T
        picked: AnyArray = whole[rows.row_of, rows.variable_of][:, None]
        return picked
    result = np.empty((len(rows.design), size), dtype=both.dtype)
    flat, target = both.view(np.float64), result.view(np.float64)
    for j in range(p):
        at = slice(rows.starts[j], rows.starts[j + 1])
        if at.start < at.stop:
            np.matmul(rows.design[at, : 2 * p], flat[j], out=target[at])
    return result


def collect(rows: Rows, numbers: AnyArray) -> AnyArray:
    """Sums of rows times the ``numbers`` (E, B) of their missing answers, by variable, (p, 2p + 1, B)."""
    p, size = len(rows.starts) - 1, numbers.shape[1]
    if size == 1:
        dense = np.zeros((len(rows.table), p), dtype=numbers.dtype)
        dense[rows.row_of, rows.variable_of] = numbers[:, 0]
        summed: AnyArray = (dense.T @ rows.table)[..., None]
        return summed
    result = np.zeros((p, 2 * p + 1, size), dtype=numbers.dtype)
    flat, target = numbers.view(np.float64), result.view(np.float64)
    for j in range(p):
        at = slice(rows.starts[j], rows.starts[j + 1])
        if at.start < at.stop:
            np.matmul(rows.design[at].T, flat[at], out=target[j])
    return result


def _conditional(data: Weighted, k: AnyArray, projected: AnyArray, logdet: bool) -> tuple[AnyArray, AnyArray, AnyArray]:
    """w c of every missing answer (E, B); what ``rows.gather`` adds up, from K (p p, B) and (K z)_m (E, B); and
    Σ w log|K_mm| (B,)."""
    rows, counts = data.rows, data.counts
    inverse, total = _bordered(rows, k, counts if logdet else None)
    size = k.shape[1]
    u = np.empty((len(rows.slots), len(rows.order), size), dtype=k.dtype)
    c = np.empty_like(u)
    for t, slot in enumerate(rows.slots):
        n = len(slot.entries)
        row = inverse[t, : t + 1][:, rows.pattern_of[:n]]
        u[t, :n] = projected[slot.entries]
        c[:t, :n] += row[:t] * u[t, :n]
        c[t, :n] = (row * u[: t + 1, :n]).sum(axis=0)
    numbers = np.empty_like(projected)
    small = []
    for t, slot in enumerate(rows.slots):
        n, patterns = len(slot.entries), slot.cells.shape[1]
        weighted = c[t, :n] * data.weights[:n]
        numbers[slot.entries] = weighted
        small.append((c[: t + 1, :n] * weighted).reshape(-1, size))
        small.append((inverse[t, : t + 1, :patterns] * counts[:patterns]).reshape(-1, size))
    return numbers, np.concatenate(small), total


def _bordered(rows: Rows, k: AnyArray, counts: Array | None) -> tuple[AnyArray, AnyArray]:
    """(K_mm)⁻¹ of every pattern, (most missing, most missing, patterns, B; the lower left of each is filled), a missing
    answer at a time by bordering (Golub & Van Loan 2013, §4.2); and Σ ``counts`` log|K_mm| (B,)."""
    most, size = len(rows.slots), k.shape[1]
    inverse = np.empty((most, most, rows.slots[0].cells.shape[1], size), dtype=k.dtype)
    total = np.zeros(size, dtype=k.dtype)
    for t, slot in enumerate(rows.slots):
        n = slot.cells.shape[1]
        border = k[slot.cells]
        pivot = border[t]
        if t:
            before = inverse[:t, :t, :n]
            h = (before * border[:t]).sum(axis=1)
            pivot = pivot - (border[:t] * h).sum(axis=0)
            scaled = h / -pivot
            before -= h[:, None] * scaled
            inverse[t, :t, :n] = inverse[:t, t, :n] = scaled
        inverse[t, t, :n] = 1 / pivot
        if counts is not None:
            total += (np.log(pivot) * counts[:n]).sum(axis=0)
    return inverse, total


def _real(matrix: csr_array, numbers: AnyArray) -> AnyArray:
    """A real sparse matrix times real or complex numbers (…, B), without making the matrix complex."""
    result: AnyArray = matrix @ np.ascontiguousarray(numbers).view(np.float64)
    return result.view(numbers.dtype)


@dataclass(frozen=True)
class Parts:
    """Rows one by one at one Σ and μ: K ``inverse`` (p, p), the expected deviations ẑ (r, p), ``y = K ẑ`` (r, p; zero
    where missing), block by block (K_mm)⁻¹ (P, k, k), and log|K_mm| of every pattern, (patterns,)."""

    inverse: AnyArray
    expected: AnyArray
    y: AnyArray
    small: list[AnyArray]
    logdet: AnyArray

    def q(self, rows: Rows) -> AnyArray:
        """Σ_oo⁻¹ of every pattern among zeros, (patterns, p, p)."""
        q = np.repeat(self.inverse[None], len(self.logdet), axis=0)
        for b, g in zip(rows.blocks, self.small, strict=True):
            columns = self.inverse[b.missing]
            q[b.patterns] -= np.swapaxes(columns, 1, 2) @ g @ columns
        return q


def row_parts(rows: Rows, n_patterns: int, sigma: AnyArray, shift: AnyArray) -> Parts:
    """``Parts`` at Σ (p, p) and μ less the centre (p,)."""
    p = len(shift)
    inverse = np.linalg.inv(sigma)
    z = rows.table[:, :p] - rows.table[:, p : 2 * p] * shift
    logdet = np.zeros(n_patterns)
    small = []
    for b in rows.blocks:
        k_mm = inverse[b.missing[:, :, None], b.missing[:, None, :]]
        small.append(np.linalg.inv(k_mm))
        logdet[b.patterns] = np.linalg.slogdet(k_mm)[1]
        projected = (z[b.rows] @ inverse)[np.arange(len(b.rows))[:, None], b.missing[b.pattern_of]]
        z[b.rows[:, None], b.missing[b.pattern_of]] = -(small[-1][b.pattern_of] @ projected[..., None])[..., 0]
    return Parts(inverse, z, z @ inverse, small, logdet)
