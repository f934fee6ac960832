"""plan.json: waves, and in each the five stages with their steps."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from migrate.documents.digest import digest
from migrate.model.acl import Acl
from migrate.model.base import Model
from migrate.steps import Step

StageName = Literal["prepare", "replicate", "cutover", "rotate", "close"]
STAGES: tuple[StageName, ...] = ("prepare", "replicate", "cutover", "rotate", "close")


class Account(Model):
    """One thing of the source and what becomes of it: every ACL, credential, quota, group, topic and connector."""

    kind: Literal["acl", "credential", "quota", "group", "topic", "connector"]
    item: str
    fate: Literal["workload", "shared", "dropped", "left_behind", "internal"]
    owner: str = ""
    because: str = ""
    acl: Acl | None = None


class Template(Model):
    """A step of a later stage whose facts lie behind a gate: what it will do, and what it waits for."""

    stage: StageName
    does: str
    waits_for: str


class Placement(Model):
    """A workload in its wave, with the chain of facts that put it there."""

    workload: str
    owner: str
    reasons: tuple[str, ...]


class Wave(Model):
    """The workloads that move together.

    `grants` is what the switch grants of what this wave and earlier ones withheld; `restores` the configs, None being
    the broker's default, that its topics get back then.
    """

    number: int
    name: str
    workloads: tuple[Placement, ...]
    principals: tuple[str, ...]
    copies: tuple[str, ...] = ()
    owns_topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    prepare: tuple[Step, ...]
    withheld: tuple[Acl, ...] = ()
    grants: tuple[Acl, ...] = ()
    restores: dict[str, dict[str, str | None]] = Field(default_factory=dict)
    templates: tuple[Template, ...] = ()

    @property
    def digest(self) -> str:
        """What an approval binds to."""
        return digest(self.model_dump(mode="json"))


class Plan(Model):
    """The whole file. `inputs` are the digests of what it was made from."""

    schema_version: Literal[1] = 1
    digest: str = ""
    migration: str
    as_of: datetime
    source_cluster: str
    inputs: dict[str, str]
    principals: dict[str, str] = Field(default_factory=dict)
    waves: tuple[Wave, ...]
    accounts: tuple[Account, ...]
    notes: tuple[str, ...] = ()

    def wave(self, number: int) -> Wave | None:
        """A wave by its number."""
        return next((wave for wave in self.waves if wave.number == number), None)
