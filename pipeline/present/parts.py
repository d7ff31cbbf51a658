"""What a page's maker hands over: texts to include, files to publish, values for sentences."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Parts:
    """``texts``: Markdown by part name. ``files``: published files by name. ``variables``: short values by name."""

    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def take(self, other: Parts) -> None:
        """Add everything of ``other``; raises ``ValueError`` when a name is taken."""
        for mine, theirs in ((self.texts, other.texts), (self.files, other.files), (self.variables, other.variables)):
            twice = sorted(set(mine) & set(theirs))
            if twice:
                raise ValueError(f"parts made twice: {', '.join(twice)}")
            mine.update(theirs)
