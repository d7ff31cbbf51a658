"""Every page that the parts have a block for ends with how to reproduce it; no page has to ask for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.render.declaration import read_site
from pipeline.render.stamp import stamp

POOLS = ["simulated", "simulated-null"]


def test_the_block_ends_the_pages_that_have_one(make_small_report: Callable[[Path], Path], tmp_path: Path) -> None:
    root = make_small_report(tmp_path)
    parts, project = root / "build" / "report-parts", root / "build" / "site"
    (parts / "simulated" / "nl" / "reproduce-index.md").write_text("Zo.\n", encoding="utf-8")
    site = read_site(parts / "site.yml", POOLS)
    stamp(reports=root / "reports", parts=parts, project=project, site=site, pools=POOLS)
    include = "{{< include ../../_parts/simulated/nl/reproduce-index.md >}}"
    assert (project / "nl" / "simulated" / "index.qmd").read_text(encoding="utf-8").endswith(f"\n\n{include}\n")
    others = [path for path in project.rglob("*.qmd") if path != project / "nl" / "simulated" / "index.qmd"]
    assert others
    assert not [path for path in others if "reproduce-" in path.read_text(encoding="utf-8")]
