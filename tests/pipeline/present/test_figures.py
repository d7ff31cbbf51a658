"""Pictures: well formed, described, nothing outside the frame, nothing on top of each other."""

from __future__ import annotations

import dataclasses
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pandas as pd
import pytest

from pipeline.declare import Profile
from pipeline.present.bundle import ALL
from pipeline.present.context import Context
from pipeline.present.drawing.svg import Drawing, text_width
from pipeline.present.markup.figures import SLIM, WIDE
from pipeline.present.pages.alike.ladders import ladders_parts
from pipeline.present.pages.model.fit import variable_names
from pipeline.present.pages.model.model import diagram, main_model
from pipeline.present.pages.model.path_estimates import Estimate, PathEstimates
from pipeline.present.pages.model.path_layout import PathGraph, graph_of, ordered_ranks, placed
from pipeline.present.pages.model.paths import draw_paths
from pipeline.present.pages.projects.clustering import clustering_parts
from pipeline.present.pages.projects.comparisons import HONEST, NAIVE, effects_chart, effects_frame
from pipeline.present.pages.projects.means import draw_means, mean_rows
from pipeline.present.pages.projects.profiles import profiles_parts
from pipeline.present.pages.projects.projects import projects_parts
from pipeline.present.pages.respondents.composition import draw_composition
from pipeline.present.pages.respondents.flow import draw_flow
from pipeline.present.pages.respondents.nonresponse import nonresponse_parts
from pipeline.present.pages.scales.dimensions import dimensions_parts
from pipeline.present.pages.scales.items import Segment, draw_items, item_figure
from pipeline.present.pages.scales.loadings import loadings_parts
from pipeline.present.pages.scales.reliability_figure import reliability_figures
from pipeline.present.pages.scales.scores import scores_parts
from pipeline.present.pages.scales.validity import validity_parts
from pipeline.present.parts import Parts
from pipeline.present.words.effects import score_range

MakeContext = Callable[..., Context]
MEASUREMENT = (
    reliability_figures, loadings_parts, dimensions_parts, validity_parts, scores_parts, ladders_parts,
    clustering_parts, profiles_parts, nonresponse_parts,
)  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


def drawn(context: Context, width: float) -> dict[str, Drawing]:
    """Every picture of our own writer."""
    trait = context.study.declaration.traits[0]
    figure = item_figure(context, "SAT")
    assert figure is not None
    main = main_model(context)
    assert main is not None
    graph = graph_of(context.bundle.overall("parameters", model=main))
    shown = diagram(context, main, graph).shown
    assert shown is not None
    return {
        **measured(context, width),
        "flow": draw_flow(context, width),
        "composition": draw_composition(context, width),
        "items": draw_items(context, figure, width),
        "means": draw_means(context, trait, mean_rows(context, trait), width),
        "paths": draw_paths(context, graph, shown, variable_names(context, main), "all", width),
    }


def with_profile(context: Context) -> Context:
    """The same study, had it asked the same thing of two places."""
    places = [
        {"name": "near", "score": "SAT", "label": {"nl": "dichtbij", "en": "near"}},
        {"name": "far", "score": "balance", "label": {"nl": "ver weg", "en": "far away"}},
    ]
    profile = Profile.model_validate({"name": "ties", "title": {"nl": "Banden", "en": "Ties"}, "places": places})
    declaration = context.study.declaration.model_copy(update={"profiles": [profile]})
    study = dataclasses.replace(context.study, declaration=declaration)
    return Context(study, context.bundle, context.language)


def measured(context: Context, width: float) -> dict[str, Drawing]:
    """The pictures of measurement, as the report makes them."""
    made: dict[str, Drawing] = {}
    context = with_profile(context)

    def keep(parts: Parts, context: Context, name: str, draw: Callable[[float], Drawing]) -> str:
        made[name] = draw(width)
        return ""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.present.markup.figures.add_picture", keep)
        for make in MEASUREMENT:
            make(context)
    assert len(made) >= 12, sorted(made)
    return made


