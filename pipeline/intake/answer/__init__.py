"""The answer to what somebody sent: as JSON for programs, as a page for a browser, as a marked copy for a spreadsheet.

As text it is ``pipeline.intake.messages.answer``. All of them say the same, and only the marked copy holds answers.
"""

from __future__ import annotations

from pipeline.intake.answer.marked import marked_copy
from pipeline.intake.answer.next_step import next_step
from pipeline.intake.answer.page import html_fragment, html_page, stylesheet
from pipeline.intake.answer.shape import as_json

__all__ = ["as_json", "html_fragment", "html_page", "marked_copy", "next_step", "stylesheet"]
