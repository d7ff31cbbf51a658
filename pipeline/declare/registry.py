"""The registry of projects: the units residents live in, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from pipeline.declare.base import Declaration, Line, Linked, Name, Number, Parts, Whole, repeated
from pipeline.declare.problems import Finding, found

Component = Literal[
    "own_bathroom", "own_kitchen", "quality_dwelling",
    "contact_with_neighbours", "near_public_transport", "amenities_within_walking_distance",
    "part_of_residential_neighbourhood",
    "study_or_work_room", "living_room", "shared_kitchen", "collective_entrance", "collective_outdoor_space", "laundry",
    "community_manager", "social_worker", "residents_board", "involved_neighbours", "healthy_share_of_status_holders",
    "healthy_share_of_housing_segments",
]  # fmt: skip
Condition = Literal[
    "close_to_neighbours", "not_in_industrial_or_transition_zone", "for_an_indefinite_period",
    "public_transport_within_walking_distance", "support_organisations_involved",
]  # fmt: skip


class Mix(Declaration):
    """Shares of the residents, 0 to 1: by group (status holders, students, local residents) and by rent segment."""

    status_holders: Number | None = Field(default=None, ge=0, le=1)
    students: Number | None = Field(default=None, ge=0, le=1)
    local_residents: Number | None = Field(default=None, ge=0, le=1)
    social_segment: Number | None = Field(default=None, ge=0, le=1)
    middle_and_high_segment: Number | None = Field(default=None, ge=0, le=1)


class Support(Declaration):
    """Formal support (professionals) and informal support (neighbours, buddies, residents), in words."""

    formal: list[str] = Field(default_factory=list)
    informal: list[str] = Field(default_factory=list)


class Project(Declaration):
    """One project. All but identity and traits is optional: ``None`` (or an absent component) means not known.

    ``traits`` holds the values of the unit-level traits of ``study.yaml`` (construction, location). ``components`` and
    ``conditions`` map each of the booklet's components and conditions to whether the project has it.
    """

    id: Name
    name: Line
    place: str | None = None
    """Town, village or district, where the municipality is not all there is to say."""
    municipality: str | None = None
    corporation: str | None = None
    simulated: bool = False
    described: bool = False
    """True when the entry states facts from the booklet."""
    source: str | None = None
    traits: dict[str, str]
    setting: str | None = None
    building: str | None = None
    dwellings: Whole | None = Field(default=None, ge=1)
    dwellings_note: str | None = None
    opened: Whole | None = None
    closed: Whole | None = None
    tenure: Literal["temporary", "indefinite"] | None = None
    target_groups: list[str] = Field(default_factory=list)
    mix: Mix | None = None
    selection: str | None = None
    reciprocity_hours_per_month: Number | None = Field(default=None, ge=0)
    support: Support | None = None
    components: dict[Component, bool] = Field(default_factory=dict)
    conditions: dict[Condition, bool] = Field(default_factory=dict)
    remarks: str | None = None


class Registry(Linked):
    """``surveys/projects.yaml``."""

    parts: ClassVar[Mapping[str, type[Declaration]]] = {"projects": Project}

    projects: list[Project] = Field(min_length=1)

    def project_named(self, project_id: str) -> Project:
        """The project with this id; raises ``KeyError``."""
        for project in self.projects:
            if project.id == project_id:
                return project
        raise KeyError(project_id)

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """Projects of one id, and entries that contradict themselves."""
        projects = parts.all("projects", Project)
        again = repeated((("projects", i, "id"), project.id) for i, project in projects.items())
        return [
            *(Finding(place, "twice", {"found": found(value)}) for place, value in again),
            *(finding for i, project in projects.items() for finding in _contradictions(("projects", i), project)),
        ]


_GROUPS = ("status_holders", "students", "local_residents")
_SEGMENTS = ("social_segment", "middle_and_high_segment")


def _contradictions(at: tuple[int | str, ...], project: Project) -> Iterator[Finding]:
    if project.described and project.simulated:
        yield Finding((*at, "described"), "project_both")
    if project.described and not project.source:
        yield Finding(at, "project_source")
    if project.opened is not None and project.closed is not None and project.closed < project.opened:
        yield Finding((*at, "closed"), "project_years", {"opened": project.opened, "closed": project.closed})
    for shares in (_GROUPS, _SEGMENTS):
        known = [getattr(project.mix, share) for share in shares if getattr(project.mix, share, None) is not None]
        if sum(known) > 1 + 1e-9:  # shares are typed by hand, with few decimals
            yield Finding((*at, "mix"), "mix_sum", {"found": shares})
