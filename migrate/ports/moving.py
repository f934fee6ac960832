"""What moves a wave beside the clusters: the copy, the clients' switches and files, their secrets."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from migrate.model.copier import Copier
from migrate.model.record import TopicPartition
from migrate.model.reference import Reference


class CopyCluster(Protocol):
    """The Connect cluster that copies: MirrorMaker 2 source connectors."""

    def kafka_cluster_id(self) -> str:
        """The Kafka cluster that its workers keep their own topics in, and write copies to."""

    def refusals(self, config: Mapping[str, str]) -> tuple[str, ...]:
        """What any worker says against this config, whose secrets are replaced by dummies; empty when all accept."""

    def copy(self, name: str) -> Copier | None:
        """A connector with its state, or None."""

    def positions(self, names: Iterable[str]) -> dict[TopicPartition, int]:
        """The last offset that these connectors copied of each partition. Connect reads a topic to its end for it."""

    def put(self, name: str, config: Mapping[str, str], *, stopped: bool = False) -> None:
        """Create a connector, stopped if asked, or replace the config of one."""

    def stop(self, name: str) -> None:
        """Ask it to stop: its tasks end, its positions stay."""

    def resume(self, name: str) -> None:
        """Ask it to go on."""

    def delete(self, name: str) -> None:
        """Delete it; its positions stay in Connect's offsets topic."""


class Hooks(Protocol):
    """Commands of the operator's own that stop and start clients."""

    def run(self, command: Sequence[str], facts: Mapping[str, str], seconds: float) -> None:
        """Run it, with `facts` as environment; `StepFailed` when it fails or is not done in time."""


class ClientFiles(Protocol):
    """Client configuration files, replaced in one rename; contents may be secret and never come out."""

    def replace(self, path: str, by: str, *, keep: bool = True) -> None:
        """Put the content of `by` at `path`; what was there is kept beside it. Without `keep` what was kept stays."""

    def restore(self, path: str) -> None:
        """Put back what was kept."""

    def replaced(self, path: str, by: str) -> bool:
        """Whether `path` now holds what `by` holds, and what it held is kept."""

    def restorable(self, path: str, by: str) -> str:
        """What speaks against restoring, or nothing: somebody has changed `path`, or what was kept is gone."""

    def keeps(self, path: str) -> bool:
        """Whether what `path` held before is kept."""

    def forget(self, path: str) -> None:
        """Remove what was kept, if anything is: it can be restored no more."""


class SecretStore(Protocol):
    """Properties files of secrets: a new one waits under a pending name, an old one is kept until proven dead.

    `path` and `key` are where clients read theirs. `pending` and `old` secrets are kmig's own, and stand apart from
    that file; `current` is the one that clients read.
    """

    def where(self, path: str, key: str, *, which: str) -> Reference:
        """Where the `pending`, `current` or `old` secret stands, or will stand."""

    def issue(self, path: str, key: str) -> None:
        """Make a new secret and keep it as pending, unless one waits there already."""

    def provide(self, path: str, key: str) -> None:
        """Make a secret under the key itself, unless one is there; the file is made if need be."""

    def provided(self, path: str, key: str) -> bool:
        """Whether there is a secret under the key itself; a file that does not exist has none."""

    def deliver(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """Keep current as old; then, in one rename, pending becomes current and the mechanism is named beside it."""

    def withdraw(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """The inverse of `deliver`."""

    def forget(self, path: str, key: str, *, which: str) -> None:
        """Remove the `pending`, the `current` or the `old` secret, if it exists."""

    def discard(self, path: str) -> None:
        """Remove a file of secrets that was made for a drill, and what kmig keeps for it."""

    def holds(self, path: str, key: str, *, which: str) -> bool:
        """Whether there is a `pending`, `current` or `old` secret."""

    def apart(self, path: str) -> bool:
        """Whether the file holds none of kmig's own secrets, as versions before this one left them there."""
