"""What holds of every numbered figure of the made-up report, in both languages and in both widths."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from pipeline.declare import load_study
from pipeline.present.bundle import read_bundle
from pipeline.present.context import Context
from pipeline.present.drawing import colours
from pipeline.present.parts import Parts
from pipeline.present.report import report_parts

SVG = "{http://www.w3.org/2000/svg}"
SMALLEST = 11.0
OPENS = re.compile(r"^::: \{#(fig-[\w-]+)\}$")


@pytest.fixture(scope="module", params=["nl", "en"])
def made(request: pytest.FixtureRequest, published_folder: Path) -> tuple[Context, Parts]:
    context = Context(load_study(published_folder), read_bundle(published_folder, "tiny"), request.param)
    return context, report_parts(context)


def figures(parts: Parts) -> Iterator[tuple[str, str, str]]:
    """Identifier, content and caption of every numbered figure."""
    for text in parts.texts.values():
        lines = iter(text.splitlines())
        for line in lines:
            if opened := OPENS.match(line):
                inside, depth = [], 1
                while depth:
                    inner = next(lines)
                    depth += 0 if not inner.startswith(":::") else -1 if inner.strip() == ":::" else 1
                    inside.append(inner)
                content, caption = "\n".join(inside[:-1]).strip().rsplit("\n\n", 1)
                yield opened.group(1), content, caption


def images(content: str) -> list[tuple[str, str]]:
    """Name of the file and alternative text of every picture in it."""
    return [(name, unescape(alt)) for name, alt in re.findall(r'<img src="[^"]*/([\w.-]+)" alt="([^"]*)">', content)]


def test_there_are_figures(made: tuple[Context, Parts]) -> None:
    assert len(list(figures(made[1]))) > 30


def test_alternative_texts_state_what_is_found(made: tuple[Context, Parts]) -> None:
    context, parts = made
    for identifier, content, _ in figures(parts):
        shown = images(content)
        if not shown:
            assert "::: {.note}" in content, identifier  # says that nothing can be shown, and why
        for name, alternative in shown:
            title = ET.fromstring(parts.files[name]).findtext(f"{SVG}title") or ""  # noqa: S314 - our own
            assert len(alternative) > len(title) > 3, name
            assert re.search(r"\d", alternative) or context.say("hidden") in alternative.split(), (name, alternative)


OF_SOMETHING_ELSE = {"fig-flow", "fig-power", "fig-curves"}
"""Figures that count questionnaires, simulated waves or ways of calculating; the caption says how many of those."""


def test_captions_tell_how_many(made: tuple[Context, Parts]) -> None:
    for identifier, content, caption in figures(made[1]):
        if not images(content):
            continue
        if identifier in OF_SOMETHING_ELSE or identifier.startswith("fig-curve-"):
            assert re.search(r"\d", caption), (identifier, caption)
        else:
            # of a figure with a picture a group, n stands above each picture
            assert re.search(r"\bn\b", caption) or "(n = " in content, (identifier, caption)


def test_every_picture_is_there_wide_and_narrow_with_the_same_words(made: tuple[Context, Parts]) -> None:
    files = made[1].files
    for _, content, _ in figures(made[1]):
        for name, alternative in images(content):
            wide, slim = files[name], files[name.replace(".svg", "-narrow.svg")]
            widths = [float(ET.fromstring(text).get("width", "0")) for text in (wide, slim)]  # noqa: S314 - our own
            assert widths[0] > 600 > 360 > widths[1] > 250, name
            assert ET.fromstring(wide).findtext(f"{SVG}desc") == alternative, name  # noqa: S314 - our own
            assert name.replace(".svg", "-narrow.svg") in content, name


def sizes(svg: str) -> list[float]:
    """Sizes of letters, as attributes or in styles."""
    body = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    attributes = re.findall(r'font-size="([\d.]+)', body)
    styles = re.findall(r"font(?:-size)?:\s*(?:[a-z0-9]+ )*([\d.]+)px", body)
    return [float(size) for size in (*attributes, *styles)]


def test_no_letters_are_too_small_to_read(made: tuple[Context, Parts]) -> None:
    for name, svg in made[1].files.items():
        if name.endswith(".svg"):
            small = [size for size in sizes(svg) if size < SMALLEST]
            assert not small, (name, small)


def palette(context: Context, n_answers: int = 11) -> set[str]:
    """Every colour a picture may have."""
    single = [value for value in vars(colours).values() if isinstance(value, tuple)]
    pairs = [p for value in single for p in (value if isinstance(value[0], tuple) else [value])]
    pairs += [pair for n in range(2, n_answers + 1) for pair in colours.answer_colours(n)]
    declared = [level.colour for trait in context.study.declaration.traits for level in trait.levels if level.colour]
    known = {colour.lower() for pair in pairs for colour in pair if re.fullmatch(r"#[0-9a-fA-F]{6}", colour)}
    known |= {colour.lower() for colour in declared} | {colours.lightened(colour) for colour in declared}
    return known | {"#ffffff", "#000000"}


def test_no_colour_is_outside_the_palette(made: tuple[Context, Parts]) -> None:
    known = palette(made[0])
    for name, svg in made[1].files.items():
        if name.endswith(".svg"):
            used = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b", svg)}
            assert used <= known, (name, used - known)


def test_the_checks_notice_what_they_look_for() -> None:
    nested = "::: {#fig-a}\n\n::: {.note}\nx\n:::\n\nCaption.\n\n:::\n\n::: {.note}\ny\n:::\n"
    assert list(figures(Parts(texts={"one": nested}))) == [("fig-a", "::: {.note}\nx\n:::", "Caption.")]
    assert sizes('<svg><text font-size="9">x</text><g style="font: 8px Sans"/></svg>') == [9.0, 8.0]
    assert images('<img src="../../f/a.svg" alt="1 &amp; 2">') == [("a.svg", "1 & 2")]
