"""Minimising many smooth functions of the same kind together: BFGS on stacked arrays.

The functions are those of resamples: near one another, with minima near one point at which the Hessian is known. In
coordinates in which that Hessian is the identity the inverse Hessian of every function starts as the identity, and BFGS
needs no matrix a function: the product of its inverse Hessian with a gradient comes from the steps so far by the
two-loop recursion (Nocedal 1980; Nocedal & Wright 2006, algorithm 7.4), which gives BFGS's own steps while all of them
are kept. What has arrived leaves the stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from analysis.sem.observed import Array

Mask = npt.NDArray[np.bool_]

MAXIMUM_STEPS = 60
_MEMORY = 30  # steps remembered: nearly all resamples arrive in fewer, so that nothing is forgotten
_HALVINGS = 25
_IDLE = 0.1  # share of the stack that may be dragged along when found: taking parts of a stack has its price
_ROUNDING = 1e-12


class Stack(Protocol):
    """B functions of d numbers each."""

    def value_and_gradient(self, z: Array) -> tuple[Array, Array]:
        """Values (B,), infinite where there is none, and gradients (B, d) at ``z`` (B, d)."""
        ...

    def take(self, index: Any) -> Self:
        """Those that ``index`` selects: a mask or positions."""
        ...


@dataclass(frozen=True)
class StackedSolution:
    """``z`` (B, d), ``value`` (B,), whether each is a minimum, ``converged`` (B,), and how often a function was
    evaluated on average."""

    z: Array
    value: Array
    converged: Mask
    evaluations: float


def minimise(stack: Stack, start: Array, *, tolerance: float, maximum_steps: int = MAXIMUM_STEPS) -> StackedSolution:
    """Minimise every function of ``stack`` from ``start`` (B, d).

    The Hessians should be near the identity at ``start``: a badly scaled stack converges slowly or not at all, and then
    ``converged`` is False. A minimum is found when the squared length of the gradient, which is twice what is left to
    gain, falls below ``tolerance``.
    """
    search = _Search(stack, start, tolerance)
    search.run(maximum_steps)
    return StackedSolution(search.best, search.best_value, search.converged, search.evaluations / max(len(start), 1))


class _Search:
    """A stack on its way: ``active`` (A,) are those still moving, ``z``, ``value`` and ``gradient`` where they are."""

    def __init__(self, stack: Stack, start: Array, tolerance: float) -> None:
        self.stack, self.tolerance = stack, tolerance
        self.best, self.best_value = start.copy(), np.full(len(start), np.inf)
        self.converged: Mask = np.zeros(len(start), dtype=bool)
        self.active = np.arange(len(start))
        self.z = start.copy()
        self.value, self.gradient = self._evaluate(stack, self.z)
        self.evaluations = len(start)
        self.over: Mask = ~np.isfinite(self.value)
        self.stuck: Mask = np.zeros(len(start), dtype=bool)
        self.memory: list[tuple[Array, Array, Array]] = []

    @classmethod
    def _evaluate(cls, stack: Stack, z: Array) -> tuple[Array, Array]:
        """Values and gradients, infinite and nil where there are none. A singular matrix stops a whole stack: its
        halves are tried until the one it belongs to stands alone."""
        try:
            with np.errstate(all="ignore"):
                value, gradient = stack.value_and_gradient(z)
        except np.linalg.LinAlgError:
            if len(z) == 1:
                return np.full(1, np.inf), np.zeros_like(z)
            halves = np.array_split(np.arange(len(z)), 2)
            found = [cls._evaluate(stack.take(half), z[half]) for half in halves]
            return np.concatenate([v for v, _ in found]), np.concatenate([g for _, g in found])
        usable = np.isfinite(value) & np.isfinite(gradient).all(axis=1)
        return np.where(usable, value, np.inf), np.where(usable[:, None], gradient, 0.0)

    def run(self, maximum_steps: int) -> None:
        """Go on until all have arrived or are lost."""
        self._settle()
        for _ in range(maximum_steps):
            if not len(self.active):
                return
            direction = self._direction()
            slope = np.einsum("bi,bi->b", self.gradient, direction)
            z, value, gradient, moved = self._line_search(direction, slope)
            self._remember(z - self.z, gradient - self.gradient, moved)
            self._give_up(moved)
            self.z, self.value, self.gradient = z, value, gradient
            self._settle()

    def _direction(self) -> Array:
        """Minus the inverse Hessian times the gradient; pairs with weight zero are passed over."""
        q = self.gradient.copy()
        shares = []
        for step, change, weight in reversed(self.memory):
            share = weight * np.einsum("bi,bi->b", step, q)
            q -= share[:, None] * change
            shares.append(share)
        for (step, change, weight), share in zip(self.memory, reversed(shares), strict=True):
            back = weight * np.einsum("bi,bi->b", change, q)
            q += (share - back)[:, None] * step
        return -q

    def _line_search(self, direction: Array, slope: Array) -> tuple[Array, Array, Array, Mask]:
        """The first of 1 and shorter steps that lowers each function enough (Armijo 1966); the length that a parabola
        through what is known would choose, within a tenth and a half of the last one. Who found none stays."""
        z = self.z + direction
        value, gradient = self._evaluate(self.stack, z)
        self.evaluations += len(z)
        length, rounding = np.ones(len(z)), _ROUNDING * np.maximum(1.0, np.abs(self.value))
        short = self._too_high(value, length, slope, rounding) & ~self.over
        for _ in range(_HALVINGS):
            if not short.any():
                break
            with np.errstate(all="ignore"):  # a function that is infinite there is no less so by the difference
                rise = np.where(np.isfinite(value), value - self.value - length * slope, np.inf)[short]
                parabola = -0.5 * slope[short] * length[short] / rise
            length[short] *= np.clip(np.where(rise > 0, parabola, 0.5), 0.1, 0.5)
            z[short] = self.z[short] + length[short, None] * direction[short]
            value[short], gradient[short] = self._evaluate(self.stack.take(short), z[short])
            self.evaluations += int(short.sum())
            short &= self._too_high(value, length, slope, rounding)
        stays = short | self.over
        z[stays], value[stays], gradient[stays] = self.z[stays], self.value[stays], self.gradient[stays]
        return z, value, gradient, ~short

    def _too_high(self, value: Array, length: Array, slope: Array, rounding: Array) -> Mask:
        return ~(value <= self.value + 1e-4 * length * np.minimum(slope, 0.0) + rounding)

    def _remember(self, step: Array, change: Array, moved: Mask) -> None:
        """Keep a pair where the function is convex along the step."""
        along = np.einsum("bi,bi->b", step, change)
        size = np.sqrt(np.einsum("bi,bi->b", step, step) * np.einsum("bi,bi->b", change, change))
        convex = moved & (along > 1e-12 * size)
        self.memory.append((step, change, np.where(convex, 1 / np.where(convex, along, 1.0), 0.0)))
        if len(self.memory) > _MEMORY:
            del self.memory[0]

    def _give_up(self, moved: Mask) -> None:
        """Who finds no lower point starts anew along the gradient, and the second time in a row is lost."""
        newly = ~moved & ~self.stuck
        for _, _, weight in self.memory:
            weight[newly] = 0.0
        self.over |= ~moved & self.stuck
        self.stuck = ~moved

    def _settle(self) -> None:
        """Note who has arrived; shrink the stack when enough have, or are lost."""
        arrived = np.einsum("bi,bi->b", self.gradient, self.gradient) < self.tolerance
        self.over |= arrived | ~np.isfinite(self.value)
        at = self.active
        self.converged[at] = arrived & np.isfinite(self.value)
        self.best[at], self.best_value[at] = self.z, self.value
        if not self.over.all() and self.over.mean() <= _IDLE:
            return
        going = ~self.over
        self.active, self.z = at[going], self.z[going]
        self.value, self.gradient = self.value[going], self.gradient[going]
        self.memory = [(step[going], change[going], weight[going]) for step, change, weight in self.memory]
        self.stuck, self.over = self.stuck[going], self.over[going]
        if len(self.active):
            self.stack = self.stack.take(going)
