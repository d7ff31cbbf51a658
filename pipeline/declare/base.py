"""What all declarations share: strict models and texts in several languages."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Declaration(BaseModel):
    """A declared thing: frozen, and a key it does not know is an error, so a typing slip cannot pass unnoticed."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*([_-][a-z0-9]+)*$", max_length=60)]
"""A lower-case name of a wave, project, variable, pool …"""

ConstructName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
"""The name of a construct or scale as models write it (``HS``, ``SC_neighbourhood``)."""

Text = Annotated[dict[str, str], Field(min_length=1)]
"""The same text per language code (``nl``, ``en`` …)."""


def in_language(text: dict[str, str], language: str) -> str:
    """``text`` in ``language``, else in English, else in whatever language comes first."""
    return text.get(language) or text.get("en") or next(iter(text.values()))
