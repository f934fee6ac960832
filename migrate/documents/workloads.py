"""workloads.yaml: who owns what, written by people. kmig drafts it and never rewrites a person's words."""

import ipaddress
from collections.abc import Iterator
from datetime import date
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import Field, model_validator

from migrate.documents.authored import Misplaced
from migrate.documents.decisions import (
    Acknowledgement,
    Decision,
    PrincipalName,
    SharedDecision,
    Suppression,
    TopicSelector,
    Widening,
)
from migrate.documents.secrets import CredentialRef, External, Rotation
from migrate.model.base import Model
from migrate.model.waiver import Uncommitted, Waiver

Kind = Literal["producer", "consumer", "streams", "connector", "service"]


class SwitchCommand(Model):
    """Commands that stop and start a workload's clients; `health` succeeds while they do their work.

    `check` succeeds if they would reach the target: it runs where they live, while they run.
    """

    stop: Annotated[tuple[str, ...], Field(min_length=1)]
    start: Annotated[tuple[str, ...], Field(min_length=1)]
    health: tuple[str, ...] = ()
    check: tuple[str, ...] = ()


class SwitchFile(Model):
    """A configuration file of the clients, and the file that takes its place for the target."""

    path: str
    target: str

    @model_validator(mode="after")
    def _apart(self) -> "SwitchFile":
        if PurePath(self.path) == PurePath(self.target):
            raise ValueError("`target` must be another file than `path`: it takes its place")
        return self


class Switch(Model):
    """How a workload's clients are stopped, pointed at the target and started.

    `batch` says when a job runs that a scheduler starts: kmig waits until it does not run, and points its file at
    the target for the next run.
    """

    command: SwitchCommand | None = None
    batch: Annotated[str, Field(min_length=3)] | None = None
    file: SwitchFile | None = None
    seconds: float = Field(default=60.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _one_way(self) -> "Switch":
        if (self.command is None) == (self.batch is None):
            raise ValueError("write either `command` or `batch`")
        if self.batch and self.file is None:
            raise ValueError("`batch` needs `file`: nothing else points the job at the target")
        return self

    @property
    def health(self) -> tuple[str, ...]:
        """Return the command that succeeds while its clients do their work; empty if it has none."""
        return self.command.health if self.command else ()

    @property
    def check(self) -> tuple[str, ...]:
        """Return the command that tries the target from where its clients live; empty if it has none."""
        return self.command.check if self.command else ()

    @property
    def hooks(self) -> tuple[tuple[str, ...], ...]:
        """Return every command that it has."""
        own = self.command
        every = (own.stop, own.start, own.health, own.check) if own else ()
        return tuple(command for command in every if command)


class Workload(Model):
    """One accountable user of Kafka."""

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    kind: Kind
    owner: str
    security_owner: str = ""
    sensitivity: str
    zone: str = ""
    principal: PrincipalName
    reads: tuple[TopicSelector, ...] = ()
    writes: tuple[TopicSelector, ...] = ()
    groups: tuple[str, ...] = ()
    transactional_ids: tuple[str, ...] = ()
    connector: str | None = None
    credential: CredentialRef | None = None
    external: tuple[External, ...] = ()
    switch: Switch | None = None
    rotation: Rotation | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    not_before: date | None = None
    uncommitted: dict[str, Uncommitted] = Field(default_factory=dict)

    @property
    def file(self) -> SwitchFile | None:
        """The file that its clients read the cluster's address from."""
        return self.switch.file if self.switch else None

    @property
    def wishes(self) -> tuple[str, ...]:
        """Workloads that its wishes name."""
        return (*self.before, *self.after, *self.together)

    @property
    def is_batch(self) -> bool:
        """Whether a scheduler starts it, and kmig starts and stops nothing."""
        return self.switch is not None and self.switch.command is None

    @property
    def owned(self) -> bool:
        """Return whether it has an owner; kmig drafts `?`."""
        return self.owner.strip() not in ("", "?")

    @property
    def secrets(self) -> tuple[str, ...]:
        """References to its secrets: the Kafka credential, and those of systems outside Kafka."""
        own = (self.credential.secret,) if self.credential else ()
        return (*own, *(one.secret for one in self.external))

    @property
    def every_group(self) -> tuple[str, ...]:
        """Its groups; a sink connector's is `connect-` and the connector's name."""
        if not self.connector:
            return self.groups
        return (*self.groups, f"connect-{self.connector.partition('/')[2]}")

    @property
    def connect_cluster(self) -> str:
        """The Connect cluster that its connector runs on; empty if it runs none."""
        return (self.connector or "").partition("/")[0]

    @property
    def claims(self) -> Iterator[tuple[str, str]]:
        """Return what only one workload may have: each key with its name."""
        yield "name", self.name
        yield from (("groups", group) for group in self.groups)
        if self.connector:
            yield "connector", self.connector
        yield from (("transactional_ids", one) for one in self.transactional_ids)

    @model_validator(mode="after")
    def _moved_by_hooks(self) -> "Workload":
        if self.connector and self.is_batch:
            raise ValueError("a connector needs `switch.command`: no file points it at the target")
        return self

    @model_validator(mode="after")
    def _rotatable(self) -> "Workload":
        if self.rotation is None:
            return self
        deliver = self.rotation.deliver
        place = f"${{file:{deliver.file}:{deliver.key}}}"
        if self.credential is None or self.credential.secret != place:
            raise ValueError(
                f"`rotation` delivers to {place}, which is not the reference under `credential.secret`"
            )
        if self.switch is None or self.switch.command is None:
            raise ValueError("`rotation` needs `switch.command`: it restarts the clients")
        return self


class Zone(Model):
    """A network boundary: the hosts that run in it, and the outside systems it may reach."""

    hosts: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()

    def contains(self, host: str) -> bool:
        """Return whether a host is one of the zone's, by its name or by the network of its address."""
        if host in self.hosts:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for one in self.hosts if (network := _network(one)))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


