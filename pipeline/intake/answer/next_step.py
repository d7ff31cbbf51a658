"""What to do next, from the answer alone."""

from __future__ import annotations

from typing import Literal

from pipeline.intake.check import Checked
from pipeline.intake.words import Language, catalogue

Step = Literal["submit", "declare", "drop_refused", "map", "correct"]
"""``submit`` the wave; ``declare`` it first; submit it without the refused columns (``drop_refused``); have a crosswalk
proposed (``map``); ``correct`` what is wrong and check again."""

_NAMED_OTHERWISE = frozenset({"no_known_columns", "column_missing", "spelling_variant"})
"""What a crosswalk mends …"""
_CROSSWALK = frozenset({"crosswalk_column_missing", "crosswalk_value_unknown"})
"""… unless there is one that is wrong itself."""


def next_step(checked: Checked, *, n_declared: int = 0, of_wave: bool = True) -> Step:
    """The one thing to do after this answer; ``n_declared`` counts what is wrong with the declaration."""
    errors = [problem for problem in checked.problems if problem.severity == "error"]
    if not errors and not n_declared:
        return "submit" if of_wave else "declare"
    if errors and not n_declared and all(problem.refuses_column for problem in errors):
        return "drop_refused"
    codes = {problem.code for problem in errors}
    if codes & _NAMED_OTHERWISE and not codes & _CROSSWALK:
        return "map"
    return "correct"


def step_in_words(step: Step, language: Language, *, with_command: bool = True) -> str:
    """The sentence before the command, or the one that stands alone."""
    return str(catalogue()["answer"][language]["step" if with_command else "step_without_command"][step])
