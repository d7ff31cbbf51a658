"""The registry of projects: the units residents live in, and what is known of each."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.declare.base import Declaration, Name

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
    """Shares of the residents, 0 to 1."""

    status_holders: float | None = Field(default=None, ge=0, le=1)
    students: float | None = Field(default=None, ge=0, le=1)
    local_residents: float | None = Field(default=None, ge=0, le=1)
    social_segment: float | None = Field(default=None, ge=0, le=1)
    middle_and_high_segment: float | None = Field(default=None, ge=0, le=1)


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
    name: str
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
    dwellings: int | None = Field(default=None, ge=1)
    dwellings_note: str | None = None
    opened: int | None = None
    closed: int | None = None
    tenure: Literal["temporary", "indefinite"] | None = None
    target_groups: list[str] = Field(default_factory=list)
    mix: Mix | None = None
    selection: str | None = None
    reciprocity_hours_per_month: float | None = Field(default=None, ge=0)
    support: Support | None = None
    components: dict[Component, bool] = Field(default_factory=dict)
    conditions: dict[Condition, bool] = Field(default_factory=dict)
    remarks: str | None = None


class Registry(Declaration):
    """``surveys/projects.yaml``."""

    projects: list[Project] = Field(min_length=1)

    def project_named(self, project_id: str) -> Project:
        """The project with this id; raises ``KeyError``."""
        for project in self.projects:
            if project.id == project_id:
                return project
        raise KeyError(project_id)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [project.id for project in self.projects]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"projects declared twice: {', '.join(twice)}")
        return self
