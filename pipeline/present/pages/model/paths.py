"""The path diagram: thickness is strength, a broken line is uncertain, the estimate stands on or beside its line.

With its interval where there is room, in a list below the diagram on a telephone. A legend says what lines
and shapes mean. What the model has and a group's estimates have not is a dotted line without a figure.
"""

from __future__ import annotations

import math

from pipeline.present.context import Context
from pipeline.present.drawing.colours import DIM, INK, PAPER, SURE, UNSURE
from pipeline.present.drawing.svg import Colour, Drawing, n, text_width, wrapped
from pipeline.present.pages.model.path_chips import draw_chip
from pipeline.present.pages.model.path_estimates import Estimate, PathEstimates
from pipeline.present.pages.model.path_layout import NARROW_BELOW, Node, PathGraph, Point, ordered_ranks, placed

LABEL, KEY = 13.5, 32.0
MOST_LINES = 5
UNDER_LIST = 18.0
"""Room below the list on a telephone, where the heading of the next diagram follows."""


def draw_paths(
    context: Context,
    graph: PathGraph,
    shown: PathEstimates,
    names: dict[str, str],
    group: str,
    width: float,
    *,
    legend: bool = True,
) -> Drawing:
    """The diagram of one group in ``width``; ``names`` are the variables in words; ``legend``: what lines mean."""
    levels = ordered_ranks(graph)
    nodes, height = placed(graph, levels, width, lines=_lines_needed(graph, levels, names, width))
    title = context.say("figure paths", group=group)
    drawing = Drawing(width, height, title, described(context, graph, shown, names))
    chips: list[tuple[float, float, float, float]] = []
    lines: list[tuple[Point, Point, Point, Estimate]] = []
    missing = [pair for pair in (*graph.arrows, *graph.pairs) if pair not in shown.arrows and pair not in shown.pairs]
    for first, second in missing:
        a, b = nodes[first], nodes[second]
        ends = a.edge_towards((b.x, b.y)), b.edge_towards((a.x, a.y))
        drawing.line(*ends, UNSURE, width=1.2, extra=' stroke-dasharray="1.5 5" stroke-linecap="round"')
    for (source, target), estimate in shown.arrows.items():
        lines.append(_draw_line(drawing, nodes, source, target, estimate, both_ends=False))
    for (first, second), estimate in shown.pairs.items():
        lines.append(_draw_line(drawing, nodes, first, second, estimate, both_ends=True))
    for start, bend, end, estimate in lines:
        draw_chip(context, drawing, (start, bend, end), estimate, chips, list(nodes.values()))
    used = {name for pair in (*shown.arrows, *shown.pairs) for name in pair}
    for name, node in nodes.items():
        _draw_node(drawing, node, names[name], left_out=name not in used)
    if width < NARROW_BELOW:
        drawing.height = _listed(context, drawing, graph, shown, names, height + 18)
        drawing.height += 0 if legend else UNDER_LIST
    if legend:
        drawing.height = _legend(context, drawing, graph, drawing.height + 16, missing=bool(missing))
    return drawing


def _lines_needed(graph: PathGraph, levels: list[list[str]], names: dict[str, str], width: float) -> int:
    """Lines that the longest label needs in its shape."""
    nodes, _ = placed(graph, levels, width)
    return max((len(_label_lines(node, names[name])[0]) for name, node in nodes.items()), default=1)


def _listed(
    context: Context, drawing: Drawing, graph: PathGraph, shown: PathEstimates, names: dict[str, str], y: float
) -> float:
    """Every estimate with its interval, in lines; returns where they end."""
    pairs = [((a, b), "→", shown.arrows) for a, b in graph.arrows] + [
        ((a, b), "↔", shown.pairs) for a, b in graph.pairs
    ]
    for (a, b), sign, found in pairs:
        estimate = found.get((a, b))
        if estimate is None or not estimate.interval(context):
            continue
        lines = wrapped(f"{names[a]} {sign} {names[b]}", width=drawing.width, size=12.5)
        drawing.lines(0, y + 12, lines, size=12.5, colour=DIM)
        y += len(lines) * 12.5 * 1.3
        told = f"{context.numbers.number(estimate.value)} {estimate.interval(context)}".strip()
        drawing.text(0, y + 12, told, size=13, bold=True)
        y += 13 * 1.3 + 6
    return y


