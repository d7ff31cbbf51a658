"""Finding the minimum: Fisher scoring with a line search, constraints and bounds; whether it was found is a value.

A step solves the quadratic model with the expected Hessian C, on the null space of the active constraints. A loss whose
curvature leads nowhere is handed to a quasi-Newton method (SciPy) first and scored from where that stops. Bounds and
inequalities: SLSQP finds which of them hold with equality, scoring goes on along those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dpotrf, dpotrs
from scipy.optimize import minimize

from analysis.sem.constraints import Constraints, null_space
from analysis.sem.loss import Loss
from analysis.sem.observed import Array

MAXIMUM_STEPS = 300
QUICK_STEPS = 100
_ACTIVE = 1e-7
_SECANT_AFTER, _SECANT_BELOW = 0, 1e-2
_FORETOLD = 0.1
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Solution:
    """``theta`` (n_free,), the loss there, whether it is a minimum, and the null space ``basis`` (n_free, d) of the
    constraints that hold there, ``n_active`` of them inequalities. ``at_bound`` (n_free,) marks parameters held by a
    bound; ``basis`` leaves them free, as how uncertain the others are does not shrink because one ran into a bound."""

    theta: Array
    value: float
    converged: bool
    iterations: int
    basis: Array
    at_bound: Mask
    n_active: int = 0


def solve(
    loss: Loss,
    start: Array,
    *,
    n_obs: int,
    constraints: Constraints | None = None,
    lower: Array | None = None,
    upper: Array | None = None,
    thorough: bool = True,
) -> Solution:
    """Minimise ``loss`` from ``start`` (n_free,). ``n_obs`` sets the tolerance: a solution is reached when what is left
    to gain is nothing beside a standard error. Without ``thorough`` it gives up after ``QUICK_STEPS`` steps and tries
    no second way: for the many fits of a bootstrap, where one that does not converge must not take seconds."""
    problem = _Problem(loss, constraints, lower, upper, n_obs, MAXIMUM_STEPS if thorough else QUICK_STEPS)
    with np.errstate(all="ignore"):  # what cannot be computed is infinite, and no step leads there
        if problem.inequalities:
            return problem.with_inequalities(start)
        solution = problem.score(start, np.zeros(len(start), dtype=bool))
        if not solution.converged and thorough:
            better = problem.quasi_newton(solution.theta if np.isfinite(solution.value) else start)
            second = problem.score(better, solution.at_bound)
            if second.converged or second.value < solution.value:
                solution = second
        return solution


class _Problem:
    """A loss with its constraints."""

    def __init__(
        self,
        loss: Loss,
        constraints: Constraints | None,
        lower: Array | None,
        upper: Array | None,
        n_obs: int,
        maximum_steps: int,
    ) -> None:
        self.maximum_steps = maximum_steps
        q = loss.implied.n_free
        self.loss, self.constraints = loss, constraints
        self.lower = np.full(q, -np.inf) if lower is None else lower
        self.upper = np.full(q, np.inf) if upper is None else upper
        self.tolerance = 1e-13 / n_obs
        bounded = bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())
        self.inequalities = bounded or (constraints is not None and constraints.n_inequality > 0)
        self.equalities = constraints is not None and constraints.n_equality > 0

    def evaluate(self, theta: Array) -> tuple[float, Array]:
        """The loss and its gradient at one θ; infinite where it cannot be computed."""
        try:
            value, gradient = self.loss.value_and_gradient(theta)
        except np.linalg.LinAlgError:
            return float("inf"), np.zeros(len(theta))
        if not (isfinite(value) and isfinite(gradient.dot(gradient))):
            return float("inf"), np.zeros(len(theta))
        return float(value), gradient

    def objective(self, theta: Array) -> tuple[float, Array]:
        """``evaluate`` for SciPy, which wants finite numbers."""
        value, gradient = self.evaluate(theta)
        return (value, gradient) if np.isfinite(value) else (1e10, gradient)

    def score(self, theta: Array, held: Mask, active: Mask | None = None) -> Solution:
        """Fisher scoring from ``theta`` with the parameters ``held`` left as they are and the inequalities whose rows
        are ``active`` treated as equalities. Where a step leads nowhere the curvature is damped (Levenberg 1944)."""
        value, gradient = self.evaluate(theta)
        basis: Array = np.eye(len(theta))
        damping, converged, iterations = 0.0, False, 0
        secant = self.constraints is None or self.constraints.is_linear
        while np.isfinite(value) and iterations < self.maximum_steps:
            iterations += 1
            curvature = self._curvature(theta)
            if curvature is None:
                break
            gap, basis, restore = self._constraint_space(theta, held, active)
            step, decrement = newton_step(gradient, curvature, basis, restore, damping)
            if decrement < self.tolerance and gap < 1e-10:
                converged = True
                break
            if secant and damping == 0 and gap < 1e-12 and iterations > _SECANT_AFTER and decrement < _SECANT_BELOW:
                theta, value, gradient, steps, converged = self._secant(theta, value, gradient, basis, curvature)
                iterations, secant = iterations + steps, False
                if converged:
                    break
                continue
            moved = self._line_search(theta, step, value, float(gradient @ step), gap)
            if moved is not None:
                theta, value, gradient, length = moved
                damping = damping / 10 if length == 1.0 and damping > 1e-6 else 0.0 if damping <= 1e-6 else damping
            elif decrement < 1e4 * self.tolerance and gap < 1e-8:
                converged = True  # rounding hides what is left to gain
                break
            elif damping > 1e3:
                break
            else:
                damping = max(10 * damping, 1e-3)
        return Solution(theta, value, converged, iterations, basis, held)

    def _secant(
        self, theta: Array, value: float, gradient: Array, basis: Array, curvature: Array
    ) -> tuple[Array, float, Array, int, bool]:
        """BFGS (Nocedal & Wright 2006, eq. 6.17) within ``basis``, from the inverse of the expected Hessian: near the
        solution it needs no new curvature and converges faster than scoring, whose last steps shrink slowly. The last
        step is taken unseen where, shrinking on as before, there would be nothing left to gain after it."""
        free = basis.shape[0] == basis.shape[1]
        try:
            inverse = np.linalg.inv(curvature if free else basis.T @ curvature @ basis)
        except np.linalg.LinAlgError:
            return theta, value, gradient, 0, False
        slope = gradient if free else basis.T.dot(gradient)
        last = 0.0
        for steps in range(1, self.maximum_steps):
            move = -inverse.dot(slope)
            decrement = -float(slope.dot(move))
            if decrement < self.tolerance:
                return theta, value, gradient, steps, decrement >= -self.tolerance
            step = move if free else basis.dot(move)
            if decrement**2 < _FORETOLD * self.tolerance * last:
                return theta + step, value - decrement / 2, gradient, steps, True
            moved = self._line_search(theta, step, value, -decrement, 0.0)
            if moved is None:
                break
            theta, value, gradient, length = moved
            last = decrement if length == 1.0 else 0.0
            new_slope = gradient if free else basis.T.dot(gradient)
            s, y = length * move, new_slope - slope
            slope, along = new_slope, float(s.dot(y))
            if along > 1e-14 * (float(s.dot(s)) * float(y.dot(y))) ** 0.5:
                hy = inverse.dot(y)
                half = ((along + float(y.dot(hy))) / (2 * along**2)) * s - hy / along
                crossed = s[:, None] * half
                inverse += crossed
                inverse += crossed.T
        return theta, value, gradient, steps, False

    def _curvature(self, theta: Array) -> Array | None:
        try:
            curvature = self.loss.curvature(theta)
        except np.linalg.LinAlgError:
            return None
        return curvature if np.isfinite(curvature).all() else None

    def _constraint_space(self, theta: Array, held: Mask, active: Mask | None) -> tuple[float, Array, Array]:
        """How far the constraints are from holding, the directions that leave them as they are, and the step that
        restores them."""
        q = len(theta)
        if not (self.equalities or held.any() or (active is not None and active.any())):
            return 0.0, np.eye(q), np.zeros(q)
        rows: list[Array] = [np.eye(q)[held]]
        values: list[Array] = [np.zeros(int(held.sum()))]
        if self.constraints is not None and self.equalities:
            rows.append(self.constraints.equality_jacobian(theta))
            values.append(self.constraints.equality(theta))
        if self.constraints is not None and active is not None and active.any():
            rows.append(self.constraints.inequality_jacobian(theta)[active])
            values.append(self.constraints.inequality(theta)[active])
        jacobian, gaps = np.concatenate(rows), np.concatenate(values)
        restore = -np.linalg.lstsq(jacobian, gaps, rcond=1e-10)[0]
        return float(np.abs(gaps).max(initial=0.0)), null_space(jacobian), restore

    def _line_search(
        self, theta: Array, step: Array, value: float, slope: float, gap: float
    ) -> tuple[Array, float, Array, float] | None:
        """The first of 1, ½, ¼, … of the step that lowers the loss enough, or restores broken constraints: the θ, loss
        and gradient there, and the length."""
        length = 1.0
        while length > 1e-6:
            candidate = theta + length * step
            new, gradient = self.evaluate(candidate)
            allowed = value + 1e-4 * length * min(slope, 0.0) + 1e-14 * max(1.0, abs(value))
            if new <= allowed or (gap > 1e-8 and np.isfinite(new)):
                return candidate, new, gradient, length
            length /= 2
        return None

    def quasi_newton(self, start: Array) -> Array:
        """Where BFGS leads from ``start``, scaled by the curvature there where there is one."""
        if self.equalities:
            return self._slsqp(start)
        found: Array = minimize(
            self.objective, start, jac=True, method="BFGS", options={"maxiter": 2000, "gtol": 1e-7}
        ).x
        return found

    def _slsqp(self, start: Array) -> Array:
        """Sequential least squares under all constraints and bounds."""
        constraints = []
        c = self.constraints
        if c is not None and self.equalities:
            constraints.append({"type": "eq", "fun": c.equality, "jac": c.equality_jacobian})
        if c is not None and c.n_inequality:
            constraints.append({"type": "ineq", "fun": c.inequality, "jac": c.inequality_jacobian})
        bounds = list(zip(self.lower, self.upper, strict=True))
        found: Array = minimize(
            self.objective, np.clip(start, self.lower, self.upper), jac=True, method="SLSQP", bounds=bounds,
            constraints=constraints, options={"maxiter": 2000, "ftol": 1e-14},
        ).x  # fmt: skip
        return found

    def with_inequalities(self, start: Array) -> Solution:
        """Try without bounds and inequalities first; where one is broken, let SLSQP say which hold with equality."""
        free = self.score(np.clip(start, self.lower, self.upper), np.zeros(len(start), dtype=bool))
        if free.converged and self._feasible(free.theta):
            return free
        theta = self._slsqp(start)
        scale = np.maximum(1.0, np.abs(theta))
        held = (theta <= self.lower + _ACTIVE * scale) | (theta >= self.upper - _ACTIVE * scale)
        theta = np.clip(theta, self.lower, self.upper)
        active = None
        if self.constraints is not None and self.constraints.n_inequality:
            active = self.constraints.inequality(theta) <= _ACTIVE
        solution = self.score(theta, held, active)
        nothing_held = np.zeros_like(held)
        basis = self._constraint_space(solution.theta, nothing_held, active)[1]
        equal = self._constraint_space(solution.theta, nothing_held, None)[1]
        solution = replace(solution, basis=basis, n_active=equal.shape[1] - basis.shape[1])
        if self._feasible(solution.theta):
            return solution
        return replace(solution, theta=theta, value=self.evaluate(theta)[0], converged=False)

    def _feasible(self, theta: Array) -> bool:
        within = bool((theta >= self.lower - _ACTIVE).all() and (theta <= self.upper + _ACTIVE).all())
        if self.constraints is None or not self.constraints.n_inequality:
            return within
        return within and bool((self.constraints.inequality(theta) >= -_ACTIVE).all())


def newton_step(gradient: Array, curvature: Array, basis: Array, restore: Array, damping: float) -> tuple[Array, float]:
    """The step towards the minimum of the quadratic model among the allowed directions, and twice what it gains."""
    if basis.shape[1] == 0:
        return restore, 0.0
    free = basis.shape[0] == basis.shape[1]
    reduced = curvature if free else basis.T @ curvature @ basis
    slope = gradient if free else basis.T @ (gradient + curvature @ restore)
    scale = np.sqrt(np.maximum(reduced.diagonal(), 1e-12))
    scaled = reduced / (scale[:, None] * scale)
    scaled.flat[:: len(scale) + 1] += damping + 1e-14
    root, failed = dpotrf(scaled, lower=1)
    if failed:
        direction = np.linalg.lstsq(scaled, slope / scale, rcond=1e-10)[0]
    else:
        direction, _ = dpotrs(root, slope / scale, lower=1)
    move = -direction / scale
    decrement = float(-(slope @ move))
    return (move if free else basis @ move) + restore, decrement
