"""What hangs on what: a secret and who must restart when it changes; an address and who must reach it."""

from typing import Literal

from migrate.model.base import Model
from migrate.model.secrecy import Secrecy


class Dependency(Model):
    """A secret, by its reference or by the place of a literal, and the connectors that hold it.

    `tasks` is how many tasks restart with them; `user` the Kafka principal that logs in with it, where that is seen.
    """

    secret: str
    literal: bool = False
    user: str = ""
    connectors: tuple[str, ...]
    tasks: int


class Restart(Dependency):
    """The same beside a workloads file: also the workloads that hold the secret, and restart with it."""

    workloads: tuple[str, ...]


class Registry(Model):
    """A schema registry that connectors name. Moving schemas is out of scope: it is written down to be decided on."""

    address: str
    credential: Literal["none"] | Secrecy
    used_by: tuple[str, ...]


class NetworkPath(Model):
    """That something must reach an address: a client its brokers, a worker a system outside Kafka.

    `origin` is a host, or a Connect worker; `seen` says that the connection was there when it was looked at.
    """

    origin: str
    to: str
    purpose: str
    seen: bool
