"""Promises about rights: none grows, and nothing is deleted that this migration did not make."""

from collections.abc import Iterator

from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.rehearse.worlds.broker_rights import ANYWHERE
from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.facts import Change
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played

_KMIG = "User:kmig"
_OWN = (_KMIG, "User:copier")


def grown(played: Played) -> Iterator[Broken]:
    """Yield the grants that kmig made on the target while the source denied the same, as of the command's start."""
    changes = [c for c in played.world.facts.changes if c.what == "acl"]
    for ended in played.commands:
        mine = [
            c
            for c in changes
            if c.side == "target"
            and c.by == _KMIG
            and ended.began <= c.at <= ended.ended
            and c.detail[1] == "added"
        ]
        if not mine:
            continue
        # what happens while a command reads its files has the time at which it began
        source = AuthorizerRules(_at(changes, "source", ended.began - 1e-9, own=False))
        target = AuthorizerRules(_at(changes, "target", ended.ended, own=True))
        yield from _denied(mine, source, target, ended)


def _denied(
    mine: list[Change], source: AuthorizerRules, target: AuthorizerRules, ended: Ended
) -> Iterator[Broken]:
    for change in mine:
        acl = change.detail[0]
        assert isinstance(acl, Acl)
        if acl.permission != "ALLOW" or acl.principal in _OWN or acl.operation == "ALL":
            continue
        name = acl.resource_name + ("x" if acl.pattern_type == "PREFIXED" else "")
        request = Request(acl.principal, ANYWHERE, acl.operation, acl.resource_type, name)
        if target.allows(request) and not source.allows(request):
            yield Broken(
                "a privilege grows",
                str(acl),
                f"`{ended.command}` creates {acl} on the target; the source denies it",
            )


def _at(changes: list[Change], side: str, at: float, *, own: bool) -> frozenset[Acl]:
    """Return a side's ACLs at a time, with kmig's own or without."""
    found: set[Acl] = set()
    for change in changes:
        acl = change.detail[0]
        assert isinstance(acl, Acl)
        if change.side != side or change.at > at or (change.by == _KMIG and not own):
            continue
        if change.detail[1] == "added":
            found.add(acl)
        else:
            found.discard(acl)
    return frozenset(found)


def deleted(played: Played) -> Iterator[Broken]:
    """Yield what kmig deleted on the target and had not made."""
    made: set[tuple[str, str]] = set()
    for change in played.world.facts.changes:
        if change.side != "target" or change.what not in ("acl", "topic"):
            continue
        one = (change.what, change.name)
        came = "added" in change.detail or "created" in change.detail
        if came and change.by == _KMIG:
            made.add(one)
        elif not came and change.by == _KMIG and one not in made and not _by_hand(played, change):
            yield Broken(
                "something is deleted that kmig did not make",
                change.name,
                f"kmig deletes {change.what} {change.name} on the target",
            )


def _by_hand(played: Played, change: Change) -> bool:
    """Whether a prune was asked for."""
    return any("--prune" in e.command for e in played.commands if e.began <= change.at <= e.ended)
