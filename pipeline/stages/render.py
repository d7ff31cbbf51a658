"""Stage render: page templates and parts to the published site.

Reads ``build/report-parts`` and ``reports/``; makes the Quarto project ``build/site`` and the site ``reports/_site``.
"""

from __future__ import annotations

from pipeline.declare import Study
from pipeline.render.declaration import read_site
from pipeline.render.engine import render
from pipeline.render.stamp import stamp
from pipeline.seal import check_seal
from pipeline.stages._run import run_stage


def run(study: Study) -> None:
    """Stamp the report's pages for every pool and language, and render them.

    Raises ``InputError`` when the parts are not as the present stage sealed them: they did not come through the gate.
    """
    parts = study.root / "build" / "report-parts"
    check_seal(parts, stage="present")
    project = study.root / "build" / "site"
    pools = list(study.params.pools)
    site = read_site(parts / "site.yml", pools)
    stamp(reports=study.root / "reports", parts=parts, project=project, site=site, pools=pools)
    render(project, study.root / "reports" / "_site", engine=study.params.render.engine)


if __name__ == "__main__":
    run_stage(run)
