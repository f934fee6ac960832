"""plan.json: waves, and in each the five stages with their steps."""

from datetime import date, datetime
from functools import cached_property
from typing import Literal

from pydantic import Field

from migrate.documents.digest import digest
from migrate.model.acl import Acl
from migrate.model.base import Model
from migrate.model.settings import RETENTION
from migrate.steps import CreateAcls, CreateCredential, Step

StageName = Literal["prepare", "replicate", "cutover", "rotate", "close"]
STAGES: tuple[StageName, ...] = ("prepare", "replicate", "cutover", "rotate", "close")


class Account(Model):
    """One thing of the source and what becomes of it: every ACL, credential, quota, group, id, topic, connector.

    An ACL stands for itself; everything else goes by its name, `item`.
    """

    kind: Literal["acl", "credential", "quota", "group", "transactional_id", "topic", "connector"]
    item: str = ""
    fate: Literal["workload", "shared", "dropped", "left_behind", "internal"]
    owner: str = ""
    because: str = ""
    acl: Acl | None = None

    @property
    def name(self) -> str:
        """Return the words that people call it by."""
        return str(self.acl) if self.acl else self.item


class Template(Model):
    """Steps of a later stage whose facts lie behind a gate: one line for those of a kind.

    `op` is the kind of step it becomes, `subjects` what it is done to, or `of` which of the wave's lists that is;
    `site` where; `undo` says what rollback does, or why there is none.
    """

    stage: StageName
    op: str
    does: str
    subjects: tuple[str, ...] = ()
    of: Literal["", "copies", "owns_topics", "groups", "producers", "restored", "retained"] = ""
    site: Literal["source", "target", "copy", "clients"]
    because: str
    waits_for: str = ""
    undo: str


class StageGate(Model):
    """What must be so before a stage is begun: who says so, by which evidence, and what stops the wave."""

    before: StageName
    owners: tuple[str, ...]
    evidence: str
    stop: str


class Placement(Model):
    """A workload in its wave, with the chain of facts that put it there.

    `entry` is the digest of what people wrote of it: how it is switched and rotated is part of what is approved.
    """

    workload: str
    owner: str
    reasons: tuple[str, ...]
    entry: str = ""


class Restored(Model):
    """Configs, None being the broker's default, that these topics get back when their copies have ended.

    `inherited` are what the source's brokers give them: set where the target's brokers give another value.
    """

    configs: dict[str, str | None]
    inherited: dict[str, str] = Field(default_factory=dict)
    topics: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """Each config as people read it, the inherited ones in brackets."""
        own = (f"{k}={'default' if v is None else v}" for k, v in self.configs.items())
        return (*own, *(f"({key}={value})" for key, value in self.inherited.items()))


_EXPLAINED = ("workloads", "templates", "gates", "not_before", "uncommitted")
"""Of a wave: what is made without it all the same."""


