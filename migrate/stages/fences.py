"""Fences on the source: who may no longer read in a group, or write to a topic, once a wave moves."""

from collections.abc import Generator, Iterable

from migrate.documents.workloads import Workload
from migrate.model.acl import ANYONE, Acl, no_writes, order
from migrate.model.authorizer import covers
from migrate.stages.move import Move
from migrate.stages.stage import of_kind
from migrate.steps import CreateAcls, Step


def topic_fence(topics: tuple[str, ...]) -> tuple[Acl, ...]:
    """Return DENY WRITE on each topic for every principal."""
    return order(no_writes(topic) for topic in topics)


def group_fence(move: Move, workloads: Iterable[Workload]) -> tuple[Acl, ...]:
    """Return DENY READ on each group of these workloads for the principals that use it.

    Not for `User:*`: kmig itself must be able to commit on a rollback.
    """
    denied: list[Acl] = []
    for workload in workloads:
        for group in move.groups([workload]):
            holders = {workload.principal} | {
                acl.principal
                for acl in move.source_acls
                if covers(acl, "GROUP", group)
                and acl.permission == "ALLOW"
                and acl.operation in ("READ", "ALL")
                and acl.principal != ANYONE
            }
            denied += [_no_reads(group, holder) for holder in holders]
    return order(denied)


def fence_topics(move: Move) -> Generator[Step, Step, tuple[Acl, ...]]:
    """Fence the topics whose producers move; return the ACLs that did not exist before."""
    if not move.owned:
        return ()
    fence = CreateAcls(
        because="only one side may be written to",
        part="topic fence",
        acls=topic_fence(move.owned),
        side="source",
    )
    return of_kind(CreateAcls, (yield fence)).made


def _no_reads(group: str, principal: str) -> Acl:
    return Acl(
        principal=principal,
        permission="DENY",
        operation="READ",
        resource_type="GROUP",
        resource_name=group,
    )
