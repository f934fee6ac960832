"""Files and folders of a disk in memory, each with what of it is durable and what is not."""

from collections.abc import Callable
from typing import NamedTuple


class File:
    """A file with its contents since its last sync: the durable one first, the present one last."""

    __slots__ = ("contents",)

    def __init__(self) -> None:
        self.contents = [b""]

    def survive(self, choose: Callable[[int], int]) -> None:
        """Keep one of the contents, or an append in part, with a hole behind that part or without."""
        if len(self.contents) == 1:
            return
        at = choose(len(self.contents))
        content, later = self.contents[at], self.contents[at + 1 : at + 2]
        if later and later[0].startswith(content):
            added = later[0][len(content) :]
            part = added[: choose(len(added))]
            # a size can be durable before the bytes that it counts
            hole = bytes(len(added) - len(part)) if choose(2) else b""
            content += part + hole
        self.contents = [content]


class Change(NamedTuple):
    """A name that a file or folder got, in place of any other one, or that it lost."""

    name: str
    node: "File | Folder"
    given: bool


class Folder:
    """A folder with its present names, the durable ones, and the changes that lie between."""

    __slots__ = ("changes", "durable", "names")

    def __init__(self) -> None:
        self.names: dict[str, File | Folder] = {}
        self.durable: dict[str, File | Folder] = {}
        self.changes: list[Change] = []

    def change(self, name: str, node: "File | Folder", *, given: bool) -> None:
        """Give a name or take it away, until it is synced only for the running system."""
        change = Change(name, node, given)
        self.names = changed(self.names, change)
        self.changes.append(change)

    def sync(self) -> None:
        """Make the present names durable."""
        self.durable, self.changes = self.names, []

    def survive(self, choose: Callable[[int], int]) -> None:
        """Keep any of the changes: they need not reach the disk in their order."""
        for change in self.changes:
            if choose(2):
                self.durable = changed(self.durable, change)
        self.names, self.changes = self.durable, []


def changed(names: dict[str, File | Folder], change: Change) -> dict[str, File | Folder]:
    """Return the names after a change, which finds them as they are: an earlier one may not have reached the disk."""
    if change.given:
        kept = {name: node for name, node in names.items() if node is not change.node}
        return {**kept, change.name: change.node}
    gone = names.get(change.name) is change.node
    return {name: node for name, node in names.items() if not (gone and name == change.name)}
