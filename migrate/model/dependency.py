"""Dependencies: a secret and the clients that restart when it changes, an address and the hosts that reach it."""

from typing import Literal

from migrate.model.base import Model
from migrate.model.secrecy import Secrecy


class Dependency(Model):
    """A secret, by its reference or by the place of a literal, and the connectors that use it.

    `tasks` is how many tasks restart with them; `user` is the Kafka principal that logs in with it, where known.
    """

    secret: str
    literal: bool = False
    user: str = ""
    connectors: tuple[str, ...]
    tasks: int


class Restart(Dependency):
    """A secret with the workloads, too, that use it and restart with it."""

    workloads: tuple[str, ...]


class Registry(Model):
    """A schema registry that connectors name. kmig moves no schemas: it is listed so that a person decides on it."""

    address: str
    credential: Literal["none"] | Secrecy
    used_by: tuple[str, ...]


class NetworkPath(Model):
    """An address that a host must reach: a client its brokers, a worker a system outside Kafka.

    `origin` is a host or a Connect worker; `seen` says that the connection existed at the time of the inventory.
    """

    origin: str
    to: str
    purpose: str
    seen: bool