def boxes_of_text(root: ET.Element) -> list[tuple[str, float, float, float, float]]:
    """Every line of text with its estimated box."""
    found = []
    for element in root.iter(f"{SVG}text"):
        size, x, y = (float(element.get(name, "0")) for name in ("font-size", "x", "y"))
        text = element.text or ""
        width = text_width(text, size) * 0.92  # the estimate is generous
        left = {"start": x, "middle": x - width / 2, "end": x - width}[element.get("text-anchor", "start")]
        found.append((text, left, y - 0.72 * size, left + width, y + 0.2 * size))
    return found


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("width", [WIDE, SLIM])
def test_pictures_are_described_and_keep_inside_their_frame(
    context: Callable[[str], Context], language: str, width: float
) -> None:
    for name, drawing in drawn(context(language), width).items():
        root = ET.fromstring(drawing.render())  # noqa: S314 - our own
        assert root.find(f"{SVG}title").text, name  # type: ignore[union-attr]
        assert len(root.find(f"{SVG}desc").text or "") > 30, name  # type: ignore[union-attr]
        assert float(root.get("width", "0")) == width
        for text, left, top, right, bottom in boxes_of_text(root):
            assert left >= -1, (name, text)
            assert right <= width + 1, (name, text)
            assert top >= -1, (name, text)
            assert bottom <= drawing.height + 1, (name, text)


@pytest.mark.parametrize("width", [WIDE, SLIM])
def test_no_two_texts_lie_on_each_other(context: Callable[[str], Context], width: float) -> None:
    for name, drawing in drawn(context("nl"), width).items():
        boxes = boxes_of_text(ET.fromstring(drawing.render()))  # noqa: S314 - our own
        for (a, *first), (b, *second) in itertools.combinations(boxes, 2):
            apart = first[2] <= second[0] + 1 or second[2] <= first[0] + 1
            apart |= first[3] <= second[1] + 1 or second[3] <= first[1] + 1
            assert apart, (name, a, b)


def test_colours_come_for_light_and_dark(context: Callable[[str], Context]) -> None:
    for name, drawing in drawn(context("en"), WIDE).items():
        text = drawing.render()
        body = text[text.index("</style>") :]
        assert "#" not in body.replace("url(#h)", ""), name  # no colour outside the style sheet
        assert "prefers-color-scheme:dark" in text


def test_the_description_tells_the_finding(context: Callable[[str], Context]) -> None:
    pictures = drawn(context("nl"), WIDE)
    assert pictures["flow"].description == (
        "Van gevraagd tot geanalyseerd: Gevraagd 320, Ontvangen 260, Bruikbaar 220, In deze analyse 180."
        " Weggelaten: geen toestemming 24, bijna niets ingevuld 16."
    )
    assert "Banden hangt samen met Tevredenheid: 0,46 [" in pictures["paths"].description
    assert re.search(
        r"Tevredenheid hangt samen met In het centrum: 0,12 \[−0,\d\d; 0,\d\d\] \(onzeker\)\.",
        pictures["paths"].description,
    )
    assert "in het centrum 3,90 [3,70; 4,10]" in pictures["means"].description


def test_hidden_answers_are_one_stretch_of_known_length(
    context_of: MakeContext, tables: dict[str, pd.DataFrame]
) -> None:
    # everybody: 3 strongly disagree; 12 more are hidden with them, together 15 of 180
    table = tables["item_distribution"]
    one = (table["item"] == "sat1") & (table["trait"] == ALL)
    table.loc[one, "n"] = [3, 12, 65, 60, 40]
    table.loc[one, "share"] = table.loc[one, "n"] / 180
    table = table[(table["trait"] == ALL) | (table["item"] != "sat1")]
    figure = item_figure(context_of(item_distribution=table), "SAT")
    assert figure is not None
    assert figure.bars[0].segments == [
        Segment(None, pytest.approx(15 / 180, abs=1e-3)), Segment(2, 0.3611), Segment(3, 0.3333), Segment(4, 0.2222),
    ]  # fmt: skip
    assert figure.has_hidden