class Wave(Model):
    """The workloads that move together.

    `producers` are the workloads that write to a topic of the wave: they start last. `grants` is what the switch
    grants of what this wave and earlier ones withheld; `restores` the configs that its topics get back then;
    `rotates` the workloads whose credential it exchanges; `uncommitted` what becomes of groups without a commit.
    """

    number: int
    name: str
    workloads: tuple[Placement, ...]
    principals: tuple[str, ...]
    copies: tuple[str, ...] = ()
    owns_topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    producers: tuple[str, ...] = ()
    prepare: tuple[Step, ...]
    withheld: tuple[Acl, ...] = ()
    grants: tuple[Acl, ...] = ()
    restores: tuple[Restored, ...] = ()
    templates: tuple[Template, ...] = ()
    gates: tuple[StageGate, ...] = ()
    rotates: tuple[str, ...] = ()
    not_before: date | None = None
    uncommitted: Literal["refuse", "earliest", "latest"] = "refuse"

    @cached_property
    def digest(self) -> str:
        """Return the digest that an approval binds to: that of the whole wave."""
        return digest(self.model_dump(mode="json", exclude_defaults=True))

    @cached_property
    def work(self) -> str:
        """Return the digest that a finished stage binds to: of what is made, not of explanations or switch hooks."""
        body = self.model_dump(mode="json", exclude_defaults=True, exclude=set(_EXPLAINED))
        names = [placed.workload for placed in self.workloads]
        return digest({**body, "workloads": names})

    @property
    def granted(self) -> tuple[Acl, ...]:
        """The ACLs that its preparation makes, DENY first."""
        steps = (step for step in self.prepare if isinstance(step, CreateAcls))
        return tuple(acl for step in steps for acl in step.acls)

    @property
    def carried_users(self) -> frozenset[str]:
        """The source's users whose credentials its preparation carries."""
        return frozenset(s.source_user for s in self.prepare if isinstance(s, CreateCredential))

    @property
    def restored(self) -> tuple[str, ...]:
        """The topics that get configs back, sorted."""
        return tuple(sorted(topic for one in self.restores for topic in one.topics))

    @property
    def retained(self) -> tuple[str, ...]:
        """The topics that get a retention back, sorted."""
        some = (one for one in self.restores if {*one.configs, *one.inherited} & {*RETENTION})
        return tuple(sorted(topic for one in some for topic in one.topics))

    def subjects(self, template: Template) -> tuple[str, ...]:
        """Return the names that the steps of a line are made for."""
        return tuple(getattr(self, template.of)) if template.of else template.subjects


class ConfigDecision(Model):
    """What becomes of one config with one value, on these topics."""

    key: str
    value: str
    fate: Literal["kept", "translated", "dropped", "refused"]
    becomes: dict[str, str] = Field(default_factory=dict)
    because: str = ""
    topics: tuple[str, ...]


class SplitGrant(Model):
    """A grant that reaches topics of several waves: on which each switch gives it, and when it is whole."""

    acl: Acl
    parts: dict[int, tuple[str, ...]]
    whole: int


class HeldSecret(Model):
    """A secret by its reference, who holds it and in which wave each moves: it may be exchanged after the last.

    `connectors` hold it too, and belong to no workload.
    """

    secret: str
    workloads: dict[str, int]
    connectors: tuple[str, ...] = ()
    after: int


class Unexpressed(Model):
    """An ACL that the target has no words for, and what is done about it."""

    acl: Acl
    fate: Literal["widened", "lost"]
    because: str


class GroupGrant(Model):
    """What a target grants that knows groups of operations only; the keys are those of `automq_kafka_acl`."""

    resource_type: str
    resource_name: str
    pattern_type: str
    principal: str
    operation_group: str
    permission: str


class Export(Model):
    """Grants that the target's administrators apply: when a wave is prepared, or at its switch."""

    wave: int
    moment: Literal["prepare", "switch"]
    grants: tuple[GroupGrant, ...]


class Volume(Model):
    """What a wave copies, from the inventory's sizes; None where a size was not told. It decides nothing.

    `records` counts offsets, an upper bound; `seconds` is at the declared rate; `bytes_a_day` is what the last 24
    hours have brought. `pauses` says what clients wait for, `warnings` what could expire, and what grows.
    """

    wave: int
    topics: int
    partitions: int
    records: int | None
    bytes: int | None
    seconds: float | None = None
    bytes_a_day: int | None = None
    pauses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Plan(Model):
    """The whole file. `inputs` are the digests of what it was made from."""

    schema_version: Literal[2] = 2
    digest: str = ""
    migration: str
    as_of: datetime
    source_cluster: str
    profile: str = "apache"
    inputs: dict[str, str]
    principals: dict[str, str] = Field(default_factory=dict)
    waves: tuple[Wave, ...]
    accounts: tuple[Account, ...]
    splits: tuple[SplitGrant, ...] = ()
    topic_configs: tuple[ConfigDecision, ...] = ()
    secrets: tuple[HeldSecret, ...] = ()
    unexpressed: tuple[Unexpressed, ...] = ()
    exports: tuple[Export, ...] = ()
    volumes: tuple[Volume, ...] = ()
    acknowledged: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def wave(self, number: int) -> Wave | None:
        """A wave by its number."""
        return next((wave for wave in self.waves if wave.number == number), None)
