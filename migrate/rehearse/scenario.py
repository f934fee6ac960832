"""A scenario: an estate to build, commands to run, and their expected ends. One folder under scenarios/."""

import re
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from migrate.errors import UsageError
from migrate.model.acl import Acl
from migrate.model.base import Model
from migrate.rehearse.lab.client import Client
from migrate.rehearse.places import folder_of

_ACL = re.compile(
    r"(?P<permission>ALLOW|DENY) (?P<operation>\S+) on (?P<resource_type>\w+) "
    r"(?:(?P<pattern>prefixed) )?(?P<name>\S+) to (?P<principal>\S+)(?: from (?P<host>\S+))?"
)


class ClusterShape(Model):
    """The cluster of one side."""

    kafka: str
    brokers: int = Field(ge=1, le=3)


class EstateTopic(Model):
    """A topic of the source with its records, and the number of transactions; as many more are aborted."""

    name: str
    partitions: int = 1
    records: int = 0
    transactions: int = 0
    configs: dict[str, str] = Field(default_factory=dict)


class EstateUser(Model):
    """A SCRAM user; its password is made up for each rehearsal."""

    name: str
    mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"


class EstateQuota(Model):
    """A quota of the source."""

    entity: dict[str, str | None]
    values: dict[str, float]


class EstateGroup(Model):
    """A group's commits: `behind` records before the end of each partition; the start where there are fewer."""

    name: str
    topic: str
    behind: int


class EstateConnector(Model):
    """A connector on the source's Connect; `{secrets}` stands for the rehearsal's secrets folder."""

    name: str
    config: dict[str, str]
    literal_secret: str | None = None


class Fault(Model):
    """A freeze of the target's brokers while a command runs, from the begin of a step of operation `at`."""

    at: str
    freeze_target_seconds: float


class ScriptLine(Model):
    """A command to run, its exit code, and text that its output must hold; repeated for `within` seconds.

    Or an event to cause, or a check of the judge to make, at this point.
    """

    run: str = ""
    exit: int = 0
    expect: tuple[str, ...] = ()
    within: float = 0.0
    fault: Fault | None = None
    event: Literal["", "start-clients", "kill-copier", "cut-copier", "mend-copier"] = ""
    check: Literal["", "rights"] = ""

    @model_validator(mode="after")
    def _one(self) -> "ScriptLine":
        if sum(map(bool, (self.run, self.event, self.check))) != 1:
            raise ValueError("a command has exactly one of `run`, `event` and `check`")
        return self


class Scenario(Model):
    """The whole of scenario.yaml, and the workloads.yaml beside it."""

    name: str
    about: str
    source: ClusterShape
    target: ClusterShape
    sensitivity: tuple[str, ...]
    topics: tuple[EstateTopic, ...]
    users: tuple[EstateUser, ...]
    acls: tuple[str, ...]
    quotas: tuple[EstateQuota, ...] = ()
    groups: tuple[EstateGroup, ...] = ()
    connectors: tuple[EstateConnector, ...] = ()
    clients: tuple[Client, ...] = ()
    policy: dict[str, float] = Field(default_factory=dict)
    at_least: int = 1
    runtime: Literal["", "docker"] = ""
    """The only one on which it can be played."""
    commands: tuple[ScriptLine, ...]
    afterwards: tuple[ScriptLine, ...] = ()
    workloads: str = ""

    def acl_bindings(self, client_host: str = "127.0.0.1") -> list[Acl]:
        """Return the ACLs, parsed from the form in which kmig prints them; `{clients}` is the address of clients."""
        return [parse_acl(text.replace("{clients}", client_host)) for text in self.acls]


def parse_acl(text: str) -> Acl:
    """Return the ACL of a text like `DENY READ on topic prefixed pay. to User:app from 10.0.0.1`."""
    match = _ACL.fullmatch(text)
    if match is None:
        raise UsageError(
            f"cannot parse an ACL of the scenario: {text}",
            "write it like `ALLOW READ on topic orders to User:app`",
        )
    return Acl(
        principal=match["principal"],
        host=match["host"] or "*",
        permission="ALLOW" if match["permission"] == "ALLOW" else "DENY",
        operation=match["operation"],
        resource_type=match["resource_type"].upper(),
        pattern_type="PREFIXED" if match["pattern"] else "LITERAL",
        resource_name=match["name"],
    )


def load(name: str) -> Scenario:
    """Return a scenario by its name or its folder; one that is `like` another holds only what differs."""
    folder = _folder(name)
    try:
        return Scenario.model_validate(_read(folder))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise UsageError(f"cannot read scenario {folder}: {error}") from error
    except RecursionError as error:
        raise UsageError(
            f"scenario {folder}: `like` leads back to the scenario itself",
            "name another scenario under `like`",
        ) from error


def _read(folder: Path) -> dict[str, Any]:
    raw = yaml.safe_load((folder / "scenario.yaml").read_text(encoding="utf-8"))
    if not isinstance(raw, dict):
        raise UsageError(
            f"{folder / 'scenario.yaml'} is empty, or no mapping of keys to values",
            "write the keys that docs/rehearse.md lists",
        )
    if like := raw.pop("like", ""):
        return {**_read(_folder(str(like))), **raw}
    return {**raw, "workloads": (folder / "workloads.yaml").read_text(encoding="utf-8")}


def _folder(name: str) -> Path:
    folder = folder_of(name)
    if folder is None:
        raise UsageError(
            f"unknown scenario: `{name}`",
            "name a folder under scenarios/, or the path of a folder with a scenario.yaml",
        )
    return folder