def test_a_reversed_question_is_marked_and_keeps_its_order(context: Callable[[str], Context]) -> None:
    figure = item_figure(context("en"), "SAT")
    assert figure is not None
    assert [bar.reversed for bar in figure.bars] == [False, False, True, False]
    assert figure.categories[0] == "strongly disagree"
    assert [s.category for s in figure.bars[2].segments or []] == [0, 1, 2, 3, 4]


def test_a_scale_of_reversed_questions_is_turned_round(
    context_of: MakeContext, tables: dict[str, pd.DataFrame]
) -> None:
    figure = item_figure(context_of(item_distribution=tables["item_distribution"].assign(reversed="true")), "SAT")
    assert figure is not None
    assert figure.categories[0] == "strongly agree"
    assert not any(bar.reversed for bar in figure.bars)


def test_traits_of_projects_are_counted_by_project_and_those_of_persons_by_person(
    context: Callable[[str], Context],
) -> None:
    frame = effects_frame(context("en"))
    assert frame.groupby("trait")["counted"].unique().map(list).to_dict() == {
        "place": [HONEST, NAIVE],
        "tenure": [HONEST, NAIVE],
    }
    assert frame["effect"].round(2).unique().tolist() == [0.55, -0.11]


def test_the_chart_is_the_same_bytes_twice_and_reads_in_the_dark(context: Callable[[str], Context]) -> None:
    first, second = (projects_parts(context("nl")).files for _ in range(2))
    assert first == second
    for name in ("effects.svg", "effects-narrow.svg"):
        root = ET.fromstring(first[name])  # noqa: S314 - our own
        assert root.get("role") == "img"
        assert root.find(f"{SVG}desc").text == effects_chart(context("nl")).description  # type: ignore[union-attr]
        assert "prefers-color-scheme:dark" in first[name]
        assert "<metadata" not in first[name]
        shown = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
        assert all(words in shown for words in ("Ligging", "Koop of huur", "hoger: in het centrum →"))


def test_score_ranges(context: Callable[[str], Context]) -> None:
    assert score_range(context("nl"), "TIES") == (3, 15)
    assert score_range(context("nl"), "balance") == (1 - 15, 5 - 3)
    assert score_range(context("nl"), "nothing") is None


GRAPHS = {
    "main": PathGraph(
        ("HS", "SC", "SB", "SWB"),
        ("near", "old"),
        (("near", "HS"), ("old", "HS"), ("HS", "SB"), ("HS", "SWB"), ("SC", "SWB")),
        (("SC", "HS"), ("SB", "SWB")),
    ),
    "one observed beside a latent": PathGraph(("N", "W"), ("cost",), (("N", "W"), ("cost", "W")), ()),
    "a chain with a shortcut": PathGraph(("A", "B", "C"), (), (("A", "B"), ("B", "C"), ("A", "C")), ()),
    "three in a column that covary": PathGraph(
        ("A", "B", "C", "Y"), (), (("A", "Y"), ("B", "Y"), ("C", "Y")), (("A", "B"), ("A", "C"), ("B", "C"))
    ),
    "a loop": PathGraph(("A", "B"), (), (("A", "B"), ("B", "A")), ()),
}


