"""Promises about when clients may write on the target: nobody may write elsewhere then, and every broker knows it."""

from bisect import bisect_right
from collections.abc import Iterator

from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.rehearse.worlds.broker_rights import ANYWHERE, SUPER_USERS
from migrate.rehearse.worlds.facts import Change
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.timeline import MINUTE

_KMIG, _COPIER = "User:kmig", "User:copier"


def opened_early(played: Played) -> Iterator[Broken]:
    """Yield the topics on which kmig grants WRITE while the principal, or the copier, may still write to them."""
    rules = {side: _Rules(played, side) for side in ("source", "target")}
    for change in _acls(played, "target"):
        acl = _acl(change)
        opens = acl.permission == "ALLOW" and acl.operation in ("WRITE", "ALL")
        if change.by != _KMIG or change.detail[1] != "added" or acl.principal == _COPIER:
            continue
        if not opens or acl.resource_type != "TOPIC":
            continue
        for topic in _topics(played, acl, change.at):
            if rules["source"].writes(acl.principal, topic, change.at):
                yield _early(acl.principal, topic, "it may still write to it on the source")
            elif rules["target"].writes(_COPIER, topic, change.at):
                yield _early(acl.principal, topic, "the copier may still write to it there")


def _early(principal: str, topic: str, why: str) -> Broken:
    return Broken(
        "WRITE is granted too early",
        f"{principal} {topic}",
        f"kmig grants WRITE on {topic} to {principal} on the target, while {why}",
    )


def started_early(played: Played) -> Iterator[Broken]:
    """Yield the clients that a broker of the target refused what kmig had granted them: it did not know it yet."""
    rules = _Rules(played, "target")
    outside = [c.at for c in _acls(played, "target") if c.by != _KMIG and c.at > 0]
    for at, side, principal, operation, name in played.world.facts.denied:
        if side != "target" or principal in (_KMIG, _COPIER):
            continue
        if any(change <= at <= change + 2 * MINUTE for change in outside):
            continue
        kinds = ("TOPIC", "GROUP", "TRANSACTIONAL_ID")
        since = [rules.since(principal, operation, kind, name, at) for kind in kinds]
        # who ran before already, without the right, was not started for it
        if any(granted <= at and _begun(played, principal, granted, at) for granted in since):
            yield Broken(
                "a client starts before every broker knows its rights",
                principal,
                f"{principal} may {operation} {name} on the target, and a broker refuses it",
            )


def _begun(played: Played, principal: str, since: float, upto: float) -> bool:
    """Whether a process of a principal began in this time."""
    born = (
        process.born
        for client in played.world.clients.values()
        for process in client.processes
        if process.principal == principal
    )
    return any(since <= at <= upto for at in born)


def _topics(played: Played, acl: Acl, at: float) -> Iterator[str]:
    """Yield the topics that an ACL covers and that were on both sides by then."""
    source = played.world.source.topics
    for change in played.world.facts.changes:
        name = change.name
        if change.what != "topic" or change.side != "target" or change.detail[0] != "created":
            continue
        covered = name == acl.resource_name or (
            acl.pattern_type == "PREFIXED" and name.startswith(acl.resource_name)
        )
        if covered and change.at <= at and source.get(name) is not None:
            yield name


class _Rules:
    """What the authorizer of a side allowed at a time, as its controller had the ACLs then."""

    def __init__(self, played: Played, side: str) -> None:
        self._open = played.world.clusters[side].allow_everyone
        self._rules: dict[int, AuthorizerRules] = {}
        self._decided: dict[tuple[int, Request], bool] = {}
        self._times = [-1e9]
        self._acls: list[frozenset[Acl]] = [frozenset()]
        for change in _acls(played, side):
            acl = {_acl(change)}
            known = self._acls[-1]
            self._times.append(change.at)
            self._acls.append(known | acl if change.detail[1] == "added" else known - acl)

    def since(self, principal: str, operation: str, kind: str, name: str, at: float) -> float:
        """Return since when brokers would allow it, if all of them knew the ACLs; after `at` where they do not."""
        asked = (principal, operation, kind, name)
        version = bisect_right(self._times, at) - 1
        if not self.allows(*asked, at):
            return at + 1.0
        while version and self.allows(*asked, self._times[version - 1]):
            version -= 1
        return self._times[version]

    def writes(self, principal: str, topic: str, at: float) -> bool:
        """Whether a principal could write to a topic."""
        return self.allows(principal, "WRITE", "TOPIC", topic, at)

    def allows(self, principal: str, operation: str, kind: str, name: str, at: float) -> bool:
        """Return what brokers would decide if all of them knew the ACLs."""
        version = bisect_right(self._times, at) - 1
        if version not in self._rules:
            self._rules[version] = AuthorizerRules(self._acls[version], SUPER_USERS, self._open)
        request = Request(principal, ANYWHERE, operation, kind, name)
        known = self._decided.get((version, request))
        if known is None:
            known = self._decided[version, request] = self._rules[version].allows(request)
        return known


def _acls(played: Played, side: str) -> Iterator[Change]:
    return (c for c in played.world.facts.changes if c.what == "acl" and c.side == side)


def _acl(change: Change) -> Acl:
    acl = change.detail[0]
    assert isinstance(acl, Acl)
    return acl
