"""``magical-housing map``: propose a crosswalk."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipeline.artefacts import beside
from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, err, out, print_json, working
from pipeline.declare import DeclarationError, Instrument, Study, Wave, load_study
from pipeline.intake.check import of_wave
from pipeline.intake.mapping.draft import draft_declaration
from pipeline.intake.mapping.earlier import Changes, best_earlier, propose_like, waves_of
from pipeline.intake.mapping.propose import Proposal, propose
from pipeline.intake.mapping.summary import as_json as summary_as_json
from pipeline.intake.mapping.summary import first_sentence, remarks, table_by_certainty
from pipeline.intake.mapping.written import crosswalk_csv, crosswalk_workbook
from pipeline.intake.messages import RefusedError, answer, say
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import bounds_of, read_source
from pipeline.intake.reading.receive import receive
from pipeline.intake.source import SourceTable
from pipeline.intake.submission_files import submission_of
from pipeline.intake.table import Bounds
from pipeline.intake.text import fold
from pipeline.intake.words import Language, catalogue

EXAMPLE = "Voorbeeld / Example:  magical-housing map antwoorden.xlsx --out omzettabel.csv"


@dataclass(frozen=True)
class _Against:
    """What a file is compared with."""

    study: Study
    instrument: Instrument
    wave: Wave | None


def map(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Excel, ODS of/or SPSS")],
    instrument: Annotated[str | None, typer.Option(metavar="NAME@V", help="de vragenlijst / the questionnaire")] = None,
    wave: Annotated[
        str | None, typer.Option(metavar="NAME", help="een golf die er al is / a wave that is there already")
    ] = None,
    declaration: Annotated[
        Path | None,
        typer.Option(
            metavar="XLSX|WAVE.YAML", help="de ingevulde werkmap of wave.yaml / the filled-in workbook or wave.yaml"
        ),
    ] = None,
    target: Annotated[
        Path, typer.Option("--out", metavar="CSV|XLSX", help="waar de omzettabel komt / where the crosswalk goes")
    ] = Path("omzettabel.csv"),
    like: Annotated[
        str | None, typer.Option(metavar="WAVE", help="begin met die van een eerdere golf / begin from a wave's")
    ] = None,
    sheet: Annotated[str | None, typer.Option(metavar="NAME", help="het blad / the sheet")] = None,
    declaration_draft: Annotated[
        Path | None, typer.Option(metavar="WAVE.YAML", help="schrijf een begin van wave.yaml / also draft wave.yaml")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="schrijf ook als bijna niets past / write even where hardly anything fits")
    ] = False,
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Stel voor welke kolom bij welke vraag hoort, als omzettabel die u in Excel verbetert. / Propose a crosswalk.

    Zegt van elke regel hoe zeker die is. Regels met ‘controleer’ moet iemand bekijken voordat de golf kan worden
    ingediend. / Says how sure each line is; lines that say ‘check’ need a look before the wave can be submitted.
    """
    if sum(choice is not None for choice in (wave, declaration, instrument)) > 1:
        raise typer.BadParameter("choose one of --wave, --declaration and --instrument")
    if target.suffix.lower() not in (".csv", ".xlsx"):
        raise RefusedError("map_out_kind", path=target.name)
    for path in filter(None, (target, declaration_draft)):
        if path.exists():
            raise RefusedError("map_exists", path=str(path))
    against = _against(study, instrument=instrument, wave=wave, declaration=declaration, language=language)
    with working(say(language, "map_reading", file=file.name)):
        bounds = bounds_of(against.study.params.intake)
        table = _read(file, bounds, against, sheet=sheet, language=language)
        proposal, changes = _propose(table, against, like)
    if anyway and proposal.nothing_fits:
        proposal = proposal.all_to_check()
    refused = proposal.nothing_fits and not anyway
    if not refused:
        _write(target, proposal, language)
    drafted = None if refused else _draft(declaration_draft, table, proposal, against, language)
    if as_json:
        print_json(summary_as_json(proposal, changes, language))
    elif not refused:
        _tell(proposal, changes, file, target, declaration, drafted, study, language)
    if refused:
        known = ", ".join(against.study.instruments)
        draft = _command(study, "instrument", file, "--name", "NAME")
        raise RefusedError("map_nothing", said=first_sentence(proposal, language), instruments=known, command=draft)


