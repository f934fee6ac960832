"""kmig.yaml: the two sites, Connect clusters, secret stores, the order of sensitivity, and renamed principals."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from migrate.documents.authored import Misplaced
from migrate.documents.connect import REST, ConnectAccess
from migrate.documents.replication import Replication
from migrate.documents.secrets import SecretReference
from migrate.model.base import Model
from migrate.model.waiver import Uncommitted
from migrate.steps.create_topic import CopiedBy

_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")

LEAST_RATE = 10_000_000.0
"""Bytes a second that any cluster can spare; so fast are logs read at least that nobody has bounded."""

Profile = Literal["apache", "automq-oss", "automq-software", "automq-byoc"]


SensitivityName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._ -]+$")]


class SiteConfig(Model):
    """How to reach one side, and what cannot be read from it and is therefore declared."""

    bootstrap_servers: str
    command_config: str | None = None
    write_command_config: str | None = None
    write_principal: str | None = None
    profile: Profile = "apache"
    principal: str | None = None
    super_users: tuple[str, ...] = ()
    brokers: int | None = Field(default=None, ge=1)
    allow_everyone_if_no_acl_found: bool | None = None
    timeout_seconds: float = Field(default=10.0, gt=0, le=300)

    @field_validator("bootstrap_servers")
    @classmethod
    def _addresses(cls, text: str) -> str:
        for address in text.split(","):
            host, _, port = address.strip().rpartition(":")
            if not _HOST.fullmatch(host) or not port.isdigit() or not 0 < int(port) < 65536:
                _, at, server = address.strip().rpartition("@")
                shown = f"…{at}{server}" if at else server  # a password could stand before it
                raise ValueError(f"`{shown}` is not an address of the form host:port")
        return text

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Bootstrap addresses as (host, port)."""
        pairs = (address.strip().rpartition(":") for address in self.bootstrap_servers.split(","))
        return tuple((host.strip("[]"), int(port)) for host, _, port in pairs)


class ConnectConfig(Model):
    """A Connect cluster that runs connectors today, and where its connectors move.

    `config_topic` is its `config.storage.topic`, which Connect does not tell.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    source: ConnectAccess
    target: ConnectAccess | None = None
    config_topic: str = ""


class StoreConfig(Model):
    """A secret store that an inventory looks at, read only; `name` is the provider in references: `${name:path:key}`.

    `vault` is Vault or OpenBao. `token` is a reference; `namespace` that of the server, where it has any.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    kind: Literal["vault"]
    address: str = Field(pattern=REST)
    token: SecretReference
    namespace: str = Field(default="", pattern=r"^[A-Za-z0-9._/-]*$")

    @field_validator("name")
    @classmethod
    def _no_own_provider(cls, name: str) -> str:
        if name in ("env", "file", "dir"):
            raise ValueError(
                f"`{name}` is a provider that kmig reads itself: name the store as its references do"
            )
        return name


class VerifyPolicy(Model):
    """How both logs are read to verify data: at most so many bytes a second of each side, and never more than
    `max_bytes` without asking. By default a fifth of what the copier does, and never less than keeps pace.

    `workers` are processes on this machine, `local`, as many as it has cores or `processes`; or a Dask scheduler.
    """

    bytes_per_second: int | None = Field(default=None, gt=0)
    max_bytes: int = Field(default=100 * 1024**3, gt=0)
    workers: str = Field(default="local", pattern=r"^(local|(tcp|tls)://.+:\d+)$")
    processes: int | None = Field(default=None, ge=1, le=256)


class Policy(Model):
    """How waves are made, how long to look and to wait in seconds, and what becomes of groups without a commit.

    `pilots` are workloads that go first within their class; `approvals` those who must consent before a cutover and
    a rotation. Nothing acts on an inventory that is older than `inventory_days`. With `ask: gate` a cutover
    asks at the write gate too, while its clients stand still.
    """

    max_workloads_per_wave: int | None = Field(default=None, ge=1)
    separate_zones: bool = False
    pilots: tuple[str, ...] = ()
    approvals: tuple[Literal["owner", "security_owner"], ...] = ()
    inventory_days: float = Field(default=14.0, gt=0, le=366)
    quiet_seconds: float = Field(default=12.0, gt=0, le=300)
    stop_seconds: float = Field(default=60.0, gt=0, le=3600)
    drain_seconds: float = Field(default=300.0, gt=0, le=86400)
    transaction_seconds: float = Field(default=120.0, gt=0, le=3600)
    start_seconds: float = Field(default=60.0, gt=0, le=3600)
    hooks_at_once: int = Field(default=8, ge=1, le=100)
    watch_seconds: float = Field(default=10.0, ge=1, le=3600)
    max_pause: float | None = Field(default=None, gt=0, le=86400)
    ask: Literal["stop", "gate"] = "stop"
    uncommitted: Uncommitted = "refuse"
    verify: VerifyPolicy = VerifyPolicy()


