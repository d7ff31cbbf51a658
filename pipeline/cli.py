"""The ``magical-housing`` command. Each command stands in a file of its own in ``pipeline/commands``.

Exit codes: 0 success, 1 bad input (message on standard error, no traceback), 2 wrong usage.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from pipeline.commands import check, fit, invariance, report, submit, waves, withdraw
from pipeline.errors import InputError
from pipeline.intake.messages import Language, RefusedError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Van vragenlijsten van bewoners naar een rapport. / From residents' questionnaires to a report.",
    epilog="magical-housing COMMAND --help: wat een opdracht doet, met een voorbeeld / what it does, with an example",
)
app.command(epilog=check.EXAMPLE)(check.check)
app.command(epilog=submit.EXAMPLE)(submit.submit)
app.command(epilog=waves.EXAMPLE)(waves.waves)
app.command(epilog=withdraw.EXAMPLE)(withdraw.withdraw)
app.command(epilog=report.EXAMPLE)(report.report)
app.command(epilog=fit.EXAMPLE)(fit.fit)
app.command(epilog=invariance.EXAMPLE)(invariance.invariance)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except RefusedError as error:
        print(error.in_language(language_asked(sys.argv[1:])), file=sys.stderr)
        sys.exit(1)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def language_asked(arguments: Sequence[str]) -> Language:
    """The language on the command line, else that of the environment, else Dutch."""
    asked = os.environ.get("MAGICAL_HOUSING_LANGUAGE", "nl")
    for place, argument in enumerate(arguments):
        if argument == "--language":
            asked = arguments[place + 1] if place + 1 < len(arguments) else asked
        elif argument.startswith("--language="):
            asked = argument.removeprefix("--language=")
    return "en" if asked == "en" else "nl"