def _legend(context: Context, drawing: Drawing, graph: PathGraph, y: float, *, missing: bool) -> float:
    """What lines and shapes mean, in as many lines as they need; returns where they end."""
    x = 0.0
    entries = ["thick", "sure", "unsure", *(["not estimated"] if missing else []), "latent"]
    for entry in [*entries, *(["observed"] if graph.observed else [])]:
        lines = wrapped(context.say(f"key path {entry}"), width=drawing.width - KEY, size=12.5)
        room = KEY + max(text_width(line, 12.5) for line in lines)
        if x and x + room > drawing.width:
            x, y = 0.0, y + 21
        _sign(drawing, entry, x, y - 4.5)
        drawing.lines(x + KEY, y, lines, size=12.5)
        y += (len(lines) - 1) * 12.5 * 1.3
        x += room + 18
    return y + 8


def _sign(drawing: Drawing, entry: str, x: float, y: float) -> None:
    if entry == "thick":
        drawing.line((x, y - 4), (x + 24, y - 4), SURE, width=1.5)
        drawing.line((x, y + 3), (x + 24, y + 3), SURE, width=5)
    elif entry == "sure":
        drawing.line((x, y), (x + 24, y), SURE, width=2.6)
    elif entry == "unsure":
        drawing.line((x, y), (x + 24, y), UNSURE, width=2.6, extra=' stroke-dasharray="7 5"')
    elif entry == "not estimated":
        drawing.line((x, y), (x + 24, y), UNSURE, width=1.2, extra=' stroke-dasharray="1.5 5" stroke-linecap="round"')
    else:
        paint = drawing.paint(fill=PAPER, stroke=INK)
        shape = (
            f'<ellipse cx="{n(x + 12)}" cy="{n(y)}" rx="12" ry="6.5"'
            if entry == "latent"
            else f'<rect x="{n(x)}" y="{n(y - 6)}" width="24" height="12" rx="2"'
        )
        drawing.add(f'{shape} stroke-width="1.4" {paint}/>')


def described(context: Context, graph: PathGraph, shown: PathEstimates, names: dict[str, str]) -> str:
    """The diagram in sentences: every arrow, every pair, and what takes no part."""
    told = []
    for source, target in graph.arrows:
        if found := shown.arrows.get((source, target)):
            told.append(context.say("alt path", to=names[target], **{"from": names[source]}, **_told(context, found)))
    for a, b in graph.pairs:
        if found := shown.pairs.get((a, b)):
            told.append(context.say("alt covariance", a=names[a], b=names[b], **_told(context, found)))
    for name in graph.observed:
        if not any(name in arrow for arrow in shown.arrows):
            told.append(context.say("alt left out", name=names[name]))
    return ". ".join(told) + "."


def _told(context: Context, estimate: Estimate) -> dict[str, str]:
    sure = "" if estimate.sure else context.say("alt unsure")
    told = f"{context.numbers.number(estimate.value)} {estimate.interval(context)}".strip()
    return {"estimate": told, "sure": sure}