class WatchConfig(Model):
    """`kmig watch`: how often it looks, and how long it reads each time, in seconds.

    `metrics` is a file in Prometheus' text format; `hook` a command that is run when what is wrong changes.
    """

    every_seconds: float = Field(default=60.0, ge=1, le=86400)
    seconds: float = Field(default=300.0, ge=1, le=86400)
    metrics: str | None = None
    hook: tuple[str, ...] = ()


class Config(Model):
    """The whole file."""

    version: Literal[1]
    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    source: SiteConfig
    target: SiteConfig
    connect: tuple[ConnectConfig, ...] = ()
    stores: tuple[StoreConfig, ...] = ()
    replication: Replication | None = None
    policy: Policy = Policy()
    watch: WatchConfig = WatchConfig()
    sensitivity: tuple[SensitivityName, ...] = ("public", "internal", "confidential", "restricted")
    principals: dict[str, str] = Field(default_factory=dict)

    @property
    def copied_by(self) -> CopiedBy:
        """Whose copies these are."""
        if self.replication is None or self.replication.engine == "mirrormaker2":
            return "kmig"
        return self.replication.engine

    @property
    def copier_obeys(self) -> bool:
        """Whether an ACL of the target stops the copier: it is kmig's own, and no super user there."""
        copier = self.replication.principal if self.replication else ""
        own = bool(copier) and self.copied_by == "kmig"
        return own and copier not in self.target.super_users

    @property
    def bound_rate(self) -> float:
        """Bytes a second of each side that data is verified with, as far as kmig.yaml says so; else 0."""
        known = self.replication.megabytes_per_second if self.replication else None
        return self.policy.verify.bytes_per_second or (known * 1_000_000 / 5 if known else 0.0)

    def reading_rate(self, copied: float, produced: float) -> float:
        """Return the bytes a second of each side that data is verified with, by what was measured of the copies.

        By default it is a fifth of the copier's rate, but twice what is produced: slower, maps would never be whole.
        """
        if self.policy.verify.bytes_per_second:
            return self.policy.verify.bytes_per_second
        return max(self.bound_rate or copied / 5, 2 * produced, LEAST_RATE)

    @property
    def connects(self) -> tuple[tuple[str, ConnectAccess], ...]:
        """Every Connect cluster that kmig reaches, by what it is called."""
        named = [(f"Connect {c.name}", c.source) for c in self.connect]
        named += [(f"Connect {c.name} of target", c.target) for c in self.connect if c.target]
        copying = self.replication.copying if self.replication else None
        return (*named, *([("Connect that copies", copying)] if copying else []))

    @model_validator(mode="after")
    def _consistent(self) -> "Config":
        if len(set(self.sensitivity)) != len(self.sensitivity) or not self.sensitivity:
            raise Misplaced("must name each class once, least sensitive first", "sensitivity")
        for old, new in self.principals.items():
            for name in (old, new):
                kind, _, rest = name.partition(":")
                if not (kind and rest) or rest == "*":
                    raise Misplaced(
                        f"`{name}` is not a principal of the form Type:name", "principals", old
                    )
            if not new.startswith("User:"):
                raise Misplaced(
                    f"maps to `{new}`: the target has principals of type User only",
                    "principals",
                    old,
                )
        stores = [store.name for store in self.stores]
        if doubled := sorted({name for name in stores if stores.count(name) > 1}):
            raise Misplaced(
                f"names two stores `{doubled[0]}`: a reference would mean either", "stores"
            )
        targets = list(self.principals.values())
        twice = sorted({name for name in targets if targets.count(name) > 1})
        if twice:
            raise Misplaced(
                f"maps two names to `{twice[0]}`: their rights would merge", "principals"
            )
        return self
