"""``magical-housing report --single-file`` and ``--pdf``: the report that was just made, in one piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from pipeline.commands.common import out, working
from pipeline.export.deliver import deliver, place_of
from pipeline.export.pages import Selection, select
from pipeline.intake.messages import say
from pipeline.intake.words import Language


@dataclass(frozen=True)
class Wanted:
    """What was asked for: which forms, of which pool and pages, and where to."""

    single_file: bool
    pdf: bool
    pool: str | None
    only: Sequence[str]
    path: Path | None

    def check(self, language: Language) -> None:
        """Raise ``typer.BadParameter`` (wrong usage) for options that do not go together."""
        if self.path and self.single_file and self.pdf:
            raise typer.BadParameter(say(language, "one_out"))
        if not (self.single_file or self.pdf):
            for option, value in (("--pool", self.pool), ("--only", self.only), ("--out", self.path)):
                if value:
                    raise typer.BadParameter(say(language, "export_only", option=option))


def export(study: Path, wanted: Wanted, language: Language) -> None:
    """Write what is wanted and say where it is; raises ``RefusedError`` when the report has not what is asked for."""
    if not (wanted.single_file or wanted.pdf):
        return
    selection = select(study, pool=wanted.pool, language=language, only=wanted.only)
    if wanted.single_file:
        _single_file(study, selection, wanted, language)
    if wanted.pdf:
        _pdf(study, selection, wanted, language)


def _single_file(study: Path, selection: Selection, wanted: Wanted, language: Language) -> None:
    from pipeline.export.single import GENERATOR, single_file

    path = place_of(wanted.path, study / "reports", f"{selection.name}.html")
    html = single_file(selection, theme=study / "reports" / "theme", partial=bool(wanted.only))
    content = html.encode("utf-8")
    deliver(content, path, mark=GENERATOR, asked=wanted.path is not None)
    out().print(say(language, "single_file_at", size=_kilobytes(content), path=path.as_posix()))


def _pdf(study: Path, selection: Selection, wanted: Wanted, language: Language) -> None:
    from pipeline.export.pdf import MARK, printable

    path = place_of(wanted.path, study / "reports", f"{selection.name}.pdf")
    with working(path.name):
        printed = printable(selection, theme=study / "reports" / "theme", partial=bool(wanted.only))
    deliver(printed.content, path, mark=MARK, asked=wanted.path is not None)
    size = _kilobytes(printed.content)
    out().print(say(language, "pdf_at", pages=printed.n_pages, size=size, path=path.as_posix()))
    if printed.not_accessible:
        out().print(say(language, "pdf_untagged", said=printed.not_accessible))


def _kilobytes(content: bytes) -> int:
    return max(1, round(len(content) / 1000))
