"""Waves in params.yaml: only the lines concerned change."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.intake.messages import RefusedError
from pipeline.intake.params_file import with_wave, without_wave

SHIPPED = (Path(__file__).resolve().parents[3] / "params.yaml").read_text(encoding="utf-8")
BLOCKS = """\
# top
waves:
  # first
  one:   # why
    responses: a.csv
  two:
    responses: b.csv   # here
  # after

# about pools
pools:
- x
  # between
- y   # last

simulate: {seed: 1, waves: {two: {a: 1}}}
# end
"""


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_a_wave_is_one_line_more() -> None:
    text = with_wave(SHIPPED, wave="new-2026", pool="simulated", responses="responses.csv")
    new = [line for line in lines(text) if line not in lines(SHIPPED)]
    assert new == ["  new-2026: {responses: responses.csv}"]
    assert len(lines(text)) == len(lines(SHIPPED)) + 1
    assert list(YAML(typ="safe").load(text)["waves"])[-1] == "new-2026"


def test_a_new_pool_joins_the_list() -> None:
    text = with_wave(SHIPPED, wave="new-2026", pool="residents", responses="responses.csv")
    assert YAML(typ="safe").load(text)["pools"][-1] == "residents"
    assert sum(a != b for a, b in zip(lines(text), lines(SHIPPED), strict=False)) > 0
    assert without_wave(text, wave="new-2026", pool="residents") == SHIPPED


def test_a_withdrawn_wave_leaves_every_comment() -> None:
    shipped = YAML(typ="safe").load(SHIPPED)
    for wave in shipped["waves"]:
        text = without_wave(SHIPPED, wave=wave, pool=None)
        content = YAML(typ="safe").load(text)
        assert wave not in content["waves"]
        assert wave not in content["simulate"]["waves"]
        comments = [line for line in lines(SHIPPED) if line.lstrip().startswith("#")]
        assert [line for line in lines(text) if line.lstrip().startswith("#")] == comments
        # nothing but whole lines went
        assert set(lines(text)) <= set(lines(SHIPPED))


def test_other_layouts_keep_theirs() -> None:
    added = with_wave(BLOCKS, wave="three", pool="z", responses="responses.sav")
    assert [line for line in lines(added) if line not in lines(BLOCKS)] == [
        "  three: {responses: responses.sav}",
        "- z",
    ]
    assert lines(added).index("  three: {responses: responses.sav}") == lines(added).index("  # after") - 1
    gone = without_wave(BLOCKS, wave="two", pool="y")
    assert lines(gone)[:5] == lines(BLOCKS)[:5]
    assert YAML(typ="safe").load(gone)["simulate"] == {"seed": 1, "waves": {}}
    assert "  # after" in lines(gone)
    assert "# end" in lines(gone)


def test_the_last_one_out_and_the_first_one_in() -> None:
    text = BLOCKS
    for wave, pool in (("one", "x"), ("two", "y")):
        text = without_wave(text, wave=wave, pool=pool)
    assert YAML(typ="safe").load(text)["waves"] == {}
    assert YAML(typ="safe").load(text)["pools"] == []
    again = with_wave(text, wave="one", pool="x", responses="responses.csv")
    assert YAML(typ="safe").load(again)["waves"] == {"one": {"responses": "responses.csv"}}
    assert YAML(typ="safe").load(again)["pools"] == ["x"]
    assert "# about pools" in lines(again)


def test_one_line_of_waves_can_be_edited_too() -> None:
    text = "waves: {a: {responses: responses.csv}} # all\npools: [p, q]\n"
    assert with_wave(text, wave="b", pool="p", responses="responses.csv").startswith(
        "waves: {a: {responses: responses.csv}, b: {responses: responses.csv}} # all\n"
    )
    assert without_wave(text, wave="a", pool="q") == "waves: {} # all\npools: [p]\n"


def test_a_layout_that_cannot_be_edited_is_refused() -> None:
    text = "waves: &all\n  a: {responses: responses.csv}\npools: [p]\nother: *all\n"
    with pytest.raises(RefusedError) as refused:
        with_wave(text, wave="b", pool="p", responses="responses.csv")
    assert refused.value.key == "params_layout"
