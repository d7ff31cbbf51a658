"""``magical-housing report``: run whatever has to run again and say where the report is."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.common import LanguageOption, StudyOption, err, out
from pipeline.commands.report_export import Wanted, export
from pipeline.intake import dvc_calls
from pipeline.intake.messages import RefusedError, counted, say
from pipeline.intake.words import Language, catalogue

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing report   ·   magical-housing report --single-file --language nl   ·   "
    "magical-housing report --pdf --pool simulated --out rapport.pdf"
)
FRONT_PAGE = Path("reports") / "_site" / "index.html"
# looks at git every time: that is no work redone, and nothing to tell
_LOOKS = "provenance"
_STARTS = re.compile(r"^Running stage '([^']+)'")
_COMMAND = re.compile(r"^> ")
_DVC_SAYS = re.compile(
    r"^(ERROR|WARNING): |^Updating lock file|^Stage '|^'.*didn't change|^To track|^\s*git add|^Use `dvc"
)


@dataclass
class Progress:
    """What came out of ``dvc repro`` so far: the stages that ran, and the lines since the last one began."""

    ran: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def redone(self) -> list[str]:
        """The stages that had something to do again."""
        return [stage for stage in self.ran if stage != _LOOKS]

    def take(self, line: str) -> str | None:
        """Note one line; return the stage that begins with it, if one does."""
        if match := _STARTS.match(line):
            self.ran.append(match[1])
            self.lines = []
            return match[1]
        self.lines.append(line)
        return None

    def what_the_stage_said(self) -> list[str]:
        """The lines that are not DVC's own."""
        return [line for line in self.lines if line.strip() and not _COMMAND.match(line) and not _DVC_SAYS.match(line)]


def report(
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    single_file: Annotated[
        bool,
        typer.Option("--single-file", help="ook als één HTML-bestand om te mailen / also as one HTML file to mail"),
    ] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="ook als PDF om te printen / also as a PDF for printing")] = False,
    pool: Annotated[
        str | None,
        typer.Option("--pool", help="de gegevens voor dat ene bestand; anders de eerste / the data for that file"),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="PAGE", help="alleen deze pagina, meermaals te geven / only this page, may be repeated"
        ),
    ] = None,
    out_path: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="waar dat bestand komt / where that file goes")
    ] = None,
) -> None:
    """Maak het rapport; alleen wat veranderd is, wordt opnieuw gedaan. / Make the report, redoing what changed."""
    wanted = Wanted(single_file, pdf, pool, only or (), out_path)
    wanted.check(language)
    dvc_calls.scratch_folder(study)
    dvc_calls.folders_of_waves(study)
    progress, code = _repro(study, language)
    if code:
        _tell_failure(progress, language)
        raise typer.Exit(1)
    console = out()
    if progress.redone:
        console.print(counted(catalogue()["commands"][language]["rebuilt"], len(progress.redone), language))
    else:
        console.print(say(language, "unchanged"))
    page = study / FRONT_PAGE
    if not page.is_file():
        raise RefusedError("no_front_page", page=page.as_posix())
    console.print(f"{say(language, 'report_at')} {page.as_posix()}")
    export(study, wanted, language)


def _repro(study: Path, language: Language) -> tuple[Progress, int]:
    """Run ``dvc repro`` and show each stage as it ends; what it was, and how DVC ended."""
    progress, console = Progress(), err()
    status = console.status("dvc repro") if console.is_terminal else None
    started = time.monotonic()

    def done() -> None:
        if progress.ran and progress.ran[-1] != _LOOKS:
            seconds = f"{time.monotonic() - started:.1f}"
            console.print(f"  {say(language, 'stage_ran', stage=progress.ran[-1], seconds=seconds)}")

    if status:
        status.start()
    try:
        with subprocess.Popen(
            dvc_calls.command("repro"),
            cwd=study,
            env=dvc_calls.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                if _STARTS.match(line):
                    done()
                    started = time.monotonic()
                stage = progress.take(line.rstrip())
                if stage and status:
                    status.update(say(language, "running", stage=stage))
        if process.returncode == 0:
            done()
    finally:
        if status:
            status.stop()
    return progress, process.returncode


def _tell_failure(progress: Progress, language: Language) -> None:
    console = err()
    said = progress.what_the_stage_said()
    if said:
        console.print(say(language, "stage_failed", stage=progress.ran[-1] if progress.ran else "?"), style="bold red")
    else:
        console.print(say(language, "report_failed"), style="bold red")
        said = [line for line in progress.lines if line.strip()]
    for line in said[-40:]:
        console.print(f"  {line}")
