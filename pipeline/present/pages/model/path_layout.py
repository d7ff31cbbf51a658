"""Where the variables of a model stand in its diagram: the same place in every group, so that groups can be compared.

Causes before effects: columns (or, on a telephone, rows) follow the longest chain of arrows that leads to a variable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

Point = tuple[float, float]
NARROW_BELOW = 500
"""Below this width a diagram runs downwards, for a telephone."""


@dataclass(frozen=True)
class PathGraph:
    """A model without its measurement part: latent and observed variables, arrows (from, to), and pairs that covary."""

    latent: tuple[str, ...]
    observed: tuple[str, ...]
    arrows: tuple[tuple[str, str], ...]
    pairs: tuple[tuple[str, str], ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """Observed first, then latent, in the model's order."""
        return self.observed + self.latent


@dataclass(frozen=True)
class Node:
    """A variable's shape: an ellipse when latent, a box when observed; centre and half its size."""

    name: str
    latent: bool
    x: float
    y: float
    half_width: float
    half_height: float

    def edge_towards(self, target: Point, *, gap: float = 4) -> Point:
        """Where a line from the centre to ``target`` leaves the shape, ``gap`` beyond it."""
        dx, dy = target[0] - self.x, target[1] - self.y
        distance = math.hypot(dx, dy) or 1.0
        if self.latent:
            reach = 1 / math.hypot(dx / distance / self.half_width, dy / distance / self.half_height)
        else:
            sides = [
                half / abs(d / distance) for d, half in ((dx, self.half_width), (dy, self.half_height)) if abs(d) > 1e-9
            ]
            reach = min(sides, default=0.0)
        return self.x + dx / distance * (reach + gap), self.y + dy / distance * (reach + gap)

    def distance_to(self, start: Point, end: Point) -> float:
        """Distance of the centre from the line between two points."""
        length = math.dist(start, end) or 1.0
        share = ((self.x - start[0]) * (end[0] - start[0]) + (self.y - start[1]) * (end[1] - start[1])) / length**2
        share = min(max(share, 0.0), 1.0)
        near = (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
        return math.dist(near, (self.x, self.y))


def graph_of(parameters: pd.DataFrame) -> PathGraph:
    """The structural part of a fitted model, from its parameter rows (``lhs op rhs``)."""
    latent = tuple(dict.fromkeys(parameters.loc[parameters["op"] == "=~", "lhs"]))
    paths = parameters[parameters["op"] == "~"]
    arrows = tuple((str(row.rhs), str(row.lhs)) for row in paths.itertuples())
    named = dict.fromkeys(name for arrow in arrows for name in arrow)
    observed = tuple(name for name in named if name not in latent)
    explained = {to for _, to in arrows}
    covariances = parameters[(parameters["op"] == "~~") & (parameters["lhs"] != parameters["rhs"])]
    nodes = {*latent, *observed}
    pairs = tuple(
        (str(row.lhs), str(row.rhs))
        for row in covariances.itertuples()
        if {row.lhs, row.rhs} <= nodes and not all(n in observed and n not in explained for n in (row.lhs, row.rhs))
    )
    return PathGraph(latent, observed, arrows, pairs)


def ranks(graph: PathGraph) -> dict[str, int]:
    """How far along the chain of arrows each variable stands; 0 leads to others only."""
    parents = {name: [a for a, b in graph.arrows if b == name] for name in graph.nodes}
    found: dict[str, int] = {}

    def rank(name: str, seen: tuple[str, ...] = ()) -> int:
        if name in seen:
            return 0  # a model with a loop: cut it where it comes back
        if name not in found:
            found[name] = 1 + max((rank(p, (*seen, name)) for p in parents[name]), default=-1)
        return found[name]

    for name in graph.nodes:
        rank(name)
    for name in graph.latent:
        children = [found[b] for a, b in graph.arrows if a == name]
        if found[name] == 0 and children:
            # nothing leads to it: it stands just before what it leads to
            found[name] = min(children) - 1
    return found


def ordered_ranks(graph: PathGraph) -> list[list[str]]:
    """The variables of each rank in an order that keeps arrows short: by the mean place of what leads to them."""
    rank_of = ranks(graph)
    levels: list[list[str]] = [[] for _ in range(max(rank_of.values(), default=0) + 1)]
    for name in graph.nodes:
        levels[rank_of[name]].append(name)
    place: dict[str, float] = {}
    for level in levels:
        for i, name in enumerate(level):
            sources = [place[a] for a, b in graph.arrows if b == name and a in place]
            place[name] = sum(sources) / len(sources) if sources else (i + 1) / (len(level) + 1) + 0.25
        level.sort(key=lambda name: place[name])
        place.update({name: (i + 0.5) / len(level) for i, name in enumerate(level)})
    return [level for level in levels if level]


def placed(
    graph: PathGraph, levels: Sequence[Sequence[str]], width: float, *, lines: int = 3
) -> tuple[dict[str, Node], float]:
    """Every variable's node, and the height of the diagram: left to right where there is room, else downwards.

    ``lines``: how many a label may need; nodes are as tall as that asks for.
    """
    slim = width < NARROW_BELOW
    most = max(len(level) for level in levels)
    half_height = 33.0 + 9 * max(lines - 3, 0)
    nodes = {}
    if slim:
        half_width = min(76.0, width / most / 2 - 20)
        height = len(levels) * 2 * half_height + (len(levels) - 1) * 78 + 12
        for i, level in enumerate(levels):
            y = 6 + half_height + i * (2 * half_height + 78)
            for j, name in enumerate(level):
                x = width * (j + 0.5) / len(level)
                nodes[name] = Node(name, name in graph.latent, x, y, half_width, half_height)
        return nodes, height
    half_width = 76.0 if len(levels) < 3 else 68.0
    height = most * 2 * half_height + (most - 1) * 92 + 12
    rank = {name: i for i, level in enumerate(levels) for name in level}
    if most == 1 and any(abs(rank[a] - rank[b]) > 1 for a, b in (*graph.arrows, *graph.pairs)):
        height += 100  # a line bends round what stands between
    # at the right, room for an estimate beside a line between two variables of the last column
    step = (width - 2 * half_width - 4 - (28 if len(levels) > 1 else 0)) / max(len(levels) - 1, 1)
    for i, level in enumerate(levels):
        x = half_width + 2 + i * step if len(levels) > 1 else width / 2
        for j, name in enumerate(level):
            y = 6 + (height - 12) * (j + 0.5) / len(level)
            nodes[name] = Node(name, name in graph.latent, x, y, half_width, half_height)
    return nodes, height