@pytest.mark.parametrize("width", [WIDE, SLIM])
@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_any_model_is_laid_out_without_overlap(
    context: Callable[[str], Context], graph: PathGraph, width: float
) -> None:
    nodes, height = placed(graph, ordered_ranks(graph), width)
    assert set(nodes) == set(graph.nodes)
    for a, b in itertools.combinations(nodes.values(), 2):
        apart = abs(a.x - b.x) >= a.half_width + b.half_width or abs(a.y - b.y) >= a.half_height + b.half_height
        assert apart, (a, b)
    for node in nodes.values():
        assert node.half_width <= node.x <= width - node.half_width
        assert node.half_height <= node.y <= height - node.half_height
    estimates = PathEstimates(
        {arrow: Estimate(0.3, True, 0.2, 0.4) for arrow in graph.arrows},
        {pair: Estimate(-0.2, False, -0.4, 0.1) for pair in graph.pairs},
    )
    names = {name: f"Variable {name}" for name in graph.nodes}
    drawing = draw_paths(context("en"), graph, estimates, names, "all", width)
    boxes = boxes_of_text(ET.fromstring(drawing.render()))  # noqa: S314 - our own
    n_lines = len(graph.arrows) + len(graph.pairs)
    figures = [box for box in boxes if box[0] in ("0.30", "−0.20")]
    assert len(figures) == n_lines
    intervals = [box for box in boxes if box[0] in ("[0.20, 0.40]", "[−0.40, 0.10]")]
    assert len(intervals) == (n_lines if width == WIDE else 0)
    listed = [box for box in boxes if box[0] in ("0.30 [0.20, 0.40]", "−0.20 [−0.40, 0.10]")]
    assert len(listed) == (0 if width == WIDE else n_lines)
    figures += intervals
    for (_, *a), (_, *b) in itertools.combinations(figures, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_the_diagram_says_how_sure_each_arrow_is(context: Callable[[str], Context]) -> None:
    graph = GRAPHS["a chain with a shortcut"]
    arrows = {("A", "B"): Estimate(0.47, True, 0.39, 0.55), ("B", "C"): Estimate(0.1, False, -0.02, 0.22)}
    names = {name: f"Variable {name}" for name in graph.nodes}
    for width in (WIDE, SLIM):
        drawing = draw_paths(context("nl"), graph, PathEstimates(arrows, {}), names, "all", width)
        shown = [text for text, *_ in boxes_of_text(ET.fromstring(drawing.render()))]  # noqa: S314 - our own
        # on the line where there is room, in a list on a telephone
        assert ("[0,39; 0,55]" if width == WIDE else "0,47 [0,39; 0,55]") in shown
        assert ("[−0,02; 0,22]" if width == WIDE else "0,10 [−0,02; 0,22]") in shown
        assert {"dikker is sterker", "hier niet geschat"} <= set(shown)  # the arrow from A to C has no estimate
    assert "hangt samen met Variable B: 0,10 [−0,02; 0,22] (onzeker)" in drawing.description


def test_the_flow_shows_who_is_lost_at_each_step_and_a_hidden_number_as_such(
    context: Callable[[str], Context], context_of: MakeContext, tables: dict[str, pd.DataFrame]
) -> None:
    shown = [text for text, *_ in boxes_of_text(ET.fromstring(draw_flow(context("en"), WIDE).render()))]  # noqa: S314
    assert [t for t in shown if t in {"Invited", "320", "Received", "260", "Usable", "220"}] == [
        "Invited",
        "320",
        "Received",
        "260",
        "Usable",
        "220",
    ]
    assert {"Nothing came back", "60", "Left out", "no consent: 24", "hardly anything answered: 16"} <= set(shown)
    flow = tables["response_flow"]
    flow.loc[flow["reason"] == "no_consent", "n"] = float("nan")
    flow.loc[flow["step"] == "received", "n"] = float("nan")
    drawing = draw_flow(context_of("en", response_flow=flow), WIDE)
    shown = [text for text, *_ in boxes_of_text(ET.fromstring(drawing.render()))]  # noqa: S314
    assert "no consent: x" in shown
    assert not {"Nothing came back", "60", "260"} & set(shown)  # no number that a hidden one would follow from


def test_causes_stand_before_effects() -> None:
    assert ordered_ranks(GRAPHS["main"]) == [["near", "old"], ["HS", "SC"], ["SB", "SWB"]]
    assert ordered_ranks(GRAPHS["one observed beside a latent"]) == [["cost", "N"], ["W"]]
