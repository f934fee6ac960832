"""Interfaces for moving a wave, besides the clusters: the copy, hooks, clients' files, secrets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from migrate.errors import StepFailed
from migrate.model.copier import Copier
from migrate.model.record import TopicPartition
from migrate.model.reference import Reference


class CopyCluster(Protocol):
    """The Connect cluster that copies topics, with MirrorMaker 2 source connectors; or another copier."""

    def kafka_cluster_id(self) -> str:
        """Return the id of the Kafka cluster that its workers keep their topics in, and write copies to."""

    def version(self) -> str:
        """Return the version of Kafka that a worker is of."""

    def silent(self) -> tuple[str, ...]:
        """Return a sentence for each address of kmig.yaml at which no worker answers."""

    def refusals(self, config: Mapping[str, str]) -> tuple[str, ...]:
        """Return the errors of every worker that answers for this config; empty when all accept it.

        Secrets are replaced by dummies.
        """

    def copy(self, name: str) -> Copier | None:
        """Return a connector with its state, or None."""

    def positions(self, names: Iterable[str]) -> dict[TopicPartition, int] | None:
        """Return the last source offset of each partition that these connectors copied; None where nobody tells.

        Slow: for each connector, Connect reads its offsets topic to the end.
        """

    def put(self, name: str, config: Mapping[str, str], *, stopped: bool = False) -> None:
        """Create a connector, in state STOPPED if `stopped`, or replace the config of an existing one."""

    def stop(self, name: str) -> None:
        """Ask the connector to stop: its tasks end, its offsets stay."""

    def resume(self, name: str) -> None:
        """Ask the connector to run again."""

    def forget(self, name: str, topics: Iterable[str]) -> None:
        """Remove the offsets that Connect keeps of these topics; the connector must be STOPPED."""

    def delete(self, name: str) -> None:
        """Delete the connector; its offsets stay in Connect's offsets topic."""


@dataclass(frozen=True)
class HookCall:
    """A hook to run: its command, `facts` for its environment, and the seconds that it may take.

    One with `says` has failed unless it prints that line.
    """

    command: tuple[str, ...]
    facts: Mapping[str, str]
    seconds: float
    says: str = ""


class Hooks(Protocol):
    """The operator's own commands that stop and start clients."""

    def run(self, command: Sequence[str], facts: Mapping[str, str], seconds: float) -> None:
        """Run a command with `facts` in its environment; raises `StepFailed` when it fails or takes too long."""

    def run_all(
        self, calls: Sequence[HookCall], most: int
    ) -> Iterator[tuple[int, StepFailed | None]]:
        """Run hooks at once, at most so many at a time; yield the number of each as it ends, and how it failed.

        After a failure the others go on to their end, and none is begun any more. Who stops iterating ends them all.
        """

    def lacking(self, command: Sequence[str]) -> str:
        """Say why a command cannot be run; empty when it can."""


class ClientFiles(Protocol):
    """Client configuration files, replaced in one rename; their contents may be secret and are never returned."""

    def replace(self, path: str, by: str, *, keep: bool = True) -> None:
        """Replace the content of `path` by that of `by`, and keep the former content.

        Without `keep`, a content that is kept already stays the kept one.
        """

    def lacking(self, path: str, by: str) -> str:
        """Say why `path` cannot be replaced by `by`; empty when it can."""

    def leads_to(self, by: str) -> str | None:
        """Return the id of the cluster on which a file logs in; None for one that kmig cannot log in with."""

    def restore(self, path: str) -> None:
        """Restore the kept content of `path`."""

    def replaced(self, path: str, by: str) -> bool:
        """Whether `path` has the content of `by`, and its former content is kept."""

    def restorable(self, path: str, by: str) -> str:
        """Say why `path` cannot be restored: it was changed, or its former content is gone; empty when it can be."""

    def keeps(self, path: str) -> bool:
        """Whether a former content of `path` is kept."""

    def forget(self, path: str) -> None:
        """Delete the kept content of `path`, if any: it cannot be restored afterwards."""


class SecretStore(Protocol):
    """Secrets in properties files: a new one is `pending` until it is delivered, the old one kept until it is dead.

    `path` and `key` are the file and key from which clients read the `current` secret. `pending` and `old` secrets
    are in a file of kmig's own.
    """

    def where(self, path: str, key: str, *, which: str) -> Reference:
        """Return the reference of the `pending`, `current` or `old` secret, existing or not."""

    def issue(self, path: str, key: str) -> None:
        """Create a pending secret, unless one exists."""

    def provide(self, path: str, key: str) -> None:
        """Create a current secret, unless one exists; creates the file if necessary."""

    def provided(self, path: str, key: str) -> bool:
        """Whether a current secret exists; a missing file has none."""

    def deliver(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """Keep the current secret as old; then, in one rename, make the pending one current and set its mechanism."""

    def withdraw(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """Undo `deliver`: the old secret becomes current, the current one pending."""

    def forget(self, path: str, key: str, *, which: str) -> None:
        """Delete the `pending`, `current` or `old` secret, if it exists."""

    def discard(self, path: str) -> None:
        """Delete a file of secrets that was made for a drill, and kmig's own file beside it."""

    def holds(self, path: str, key: str, *, which: str) -> bool:
        """Whether the `pending`, `current` or `old` secret exists."""

    def apart(self, path: str) -> bool:
        """Whether the clients' file holds no pending or old secret: earlier versions of kmig left them there."""
