"""Whether the answers that a form or file declares are people: a list of interviewers is no answer of residents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from pipeline.fieldwork.draft.parts import Option
from pipeline.fieldwork.draft.seen import in_order
from pipeline.intake.identifiers import is_personal
from pipeline.intake.personal.names import are_names, has_honorific
from pipeline.intake.text import fold

_ASKS_FOR_SOMEBODY = re.compile(
    r"enumerator|interviewer|surveyor|enqu[eê]teur|veldwerker|medewerker|vrijwilliger|staff|employee|"
    r"beheerder|name of (?:the |your )?\w*er\b|naam van",
    re.IGNORECASE,
)


def are_people(options: Sequence[Option], asked: Iterable[str]) -> Literal["yes", "perhaps", "no"]:
    """``yes`` where answers have a title or an address, or look like names and the question (``asked``: its name and
    words) is for somebody; ``perhaps`` where they only look like names: so do answers with capitals."""
    labels = [label for option in options for label in option.labels.values()]
    if any(map(is_personal, labels)) or any(map(has_honorific, labels)):
        return "yes"
    main = [next(iter(option.labels.values()), "") for option in options]
    if not are_names(main, len(main)) or in_order([fold(label) for label in main]):
        return "no"
    return "yes" if any(map(_ASKS_FOR_SOMEBODY.search, asked)) else "perhaps"