def _draw_line(
    drawing: Drawing, nodes: dict[str, Node], first: str, second: str, estimate: Estimate, *, both_ends: bool
) -> tuple[Point, Point, Point, Estimate]:
    """A line between two nodes, bent where it would run through another one; returns start, bend and end."""
    a, b = nodes[first], nodes[second]
    others = [node for name, node in nodes.items() if name not in (first, second)]
    centre = ((a.x + b.x) / 2, (a.y + b.y) / 2)
    blocked = any(node.distance_to((a.x, a.y), (b.x, b.y)) < node.half_height + 10 for node in others)
    bend = _beside(a, b, centre, drawing) if blocked else centre
    width = 1.3 + 4.2 * min(abs(estimate.value), 1.0)
    head = 7 + width
    start = a.edge_towards(bend, gap=3 + (head if both_ends else 0))
    end = b.edge_towards(bend, gap=3 + head)
    colour = SURE if estimate.sure else UNSURE
    dashes = "" if estimate.sure else ' stroke-dasharray="7 5"'
    curve = f"Q{n(bend[0])} {n(bend[1])} " if blocked else "L"
    drawing.add(
        f'<path d="M{n(start[0])} {n(start[1])}{curve}{n(end[0])} {n(end[1])}" stroke-width="{n(width)}"{dashes}'
        f" {drawing.paint(stroke=colour)}/>"
    )
    _draw_head(drawing, bend, b.edge_towards(bend, gap=2), head, colour)
    if both_ends:
        _draw_head(drawing, bend, a.edge_towards(bend, gap=2), head, colour)
    return start, bend if blocked else ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end, estimate


def _beside(a: Node, b: Node, centre: Point, drawing: Drawing) -> Point:
    """A point beside the middle of the line, on the side where the picture has room."""
    length = math.dist((a.x, a.y), (b.x, b.y)) or 1.0
    across = ((a.y - b.y) / length, (b.x - a.x) / length)
    reach = 1.9 * max(a.half_width, a.half_height) if abs(a.x - b.x) < 1 else 3.2 * a.half_height
    sides = [(centre[0] + s * across[0] * reach, centre[1] + s * across[1] * reach) for s in (1, -1)]

    def outside(point: Point) -> float:
        return max(-point[0], point[0] - drawing.width, -point[1], point[1] - drawing.height, 0)

    x, y = min(sides, key=outside)
    return min(max(x, 4.0), drawing.width - 4), min(max(y, 4.0), drawing.height - 4)


def _draw_head(drawing: Drawing, origin: Point, tip: Point, size: float, colour: Colour) -> None:
    length = math.dist(origin, tip) or 1.0
    ux, uy = (tip[0] - origin[0]) / length, (tip[1] - origin[1]) / length
    base = (tip[0] - ux * size, tip[1] - uy * size)
    half = size * 0.52
    corners = [tip, (base[0] - uy * half, base[1] + ux * half), (base[0] + uy * half, base[1] - ux * half)]
    points = " ".join(f"{n(x)},{n(y)}" for x, y in corners)
    drawing.add(f'<polygon points="{points}" {drawing.paint(fill=colour)}/>')


def _draw_node(drawing: Drawing, node: Node, label: str, *, left_out: bool) -> None:
    paint = drawing.paint(fill=PAPER, stroke=INK if not left_out else UNSURE)
    dashes = ' stroke-dasharray="3 4"' if left_out else ""
    if node.latent:
        shape = f'<ellipse cx="{n(node.x)}" cy="{n(node.y)}" rx="{n(node.half_width)}" ry="{n(node.half_height)}"'
    else:
        corner = f'x="{n(node.x - node.half_width)}" y="{n(node.y - node.half_height)}" rx="4"'
        shape = f'<rect {corner} width="{n(2 * node.half_width)}" height="{n(2 * node.half_height)}"'
    drawing.add(f'{shape} stroke-width="1.4"{dashes} {paint}/>')
    lines, size = _label_lines(node, label)
    top = node.y - (len(lines) - 1) * size * 0.6 + size * 0.35
    colour = UNSURE if left_out else INK
    drawing.lines(node.x, top, lines, size=size, leading=1.2, anchor="middle", bold=True, colour=colour)


def _label_lines(node: Node, label: str) -> tuple[list[str], float]:
    """A label in as many lines as its shape is wide, cut short with an ellipsis beyond MOST_LINES, and its size."""
    size = LABEL if node.half_width > 65 else LABEL - 1.5
    room = 2 * node.half_width - (26 if node.latent else 14)
    return wrapped(label, width=room, size=size, lines=MOST_LINES), size