def _against(
    root: Path, *, instrument: str | None, wave: str | None, declaration: Path | None, language: Language
) -> _Against:
    """The questionnaire, and the wave where one is named; the only questionnaire there is where nothing is named."""
    study = load_study(root, language=language)
    if declaration is not None:
        submission = submission_of(root, declaration, declaration=declaration, crosswalk=None, language=language)
        if submission is None or submission.instrument is None:
            raise DeclarationError(submission.declared if submission else (), language=language)
        return _Against(study, submission.instrument, submission.wave)
    if wave is not None:
        if wave not in study.waves:
            raise RefusedError("wave_unknown", wave=wave, waves=", ".join(study.waves) or "-")
        return _Against(study, study.instrument_of(wave), study.waves[wave])
    if instrument is None and len(study.instruments) == 1:
        instrument = next(iter(study.instruments))
    if instrument is None:
        raise typer.BadParameter("say which questionnaire it is: --instrument, --declaration or --wave")
    if instrument not in study.instruments:
        raise RefusedError("instrument_unknown", instrument=instrument, instruments=", ".join(study.instruments))
    return _Against(study, study.instruments[instrument], None)


def _read(file: Path, bounds: Bounds, against: _Against, *, sheet: str | None, language: Language) -> SourceTable:
    """The file as a table; what is wrong with its shape does not matter here, unless nothing can be read."""
    known = {fold(text) for field in against.instrument.fields for text in (field.name, *field.title.values())}
    wanted = sheet or (against.wave.sheet if against.wave else None)
    try:
        table, _ = read_source(receive(file, bounds), bounds, sheet=wanted, known=frozenset(known))
        return of_wave(table, against.wave)
    except UnreadableError as stop:
        err().print(answer(stop.problems, language))
        raise typer.Exit(1) from None


def _propose(table: SourceTable, against: _Against, like: str | None) -> tuple[Proposal, Changes | None]:
    """The proposal, from an earlier wave's crosswalk where one is named or fits."""
    study, registry = against.study, against.study.registry
    usable = waves_of(study, against.instrument)
    if like is not None and like not in usable:
        raise RefusedError("map_like_unknown", wave=like, waves=", ".join(usable) or "-")
    corporation = against.wave.corporation if against.wave else None
    earlier = like or best_earlier(study, against.instrument, table, corporation=corporation)
    if earlier is None:
        return propose(table, against.instrument, registry, wave=against.wave), None
    rows = study.crosswalks[earlier]
    return propose_like(table, against.instrument, registry, rows, earlier=earlier, wave=against.wave)


def _write(target: Path, proposal: Proposal, language: Language) -> None:
    if target.suffix.lower() == ".xlsx":
        content = crosswalk_workbook(proposal.lines, proposal.instrument, language)
    else:
        content = crosswalk_csv(proposal.lines, language)
    with beside(target) as temporary:
        temporary.write_bytes(content)


def _draft(
    path: Path | None,
    table: SourceTable,
    proposal: Proposal,
    against: _Against,
    language: Language,
) -> Path | None:
    """Write the beginning of a declaration, where one is asked for."""
    if path is None:
        return None
    text = draft_declaration(table, proposal, against.study, language=language)
    with beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _tell(
    proposal: Proposal,
    changes: Changes | None,
    file: Path,
    target: Path,
    declaration: Path | None,
    drafted: Path | None,
    root: Path,
    language: Language,
) -> None:
    """The sentence, the table by certainty, what is worth knowing, and what to do next."""
    texts = catalogue()["mapping"][language]
    console = out()
    console.print(first_sentence(proposal, language), style="bold")
    console.print()
    console.print(_table(table_by_certainty(proposal, language)))
    console.print()
    for sentence in remarks(proposal, changes, language):
        console.print(sentence)
    console.print(texts["written"].format(path=target, lines=len(proposal.lines)))
    if drafted is not None:
        console.print(texts["draft_written"].format(path=drafted))
    if proposal.to_check:
        console.print(texts["next_edit"].format(path=target))
    wave_file = declaration or drafted
    if wave_file is None:
        again = target.with_stem(f"{target.stem}-2")
        draft = _command(root, "map", file, "--declaration-draft", "wave.yaml", "--out", again)
        console.print(texts["next_declaration"].format(command=draft))
    check = _command(root, "check", file, "--declaration", wave_file or "wave.yaml", "--crosswalk", target)
    console.print(texts["next_check"].format(command=check))


def _table(rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for i, heading in enumerate(rows[0]):
        table.add_column(heading, justify="left" if i == 0 else "right")
    for row in rows[1:]:
        table.add_row(*row)
    return table


def _command(root: Path, *words: str | Path) -> str:
    """A command as it can be typed."""
    study = [] if root == Path() else ["--study", str(root)]
    return shlex.join(["magical-housing", *(str(word) for word in words), *study])