class Workloads(Model):
    """The whole file."""

    zones: dict[str, Zone] = Field(default_factory=dict)
    workloads: tuple[Workload, ...] = ()
    shared: tuple[SharedDecision, ...] = ()
    leave_behind: tuple[Decision, ...] = ()
    acknowledge: tuple[Acknowledgement, ...] = ()
    widen: tuple[Widening, ...] = ()
    suppress: tuple[Suppression, ...] = ()
    waive: tuple[Waiver, ...] = ()

    @property
    def references(self) -> tuple[str, ...]:
        """Every reference to a secret, each once."""
        held = (s for w in self.workloads for s in w.secrets)
        return tuple(sorted(set(held)))

    @model_validator(mode="after")
    def _consistent(self) -> "Workloads":
        self._each_claimed_once()
        self._each_file_replaced_by_one()
        names = {workload.name for workload in self.workloads}
        for at, workload in enumerate(self.workloads):
            for key in ("before", "after", "together"):
                for other in getattr(workload, key):
                    if other not in names or other == workload.name:
                        raise Misplaced(
                            f"names an unknown workload: `{other}`"
                            if other not in names
                            else "names the workload itself",
                            *("workloads", at, key),
                        )
            if workload.zone and workload.zone not in self.zones:
                raise Misplaced(
                    f"names an unknown zone: `{workload.zone}` is not in `zones`",
                    *("workloads", at, "zone"),
                )
        return self

    def _each_file_replaced_by_one(self) -> None:
        """Raise where the second replacement would take the place of the original that is kept for a rollback."""
        first: dict[PurePath, Workload] = {}
        for at, workload in enumerate(self.workloads):
            if workload.file is None:
                continue
            other = first.setdefault(PurePath(workload.file.path), workload)
            if other.file and PurePath(other.file.target) != PurePath(workload.file.target):
                raise Misplaced(
                    f"replaces {workload.file.path} by {workload.file.target}, "
                    f"but workload {other.name} by {other.file.target}: a file can have one replacement",
                    *("workloads", at, "switch", "file"),
                )

    def _each_claimed_once(self) -> None:
        claimed_by: dict[tuple[str, str], str] = {}
        for at, workload in enumerate(self.workloads):
            for key, claimed in workload.claims:
                if (key, claimed) in claimed_by:
                    raise Misplaced(
                        f"repeats `{claimed}` of workload {claimed_by[key, claimed]}: "
                        "only one workload may have it",
                        *("workloads", at, key),
                    )
                claimed_by[key, claimed] = workload.name
