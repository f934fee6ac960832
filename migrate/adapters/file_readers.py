"""Who can read a file on this machine: from its mode, those of the directories above it, users and groups."""

import errno
import grp
import os
import pwd
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from migrate.model.stored import StoreReader
from migrate.model.words import first_of

_ACL = "system.posix_acl_access"
_SHOWN = 20
_NOBODY = -1
"""A user id and a group id that no file has."""


@dataclass(frozen=True)
class User:
    """One user of this machine, with all its groups."""

    name: str
    uid: int
    gids: frozenset[int]


@dataclass(frozen=True)
class Users:
    """The users and groups that this machine lists; a directory service may know more."""

    @cached_property
    def listed(self) -> tuple[User, ...]:
        """Return every user, primary groups included."""
        members: dict[str, set[int]] = {}
        for group in grp.getgrall():
            for name in group.gr_mem:
                members.setdefault(name, set()).add(group.gr_gid)
        return tuple(
            User(one.pw_name, one.pw_uid, frozenset({one.pw_gid, *members.get(one.pw_name, ())}))
            for one in pwd.getpwall()
        )

    def name(self, uid: int) -> str:
        """Return a user's name, or its number where it has none."""
        with suppress(KeyError):
            return pwd.getpwuid(uid).pw_name
        return str(uid)

    def group(self, gid: int) -> str:
        """Return a group's name, or its number where it has none."""
        with suppress(KeyError):
            return grp.getgrgid(gid).gr_name
        return str(gid)


@dataclass(frozen=True)
class _Guard:
    """A file that has to be read, or a directory that has to be entered, to reach a secret."""

    path: Path
    facts: os.stat_result
    bit: int

    @property
    def mode(self) -> str:
        return f"{stat.S_IMODE(self.facts.st_mode):04o}"

    def lets(self, user: User) -> bool:
        """Whether the mode lets a user pass; one class decides, and the owner may change it."""
        if user.uid == self.facts.st_uid:
            return True
        shift = 3 if self.facts.st_gid in user.gids else 0
        return bool(self.facts.st_mode >> shift & self.bit)


@dataclass
class FileReaders:
    """Readers of files; users are listed once."""

    host: str
    users: Users = field(default_factory=Users)

    def of(self, path: Path) -> tuple[tuple[StoreReader, ...], tuple[str, ...]]:
        """Return who can read a file, and what of it is unknown; raises `OSError`."""
        file = path.resolve()
        guard = _Guard(file, file.stat(), stat.S_IROTH)
        above = [_Guard(one, one.stat(), stat.S_IXOTH) for one in file.parents]
        guards = [guard, *reversed(above)]
        readers = (
            *self._owner(guards),
            *self._others(guards),
            StoreReader(who="root", through="root reads every file"),
        )
        lists, unread = _access_lists(guards)
        return (*readers, *lists), unread

    def _owner(self, guards: Sequence[_Guard]) -> Iterator[StoreReader]:
        uid = guards[0].facts.st_uid
        known = [user for user in self.users.listed if user.uid == uid]
        owner = User(self.users.name(uid), uid, frozenset().union(*(u.gids for u in known)))
        if uid != 0 and _pass(guards, owner):
            yield StoreReader(who=f"user {owner.name}", through=_why("owner", guards[0]))

    def _others(self, guards: Sequence[_Guard]) -> Iterator[StoreReader]:
        """Yield the readers beside owner and root: everybody, or the groups that file and directories let pass."""
        file = guards[0]
        usual = [user for user in self.users.listed if user.uid]
        if _pass(guards, User("", _NOBODY, frozenset())):
            barred = [user.name for user in usual if not _pass(guards, user)]
            but = f" but {first_of(barred, _SHOWN)}" if barred else ""
            yield StoreReader(who=f"every user of {self.host}{but}", through=_why("others", file))
            return
        plain = [user for user in usual if user.uid != file.facts.st_uid]
        told: set[str] = set()
        for gid in dict.fromkeys(guard.facts.st_gid for guard in guards):
            names = [u.name for u in plain if gid in u.gids and _pass(guards, u)]
            names = [name for name in names if name not in told]
            if names or self._unlisted(gid, guards):
                told |= {*names}
                yield StoreReader(who=self._group(gid, names), through=_through(guards, gid))
        for user in plain:
            if user.name not in told and _pass(guards, user):
                yield StoreReader(who=f"user {user.name}", through=_why("directories", file))

    def _unlisted(self, gid: int, guards: Sequence[_Guard]) -> bool:
        """Whether the modes let a group pass of which this machine lists no member."""
        listed = any(gid in user.gids for user in self.users.listed)
        return not listed and _pass(guards, User("", _NOBODY, frozenset({gid})))

    def _group(self, gid: int, names: Sequence[str]) -> str:
        members = first_of(names, _SHOWN) or f"no member listed on {self.host}"
        return f"group {self.users.group(gid)}: {members}"


def _pass(guards: Iterable[_Guard], user: User) -> bool:
    return all(guard.lets(user) for guard in guards)


def _why(by: str, file: _Guard) -> str:
    reason = {
        "owner": "its owner",
        "others": "others may enter the directories above it",
        "directories": "allowed by the directories above it",
    }[by]
    return f"mode {file.mode}, {reason}"


def _through(guards: Sequence[_Guard], gid: int) -> str:
    """Return what lets a group pass: the file's mode, or that of a directory which others cannot enter."""
    file = guards[0]
    if file.facts.st_gid == gid:
        return f"mode {file.mode}, its group"
    entered = next(guard for guard in guards if guard.facts.st_gid == gid)
    return f"mode {file.mode}, and the directory {entered.path} with mode {entered.mode}"


def _access_lists(
    guards: Sequence[_Guard],
) -> tuple[tuple[StoreReader, ...], tuple[str, ...]]:
    """Return a reader for each access control list that may let more users pass, without reading who they are."""
    if not hasattr(os, "getxattr"):
        return (), ("access control lists: this system does not tell them to kmig",)
    found, unread = [], []
    for guard in guards:
        kind = "file" if guard.bit == stat.S_IROTH else f"directory {guard.path}"
        try:
            os.getxattr(guard.path, _ACL)
        except OSError as error:
            if error.errno not in (errno.ENODATA, errno.ENOTSUP):
                unread.append(f"access control list of the {kind}: {error.strerror}")
            continue
        if guard.bit == stat.S_IROTH or not guard.facts.st_mode & guard.bit:
            who = f"more users: the {kind} has an access control list"
            found.append(StoreReader(who=who, through=f"getfacl {guard.path}"))
    return tuple(found), tuple(unread)
