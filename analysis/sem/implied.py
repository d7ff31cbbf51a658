"""Free parameters to the moments the model implies, and their derivatives, for one parameter vector or a stack of them.

A variable of the model is either a pure indicator, an observed variable that only answers to latent ones, or a
structural variable: the latent variables, and every observed variable that stands in a regression (it is treated as a
latent variable that is its own perfect indicator). In the notation of Bollen (1989, ch. 8) and Jöreskog & Sörbom::

    y = ν + Λ η + ε,   η = α + B η + ζ,   cov(ε) = Θ,   cov(ζ) = Ψ
    Σ = Λ M Λ' + Θ,    M = E Ψ E',        E = (I - B)⁻¹,   μ = ν + Λ E α

Ordered variables are cut from normal ones (``cut``). Under the delta parameterisation their scale d is a parameter and
the residual variance what is left of 1/d²; under theta the residual variance is a parameter and d = diag(Σ)^-½.

Everything but the Jacobian works on complex numbers too, so that complex steps give derivatives exact to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from analysis.sem.cut import Cut, Underlying
from analysis.sem.errors import ModelError
from analysis.sem.layout import (
    MATRICES,
    SYMMETRIC,
    AnyArray,
    Cells,
    Factors,
    Flat,
    Matrices,
    cells_of,
    fixed_value,
    inverse_of,
    promoted_of,
)
from analysis.sem.observed import Array, Sample
from analysis.sem.table import ParameterTable, Row
from analysis.sem.triangle import lower, strictly_lower


class GroupModel:
    """One group's map from θ to its moments."""

    def __init__(self, table: ParameterTable, rows: Sequence[tuple[int, Row]], sample: Sample, group: int) -> None:
        self.observed = table.observed
        self.p = len(table.observed)
        self.means = table.means
        self.n_free = table.n_free
        promoted = promoted_of(table, [row for _, row in rows])
        self.structural = (*table.latent, *promoted)
        self.m = len(self.structural)
        self._observed_at = {name: i for i, name in enumerate(table.observed)}
        self._structural_at = {name: i for i, name in enumerate(self.structural)}
        self.base: dict[str, Array] = {
            "loading": np.zeros((self.p, self.m)), "path": np.zeros((self.m, self.m)),
            "disturbance": np.zeros((self.m, self.m)), "residual": np.zeros((self.p, self.p)),
            "intercept": np.zeros(self.p), "mean": np.zeros(self.m),
        }  # fmt: skip
        for name in promoted:
            self.base["loading"][self._observed_at[name], self._structural_at[name]] = 1.0
        self._ordinal_layout(table, rows)
        found: dict[str, list[tuple[int, int, int]]] = {name: [] for name in MATRICES}
        for _, row in rows:
            matrix, i, j = self.place(row)
            if row.index is not None:
                found[matrix].append((i, j, row.index))
            else:
                self._set(matrix, i, j, fixed_value(row, sample, group, self._observed_at))
        self.cells = {name: cells_of(found[name]) for name in MATRICES}
        self._order = [name for name in MATRICES if len(self.cells[name].index)]
        index = np.concatenate([self.cells[name].index for name in self._order] or [np.zeros(0, np.intp)])
        self.index: npt.NDArray[np.intp] = index.astype(np.intp)
        self._unique = len(set(self.index.tolist())) == len(self.index)
        moments = [self.cells[name].index for name in self._order if name not in ("threshold", "scale")]
        self.factor_index: npt.NDArray[np.intp] = np.concatenate(moments or [np.zeros(0, np.intp)]).astype(np.intp)
        self.unique_factors = len(set(self.factor_index.tolist())) == len(self.factor_index)
        self._flat = Flat(self.base, self.cells, self._order)
        self._unit: Array = np.eye(self.m)
        self.has_paths = bool(len(self.cells["path"].index)) or bool(self.base["path"].any())

    @cached_property
    def tril(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows and columns of the lower triangle with its diagonal."""
        return lower(self.p)

    @cached_property
    def strict(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows and columns of the lower triangle without its diagonal."""
        return strictly_lower(self.p)

    @cached_property
    def factor_square(self) -> tuple[npt.NDArray[np.intp], ...]:
        """Where a matrix by cell of ``factors`` stands in one by free parameter."""
        return np.ix_(self.factor_index, self.factor_index)

    @cached_property
    def _onto(self) -> Array:
        """Which free parameter each cell holds, (cells, n_free)."""
        onto = np.zeros((len(self.index), self.n_free))
        onto[np.arange(len(self.index)), self.index] = 1.0
        return onto

    def _ordinal_layout(self, table: ParameterTable, rows: Sequence[tuple[int, Row]]) -> None:
        """Order of the thresholds, and which variables are ordered."""
        self.ordered = table.ordered
        self.theta_parameterisation = table.parameterization == "theta"
        by_item: dict[str, list[str]] = {name: [] for name in table.ordered}
        for _, row in rows:
            if row.op == "|":
                by_item[row.lhs].append(row.rhs)
        self._threshold_at: dict[tuple[str, str], int] = {}
        items: list[int] = []
        for name in table.ordered:
            for threshold in sorted(by_item[name], key=lambda t: int(t[1:])):
                self._threshold_at[name, threshold] = len(items)
                items.append(self._observed_at[name])
        self.threshold_item = np.array(items, dtype=np.intp)
        ordered = np.array([self._observed_at[name] for name in table.ordered], dtype=np.intp)
        self.cut = Cut(self.p, self.threshold_item, ordered, self.theta_parameterisation)
        self.base["threshold"] = np.zeros(len(items))
        self.base["scale"] = np.ones(self.p)

    def place(self, row: Row) -> tuple[str, int, int]:
        """The matrix a row stands in, and where; ``j`` is 0 in vectors."""
        observed, structural = self._observed_at, self._structural_at
        match row.op:
            case "=~" if row.rhs in structural:
                return "path", structural[row.rhs], structural[row.lhs]
            case "=~":
                return "loading", observed[row.rhs], structural[row.lhs]
            case "~":
                return "path", structural[row.lhs], structural[row.rhs]
            case "~~" if row.lhs in structural and row.rhs in structural:
                return "disturbance", structural[row.lhs], structural[row.rhs]
            case "~~":
                return "residual", observed[row.lhs], observed[row.rhs]
            case "~1" if row.lhs in structural:
                return "mean", structural[row.lhs], 0
            case "~1":
                return "intercept", observed[row.lhs], 0
            case "|":
                return "threshold", self._threshold_at[row.lhs, row.rhs], 0
            case "~*~":
                return "scale", observed[row.lhs], 0
        raise ModelError(f"{row.lhs} {row.op} {row.rhs}: this operator has no place in the model.")

    def _set(self, matrix: str, i: int, j: int, value: float) -> None:
        target = self.base[matrix]
        if target.ndim == 1:
            target[i] = value
            return
        target[i, j] = value
        if matrix in SYMMETRIC:
            target[j, i] = value

    def filled(self, name: str, theta: AnyArray) -> AnyArray:
        """A matrix at θ, with the leading dimensions of θ where it has free cells."""
        base, cells = self.base[name], self.cells[name]
        if not len(cells.index):
            return base
        matrix = np.empty((*theta.shape[:-1], *base.shape), dtype=theta.dtype)
        matrix[...] = base
        values = theta[..., cells.index]
        if base.ndim == 1:
            matrix[..., cells.i] = values
            return matrix
        matrix[..., cells.i, cells.j] = values
        if name in SYMMETRIC:
            matrix[..., cells.j, cells.i] = values
        return matrix

    def _filled(self, theta: AnyArray) -> dict[str, AnyArray]:
        """The matrices with free cells at θ."""
        return self._flat.filled(theta) if theta.ndim == 1 else {name: self.filled(name, theta) for name in self._order}

    def matrices(self, theta: AnyArray) -> Matrices:
        """Model matrices at θ (…, n_free). Raises ``numpy.linalg.LinAlgError`` when I - B is singular."""
        at: dict[str, AnyArray] = {**self.base, **self._filled(theta)}
        loading, disturbance, residual = at["loading"], at["disturbance"], at["residual"]
        if self.has_paths:
            total = inverse_of(self._unit - at["path"], self._unit)
            loading_total = loading @ total
            structural = total @ disturbance @ total.mT
        else:
            total, loading_total, structural = self._unit, loading, disturbance
        sigma = loading_total @ disturbance @ loading_total.mT + residual
        if self.means or len(self.ordered):
            mean = at["mean"]
            eta = mean if not self.has_paths else (total @ mean[..., None])[..., 0]
            mu = at["intercept"] + (loading @ eta[..., None])[..., 0]
        else:
            eta, mu = self.base["mean"], self.base["intercept"]
        return Matrices(loading, total, disturbance, residual, structural, sigma, mu, eta, loading_total)

    def scales(self, theta: AnyArray, sigma: AnyArray) -> AnyArray:
        """Scales d (…, p) of the ordered variables; one elsewhere."""
        return self.cut.scales(sigma) if self.theta_parameterisation else self.filled("scale", theta)

    def _underlying(self, theta: AnyArray, m: Matrices) -> Underlying:
        """What the ordered variables are cut from."""
        return Underlying(m.mu, m.sigma, self.filled("threshold", theta), self.scales(theta, m.sigma))

    def vector(self, theta: AnyArray) -> AnyArray:
        """The group's moments ω (…, p*): means (when modelled) and covariances, or thresholds and correlations."""
        m = self.matrices(theta)
        shape = np.broadcast_shapes(theta.shape[:-1], m.sigma.shape[:-2])
        if self.ordered:
            parts = [*self.cut.moments(self._underlying(theta, m))]
        else:
            parts = [m.mu] if self.means else []
            parts.append(m.sigma[..., self.tril[0], self.tril[1]])
        return np.concatenate([np.broadcast_to(x, (*shape, x.shape[-1])) for x in parts], axis=-1)

    def pull(
        self,
        theta: AnyArray,
        dsigma: AnyArray,
        dmu: AnyArray | None,
        m: Matrices | None = None,
        of_cut: dict[str, AnyArray] | None = None,
    ) -> AnyArray:
        """Derivative of a scalar to the group's free cells, (…, cells), from its derivatives to Σ and μ, and where
        variables are ordered ``of_cut`` to thresholds and scales."""
        m = self.matrices(theta) if m is None else m
        back = dsigma @ m.loading_total
        parts: dict[str, AnyArray] = dict(of_cut or {})
        if "loading" in self._order or "path" in self._order:
            to_loading = 2 * dsigma @ (m.loading @ m.structural)
            if dmu is not None:
                to_loading = to_loading + dmu[..., :, None] * m.eta[..., None, :]
            parts["loading"] = to_loading
        if "path" in self._order:
            parts["path"] = m.loading_total.mT @ parts["loading"]
        if "disturbance" in self._order:
            parts["disturbance"] = m.loading_total.mT @ back
        parts["residual"] = dsigma
        if dmu is not None:
            parts["intercept"] = dmu
            parts["mean"] = (m.loading_total.mT @ dmu[..., None])[..., 0]
        return self._gathered(parts, theta)

    def _gathered(self, parts: dict[str, AnyArray], theta: AnyArray) -> AnyArray:
        """Derivatives to matrices, read at the free cells."""
        if theta.ndim == 1:
            return self._flat.gathered(parts)
        columns, shape = [], theta.shape[:-1]
        for name in self._order:
            cells = self.cells[name]
            if name not in parts:
                column = np.zeros((*shape, len(cells.index)))
            elif name in ("intercept", "mean", "threshold", "scale"):
                column = parts[name][..., cells.i]
            elif name in SYMMETRIC:
                column = parts[name][..., cells.i, cells.j] * cells.twice
            else:
                column = parts[name][..., cells.i, cells.j]
            columns.append(column if column.shape[:-1] == shape else np.broadcast_to(column, (*shape, len(cells.i))))
        return np.concatenate(columns, axis=-1) if columns else np.zeros((*shape, 0))

    def add_to(self, gradient: AnyArray, by_cell: AnyArray) -> None:
        """Add derivatives by cell (…, cells) to ``gradient`` (…, n_free), in place."""
        if self._unique:
            gradient[..., self.index] += by_cell
        else:
            gradient += by_cell @ self._onto

    def factors(self, theta: Array, m: Matrices | None = None) -> Factors:
        """∂Σ and ∂μ to every free cell of Λ, B, Ψ, Θ, ν and α as low-rank factors, at one θ."""
        m = self.matrices(theta) if m is None else m
        moved, reach = m.loading @ m.structural, m.loading_total
        left, right, mean = (x.copy() for x in self._constant_factors)
        for name, part in self._factor_parts:
            c = self.cells[name]
            if name in ("path", "disturbance"):
                left[:, part] = reach[:, c.i]
            if name in ("loading", "path"):
                right[:, part] = moved[:, c.j]
                mean[:, part] = left[:, part] * m.eta[c.j]
            elif name == "disturbance":
                left[:, part] *= c.twice / 2
                right[:, part] = reach[:, c.j]
            elif name == "mean":
                mean[:, part] = reach[:, c.i]
        return Factors(left, right, mean, self.factor_index)

    @cached_property
    def _factor_parts(self) -> list[tuple[str, slice]]:
        """The columns of ``factors`` by matrix."""
        found, first = [], 0
        for name in self._order:
            if name not in ("threshold", "scale"):
                found.append((name, slice(first, first + len(self.cells[name].index))))
                first = found[-1][1].stop
        return found

    @cached_property
    def _constant_factors(self) -> tuple[Array, Array, Array]:
        """What of ``factors`` is the same at every θ."""
        unit = np.eye(self.p)
        left, right, mean = (np.zeros((self.p, len(self.factor_index))) for _ in range(3))
        for name, part in self._factor_parts:
            c = self.cells[name]
            if name == "loading":
                left[:, part] = unit[:, c.i]
            elif name == "residual":
                left[:, part], right[:, part] = unit[:, c.i] * (c.twice / 2), unit[:, c.j]
            elif name == "intercept":
                mean[:, part] = unit[:, c.i]
        return left, right, mean

    def jacobian(self, theta: Array) -> Array:
        """∂ω/∂θ', (p*, n_free), at one θ."""
        m = self.matrices(theta)
        f = self.factors(theta, m)
        by_cell = np.concatenate([f.mean, _lower(f, self.tril)]) if self.means or self.ordered else _lower(f, self.tril)
        to_theta = np.zeros((len(by_cell), self.n_free))
        add_columns(to_theta, f.index, by_cell)
        return self._ordinal_jacobian(theta, m, to_theta) if self.ordered else to_theta

    def _ordinal_jacobian(self, theta: Array, m: Matrices, moments: Array) -> Array:
        """∂ω/∂θ' of ordered data from that of the moments of the underlying variables."""
        dmu, dlower = moments[: self.p], moments[self.p :]
        dsigma = np.zeros((self.p, self.p, self.n_free))
        dsigma[self.tril] = dlower
        dsigma[self.tril[1], self.tril[0]] = dlower
        dtau, dscale = np.zeros((len(self.threshold_item), self.n_free)), np.zeros((self.p, self.n_free))
        _place(dtau, self.cells["threshold"])
        _place(dscale, self.cells["scale"])
        return self.cut.jacobian(self._underlying(theta, m), Underlying(dmu, dsigma, dtau, dscale))

    def pull_vector(self, theta: AnyArray, domega: AnyArray) -> AnyArray:
        """Derivative of a scalar to the free cells, (…, cells), from its derivative to ω (…, p*)."""
        m = self.matrices(theta)
        if self.ordered:
            to = self.cut.pull(self._underlying(theta, m), domega)
            return self.pull(theta, to.sigma, to.mu, m, {"threshold": to.tau, "scale": to.d})
        dsigma = np.zeros((*domega.shape[:-1], self.p, self.p), dtype=np.result_type(domega, m.sigma))
        first = self.p if self.means else 0
        half = domega[..., first:] / 2
        dsigma[..., self.tril[0], self.tril[1]] += half
        dsigma[..., self.tril[1], self.tril[0]] += half
        return self.pull(theta, dsigma, domega[..., :first] if first else None, m)


class ImpliedMoments:
    """The map from θ (n_free,), or a stack (…, n_free), to every group's implied moments, for one model and sample."""

    def __init__(self, table: ParameterTable, sample: Sample) -> None:
        self.table = table
        self.n_free = table.n_free
        rows = list(enumerate(table.rows))
        self.groups = [
            GroupModel(table, [(n, row) for n, row in rows if row.group == g], sample, g)
            for g in range(len(table.groups))
        ]

    def moments(self, theta: AnyArray) -> list[tuple[AnyArray, AnyArray]]:
        """(Σ (…, p, p), μ (…, p)) of every group."""
        return [(m.sigma, m.mu) for m in (group.matrices(theta) for group in self.groups)]

    def vector(self, theta: AnyArray) -> AnyArray:
        """ω of all groups, (…, Σ p*)."""
        return np.concatenate([group.vector(theta) for group in self.groups], axis=-1)

    def jacobian(self, theta: Array) -> Array:
        """Δ = ∂ω/∂θ' at one θ, (Σ p*, n_free)."""
        return np.concatenate([group.jacobian(theta) for group in self.groups])

    def gradient(self, theta: AnyArray, seeds: Sequence[tuple[AnyArray, AnyArray | None]]) -> AnyArray:
        """Derivative of a scalar to θ, (…, n_free), from its derivatives (∂Σ symmetric, ∂μ) in every group."""
        dtype = np.result_type(theta, *(s for s, _ in seeds))
        result = np.zeros(theta.shape, dtype=dtype)
        for group, (dsigma, dmu) in zip(self.groups, seeds, strict=True):
            group.add_to(result, group.pull(theta, dsigma, dmu))
        return result


def add_columns(target: Array, index: npt.NDArray[np.intp], columns: Array) -> None:
    """Add ``columns`` (…, c) to the columns ``index`` (c,) of ``target`` (…, n_free), in place; indices may repeat."""
    if len(set(index.tolist())) == len(index):
        target[..., index] += columns
    else:
        for position, at in enumerate(index):
            target[..., at] += columns[..., position]


def _lower(f: Factors, tril: tuple[AnyArray, AnyArray]) -> Array:
    """Lower triangles of ∂Σ, (p(p+1)/2, cells)."""
    i, j = tril
    result: Array = f.left[i] * f.right[j] + f.right[i] * f.left[j]
    return result


def _place(target: Array, cells: Cells) -> None:
    """Ones where a free cell meets its parameter."""
    target[cells.i, cells.index] = 1.0
