"""Secrets in Vault and OpenBao as an inventory looks at them: place, readers, versions; never a value.

A reader is whoever holds policies that together allow `read` on the secret's path. Holders are asked for once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from migrate.adapters import vault_holders
from migrate.adapters.vault_api import Answer, VaultApi
from migrate.adapters.vault_holders import Group, Holders
from migrate.adapters.vault_policy import Rule, may_read, rules
from migrate.errors import CannotTell, NotAuthorized
from migrate.model.reference import Reference
from migrate.model.stored import StoredSecret, StoreReader
from migrate.model.words import first_of

_AUTHORS = ("issued-by", "issued_by", "owner")
_SHOWN = 20


@dataclass(frozen=True)
class _Place:
    """Where a secret is: `path` is what its readers ask for, `below` its path within the mount."""

    mount: str
    path: str
    below: str
    versioned: bool


@dataclass(frozen=True)
class _Policies:
    """The policies that could be read, by name; `unread` says what could not, and why."""

    read: dict[str, tuple[Rule, ...]]
    unread: tuple[str, ...]

    def allow(self, names: frozenset[str], path: str) -> bool:
        return may_read((self.read[n] for n in names if n in self.read), path)

    def granting(self, names: frozenset[str], path: str) -> tuple[str, ...]:
        """Return those of the policies that allow it alone; what several allow together, one of them allows."""
        return tuple(sorted(n for n in names if self.allow(frozenset({n}), path)))


class VaultStore:
    """One server as kmig.yaml names it."""

    def __init__(self, api: VaultApi, name: str, address: str, now: Callable[[], datetime]) -> None:
        self._api, self._name, self._address, self._now = api, name, address, now

    def look(self, reference: Reference) -> StoredSecret:
        """Return what the server tells of a secret; raises `CannotTell` where it tells nothing."""
        place = self._place(reference.path)
        unread: list[str] = []
        told = StoredSecret(reference=str(reference))
        if place.versioned:
            self._require_key(place, reference.key, unread)
            told = self._versions(place, told, unread)
        else:
            unread.append(f"whether {place.path} exists: kmig does not read values")
        readers, missing = self._readers(place.path)
        where = f"{place.path}, key `{reference.key}`, in store `{self._name}` at {self._address}"
        return told.model_copy(
            update={"place": where, "readers": readers, "unread": (*unread, *missing)}
        )

    def _place(self, path: str) -> _Place:
        path = path.strip("/")
        mounted = self._api.read(f"sys/internal/ui/mounts/{path}")
        if mounted is None or not (mount := mounted.text("path")):
            raise CannotTell(f"store `{self._name}` has no secrets engine at {path}")
        below = path.removeprefix(mount.rstrip("/")).strip("/")
        options = mounted.inner("options")
        if mounted.text("type") != "kv" or options.text("version") != "2":
            return _Place(mount, path, below, versioned=False)
        below = below.removeprefix("data/")
        return _Place(mount, f"{mount}data/{below}", below, versioned=True)

    def _require_key(self, place: _Place, key: str, unread: list[str]) -> None:
        try:
            keys = self._api.read(f"{place.mount}subkeys/{place.below}")
        except NotAuthorized as refusal:
            unread.append(f"whether it has the key `{key}`: {refusal.message}")
            return
        if keys and key not in keys.table("subkeys"):
            raise CannotTell(f"{place.path} in store `{self._name}` has no key `{key}`")

    def _versions(self, place: _Place, told: StoredSecret, unread: list[str]) -> StoredSecret:
        try:
            metadata = self._api.read(f"{place.mount}metadata/{place.below}")
        except NotAuthorized as refusal:
            unread.append(f"versions and last change: {refusal.message}")
            return told
        if metadata is None:
            raise CannotTell(f"{place.path} does not exist in store `{self._name}`")
        versions, newest = metadata.table("versions"), metadata.text("current_version")
        current = versions.get(newest, Answer({}))
        if not self._kept(current):
            raise CannotTell(f"the newest version of {place.path} in `{self._name}` is deleted")
        older = sorted(
            (n for n in versions if n.isascii() and n.isdigit() and n != newest),
            key=lambda number: (len(number), number),
        )
        return told.model_copy(
            update={
                "changed": current.time("created_time"),
                "by": metadata.inner("custom_metadata").text(*_AUTHORS),
                "versions": tuple(
                    f"version {number} of {_day(versions[number])}, not deleted"
                    for number in older
                    if self._kept(versions[number])
                ),
            }
        )

    def _kept(self, version: Answer) -> bool:
        """Whether the server still returns a version; one may be deleted at a time to come."""
        end = version.time("deletion_time")
        ended = version.text("deletion_time") and (end is None or end <= self._now())
        return (
            version.time("created_time") is not None and not ended and not version.flag("destroyed")
        )

    def _readers(self, path: str) -> tuple[tuple[StoreReader, ...], tuple[str, ...]]:
        policies, holders = self._policies, self._holders
        found = [StoreReader(who="root tokens", through="policy root")]
        if granted := policies.granting(frozenset({"default"}), path):
            found.append(_reader("everybody who can log in", granted))
        found += self._groups(holders, path)
        for one in holders.entities:
            own = policies.granting(one.policies, path)
            if own and policies.allow(self._all_of(one), path):
                found.append(_reader(f"entity {one.who}", own))
        for one in holders.roles:
            if policies.allow(one.policies, path):
                found.append(_reader(one.who, policies.granting(one.policies, path)))
        for one in holders.choices:
            if granted := policies.granting(one.policies, path):
                found.append(_reader(one.who, granted))
        return tuple(found), tuple(self._unread(path))

    def _groups(self, holders: Holders, path: str) -> Iterator[StoreReader]:
        for id_, group in sorted(holders.groups.items(), key=lambda item: item[1].name):
            granted = self._policies.granting(group.policies, path)
            members = self._members(holders, id_, path)
            # nobody reads through a group without members; who it is in an external one, a login says
            if granted and (members or group.external or not holders.every_entity):
                yield _reader(_named(group, members, every=holders.every_entity), granted)

    def _members(self, holders: Holders, group: str, path: str) -> list[str]:
        """Return the entities of a group that may read."""
        everybody = (one for one in holders.entities if group in one.groups)
        return sorted(o.who for o in everybody if self._policies.allow(self._all_of(o), path))

    def _all_of(self, entity: vault_holders.Holder) -> frozenset[str]:
        """Return the policies of an entity and of its groups."""
        groups = (self._holders.groups[g].policies for g in entity.groups & {*self._holders.groups})
        return entity.policies.union(*groups)

    def _unread(self, path: str) -> Iterator[str]:
        policies = self._policies
        yield from policies.unread
        yield from self._holders.unread
        for name, own in sorted(policies.read.items()):
            if any(rule.templated and rule.may_match(path) for rule in own):
                yield f"policy {name}: its path depends on who asks"
        if within := self._api.namespace:
            yield f"holders in parent namespaces of `{within}`: kmig reads one namespace"
        if direct := policies.granting(frozenset(policies.read) - {"default"}, path):
            yield f"tokens made with a policy ({first_of(direct, 5)}): kmig does not list tokens"

    @cached_property
    def _holders(self) -> Holders:
        if not self._policies.read:
            return Holders()  # without policies, nothing follows from who holds them
        return vault_holders.read(self._api, frozenset(self._policies.read))

    @cached_property
    def _policies(self) -> _Policies:
        try:
            names = self._api.list("sys/policies/acl")
        except CannotTell as error:
            return _Policies({}, (f"policies: {error.message}",))
        read: dict[str, tuple[Rule, ...]] = {}
        faults: dict[str, list[str]] = {}
        for name in sorted({*names} - {"root"}):
            try:
                answer = self._api.read(f"sys/policies/acl/{name}")
                read[name] = rules(answer.text("policy") if answer else "")
            except NotAuthorized:
                faults.setdefault("kmig's token may not read them", []).append(name)
            except CannotTell as error:
                faults.setdefault(error.message, []).append(name)
            except ValueError as error:
                faults.setdefault(str(error), []).append(name)
        unread = (f"policies {first_of(some, _SHOWN)}: {why}" for why, some in faults.items())
        return _Policies(read, tuple(unread))


def _named(group: Group, members: list[str], *, every: bool) -> str:
    shown = f": {first_of(members, _SHOWN)}" if members else ""
    if not every:
        return f"group {group.name}{shown} (kmig could not read all members)"
    return f"group {group.name}{shown}{' (external)' if group.external else ''}"


def _reader(who: str, policies: tuple[str, ...]) -> StoreReader:
    noun = "policy" if len(policies) == 1 else "policies"
    return StoreReader(who=who, through=f"{noun} {', '.join(policies)}")


def _day(version: Answer) -> str:
    created = version.time("created_time")
    return f"{created:%Y-%m-%d}" if created else "an unknown day"
