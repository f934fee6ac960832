"""What the holder of a Kafka login may do on one side: the authorizer's decision about every name that exists there.

A client's address counts: an operation that is allowed from some addresses only, or denied from some, is listed with
them. Where a look was
not complete, or a default not declared, what is listed is at least what is allowed, and `unknown` says why.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from migrate.documents.boundary import NamesToCome, Rights
from migrate.model.acl import ANYONE, TOPIC_OPERATIONS, Acl
from migrate.model.authorizer import (
    ELSEWHERE,
    STRANGER,
    AuthorizerRules,
    Request,
    covers,
    decide,
    grants,
)
from migrate.model.sorted_names import SortedNames
from migrate.model.words import count

OPERATIONS = {
    "TOPIC": TOPIC_OPERATIONS,
    "GROUP": ("READ", "DESCRIBE", "DELETE", "DESCRIBE_CONFIGS", "ALTER_CONFIGS"),
    "TRANSACTIONAL_ID": ("WRITE", "DESCRIBE"),
    "CLUSTER": (
        *("CREATE", "CLUSTER_ACTION", "DESCRIBE_CONFIGS", "ALTER_CONFIGS"),
        *("IDEMPOTENT_WRITE", "ALTER", "DESCRIBE"),
    ),
    "USER": ("CREATE_TOKENS", "DESCRIBE_TOKENS"),
}
"""What can be allowed on a resource (org.apache.kafka.security.authorizer.AclEntry.supportedOperations)."""

CLUSTER = "kafka-cluster"
Allowed = Mapping[str, tuple[str, ...]]
_Words = tuple[str, str, str]
"""Permission, operation and host of an ACL: what a decision looks at once principal and resource match."""


@dataclass(frozen=True)
class Side:
    """What one side's authorizer decides by, and the names that exist there, by resource type.

    `everything` says why nobody is denied anything; `unknown` what could not be found out about this side.
    """

    side: Literal["source", "target"]
    rules: AuthorizerRules
    names: Mapping[str, SortedNames]
    super_users_declared: bool
    default: bool | None
    everything: str = ""
    unknown: tuple[str, ...] = ()
    _of_anyone: dict[str, Allowed] = field(default_factory=dict)
    _asked: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    _answers: dict[tuple[str, frozenset[_Words]], tuple[str, ...]] = field(default_factory=dict)

    def rights(self, principal: str) -> Rights:
        """Return what the holder of this principal's credential may do."""
        if why := self.everything or self._super(principal):
            every = {kind: dict.fromkeys(self._all(kind), ops) for kind, ops in OPERATIONS.items()}
            return self._made(every, complete=not self.unknown, everything=why)
        allowed = {kind: self._allowed(principal, kind) for kind in OPERATIONS}
        mine = self._deciding(principal)
        unknown = self._unknown(principal)
        return self._made(allowed, complete=not unknown).model_copy(
            update={
                "unknown": unknown,
                "patterns": tuple(dict.fromkeys(self._patterns(principal, mine))),
                "evidence": tuple(sorted(str(acl) for acl in mine)),
            }
        )

    def allowed(self, operation: str, topic: str) -> tuple[str, ...]:
        """Return the principals that may do it on a topic: `User:*` for everyone, super users, and those of ACLs.

        Where everyone may, a principal that may no more than that is not named beside them.
        """
        if (operation, topic) not in self._asked:
            wanted = (operation,)
            of_anyone = self._operations(STRANGER, "TOPIC", topic, wanted)
            named = [p for p in self._by_principal if p != ANYONE]
            own = {p: self._operations(p, "TOPIC", topic, wanted) for p in named}
            found = {p for p, operations in own.items() if operations and operations != of_anyone}
            everyone = (ANYONE,) if self.everything or of_anyone else ()
            self._asked[operation, topic] = (*everyone, *sorted(found | self.rules.super_users))
        return self._asked[operation, topic]

    def grant(self, principal: str, operation: str, topic: str) -> str:
        """Return what lets a principal do it on a topic: the first ACL that grants it, or why no ACL is needed."""
        if why := self.everything or self._super(principal):
            return why
        about = self.rules.about(principal, "TOPIC", topic)
        acls = sorted(str(acl) for acl in about if grants(acl, operation))
        return acls[0] if acls else f"no ACL covers it, and the {self.side} allows everyone"

    def doubts(self, topic: str) -> tuple[str, ...]:
        """Return why more principals may have rights on a topic than are known."""
        found = list(self.unknown)
        if not self.super_users_declared:
            found.append(f"kmig.yaml declares no `super_users` of the {self.side}")
        if self.default is None and not self.rules.matching("TOPIC", topic):
            found.append(
                f"no ACL covers it, and `{self.side}.allow_everyone_if_no_acl_found` is not declared"
            )
        return tuple(found)

    def _made(
        self, allowed: Mapping[str, Allowed], *, complete: bool, everything: str = ""
    ) -> Rights:
        return Rights(
            side=self.side,
            complete=complete,
            unknown=self.unknown,
            everything=everything,
            topics=dict(allowed["TOPIC"]),
            groups=dict(allowed["GROUP"]),
            transactional_ids=dict(allowed["TRANSACTIONAL_ID"]),
            cluster=allowed["CLUSTER"].get(CLUSTER, ()),
            users=dict(allowed["USER"]),
        )

    def _super(self, principal: str) -> str:
        if principal not in self.rules.super_users:
            return ""
        return (
            f"a super user of the {self.side}, as kmig.yaml declares: no ACL can deny it anything"
        )

    def _unknown(self, principal: str) -> tuple[str, ...]:
        found = list(self.unknown)
        if not self.super_users_declared:
            found.append(
                f"whether {principal} is a super user: kmig.yaml declares no `super_users` of the {self.side}"
            )
        if self.default is None and (without := self._without_acl):
            found.append(
                f"the right to {count(len(without), 'topic')} without any ACL: "
                f"`{self.side}.allow_everyone_if_no_acl_found` is not declared"
            )
        return tuple(found)

    @cached_property
    def _without_acl(self) -> tuple[str, ...]:
        """Return the topics that no ACL covers: the default decides about them."""
        return tuple(t for t in self._all("TOPIC") if not self.rules.matching("TOPIC", t))

    def _all(self, kind: str) -> tuple[str, ...]:
        return tuple(self.names[kind].starting(""))

    @cached_property
    def _by_principal(self) -> dict[str, list[Acl]]:
        found: dict[str, list[Acl]] = {}
        for acl in sorted(self.rules.acls, key=str):
            found.setdefault(acl.principal, []).append(acl)
        return found

    def acls_of(self, principal: str) -> tuple[Acl, ...]:
        """Return the ACLs that name a principal, in order."""
        return tuple(self._by_principal.get(principal, ()))

    def _deciding(self, principal: str) -> list[Acl]:
        """Return the ACLs that decide about a principal: its own, and those of everyone that change something."""
        anyone = self.acls_of(ANYONE) if principal != ANYONE else ()
        allows = [a for a in (*self.acls_of(principal), *anyone) if a.permission == "ALLOW"]
        return [
            *self.acls_of(principal),
            *(a for a in anyone if a.permission == "ALLOW" or self._takes(a, allows)),
        ]

    def _takes(self, deny: Acl, allows: Iterable[Acl]) -> bool:
        """Return whether a DENY covers a name that one of these ALLOWs covers too."""
        kind = deny.resource_type
        same = [a for a in allows if a.resource_type == kind and kind in self.names]
        return any(
            covers(allow, kind, name) for allow in same for name in self.names[kind].covered(deny)
        )

    def _allowed(self, principal: str, kind: str) -> Allowed:
        """Return the allowed operations by name: where no ACL names the principal, it may what anyone may."""
        if kind not in self._of_anyone:
            names = self._all(kind)
            self._of_anyone[kind] = self._decided(STRANGER, kind, names)
        own: dict[str, list[Acl]] = {}
        for acl in self._by_principal.get(principal, ()):
            if acl.resource_type == kind and acl.pattern_type in ("LITERAL", "PREFIXED"):
                for name in self.names[kind].covered(acl):
                    own.setdefault(name, []).append(acl)
        if not own:
            return self._of_anyone[kind]
        anyone = {n: ops for n, ops in self._of_anyone[kind].items() if n not in own}
        if self.acls_of(ANYONE):
            for name, acls in own.items():
                acls += self.rules.about(ANYONE, kind, name)
        decided = {name: self._answer(principal, kind, acls) for name, acls in own.items()}
        return dict(sorted((anyone | {n: ops for n, ops in decided.items() if ops}).items()))

    def _answer(self, principal: str, kind: str, about: list[Acl]) -> tuple[str, ...]:
        """Return what ACLs that cover one resource allow a principal; equal ones are decided once."""
        words = frozenset((acl.permission, acl.operation, acl.host) for acl in about)
        if (kind, words) not in self._answers:
            self._answers[kind, words] = _allowed_by(about, principal, OPERATIONS[kind])
        return self._answers[kind, words]

    def _decided(
        self, principal: str, kind: str, names: Iterable[str]
    ) -> dict[str, tuple[str, ...]]:
        found = {n: self._operations(principal, kind, n, OPERATIONS[kind]) for n in names}
        return {name: operations for name, operations in found.items() if operations}

    def _operations(
        self, principal: str, kind: str, name: str, wanted: Iterable[str]
    ) -> tuple[str, ...]:
        named = principal in self._by_principal or ANYONE in self._by_principal
        about = self.rules.about(principal, kind, name) if named else []
        if not about:
            # no ACL says a word about this principal: the default decides, where no other ACL ends it
            free = self.rules.allow_everyone and not self.rules.matching(kind, name)
            return tuple(wanted) if free else ()
        return _allowed_by(about, principal, wanted)

    def _patterns(self, principal: str, acls: Iterable[Acl]) -> Iterator[NamesToCome]:
        """Yield the grants that cover names which do not exist yet, without what a DENY takes of all of these."""
        for acl in acls:
            wide = acl.pattern_type == "PREFIXED" or acl.resource_name == "*"
            if acl.permission == "DENY" or not wide or acl.resource_type == "CLUSTER":
                continue
            prefix = acl.resource_name if acl.pattern_type == "PREFIXED" else ""
            for operation in self._to_come(principal, acl):
                yield NamesToCome(
                    operation=operation, resource_type=acl.resource_type, prefix=prefix
                )
        if self.rules.allow_everyone:
            yield NamesToCome(operation="ALL")

    def _to_come(self, principal: str, acl: Acl) -> tuple[str, ...]:
        """Return what a grant allows on a name that no other pattern covers; its operation alone if all of it."""
        name = f"{acl.resource_name if acl.pattern_type == 'PREFIXED' else ''}\u0001"
        host = ELSEWHERE if acl.host == "*" else acl.host
        kind = acl.resource_type
        granted = [one for one in OPERATIONS.get(kind, ()) if grants(acl, one)]
        allowed = tuple(
            one for one in granted if self.rules.allows(Request(principal, host, one, kind, name))
        )
        return (acl.operation,) if len(allowed) == len(granted) else allowed


def _allowed_by(about: list[Acl], principal: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return which of the wanted operations are allowed, each with its addresses where these matter."""
    kind, name = about[0].resource_type, about[0].resource_name
    hosts = sorted({acl.host for acl in about} - {"*"})
    found = []
    for operation in wanted:
        by_host = {
            host: decide(about, Request(principal, host, operation, kind, name))
            for host in (ELSEWHERE, *hosts)
        }
        anywhere = by_host[ELSEWHERE]
        otherwise = [host for host, allowed in by_host.items() if allowed != anywhere]
        if anywhere and otherwise:
            found.append(f"{operation} except from {', '.join(otherwise)}")
        elif anywhere:
            found.append(operation)
        elif otherwise:
            found.append(f"{operation} from {', '.join(otherwise)}")
    return tuple(found)
