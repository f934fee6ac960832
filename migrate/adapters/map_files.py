"""The maps of a migration directory: `maps/TOPIC-PARTITION.jsonl`, readable by their owner alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING

from migrate.adapters.whole_file import make_folder, replace
from migrate.errors import KmigError, Refused
from migrate.model.record import TopicPartition

if TYPE_CHECKING:
    from migrate.ports.disk import Disk

FOLDER, KEY = "maps", "key.properties"


class MapFiles:
    """`migrate.ports.maps.Maps` on a disk."""

    def __init__(
        self, directory: Path, disk: "Disk", new_key: Callable[[], bytes] = lambda: token_bytes(32)
    ) -> None:
        self._folder = directory / FOLDER
        self._disk = disk
        self._opened: set[Path] = set()
        self._key = b""
        self._new_key = new_key

    def key(self) -> bytes:
        """Return the key of the migration's fingerprints; a new one, which becomes durable with the first map."""
        path = self._folder / KEY
        try:
            self._key = bytes.fromhex(self._disk.read(path).decode().partition("=")[2])
        except FileNotFoundError:
            self._key = self._key or self._new_key()
        except (OSError, ValueError) as error:
            raise KmigError(
                f"cannot read file {path}: {error}",
                "delete the folder maps/: the maps are made anew, as far as the logs still go back",
            ) from error
        return self._key

    def lines(self, place: TopicPartition) -> list[str]:
        """See `Maps`."""
        path = self._path(place)
        try:
            *whole, _ = self._disk.read(path).split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise KmigError(f"cannot read file {path}: {error.strerror}") from error
        return [line.decode(errors="replace") for line in whole]

    def append(self, place: TopicPartition, lines: list[str]) -> None:
        """See `Maps`."""
        path = self._path(place)
        try:
            make_folder(self._disk, self._folder)
            new = path not in self._opened
            if new and self._disk.exists(path):
                raw = self._disk.read(path)
                self._disk.truncate(path, raw.rfind(b"\n") + 1)
            self._disk.append(path, b"".join(f"{line}\n".encode() for line in lines))
            self._disk.sync(path)
            if new:
                self._disk.sync_folder(self._folder)
                self._opened.add(path)
        except OSError as error:
            raise KmigError(
                f"cannot append to {path}: {error.strerror}",
                "make room or correct the permissions, then rerun the command: it goes on where the file ends",
            ) from error

    @contextmanager
    def lock(self, topic: str) -> Iterator[None]:
        """See `Maps`."""
        path = self._folder / f"{topic}.lock"
        try:
            make_folder(self._disk, self._folder)
            holding = self._disk.lock(path)
            with holding:
                self._keep_key()
                yield
        except BlockingIOError as error:
            raise Refused(
                f"the map of topic {topic} is being made by another process",
                "wait until it has ended",
            ) from error

    def _keep_key(self) -> None:
        path, key = self._folder / KEY, self._key
        if self.key() != key:
            raise Refused(
                "another process has just begun the maps, with a key of its own",
                "rerun the command: it takes that key",
            )
        if not self._disk.exists(path):
            replace(self._disk, path, f"key={key.hex()}\n".encode())

    def _path(self, place: TopicPartition) -> Path:
        return self._folder / f"{place[0]}-{place[1]}.jsonl"
