"""Stage `prepare`: topics, credentials, DENY, ALLOW, quotas, in that order.

A topic exists before anybody may read it; a credential before its grants; every DENY before any ALLOW, so that no
moment grants what the source denied. All DENY of the migration go with the first wave: an ALLOW to `User:*`, or one
that two waves share, would otherwise outrun a DENY that waits for its own wave.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from migrate.model.acl import Acl
from migrate.model.cluster import Quota, ScramCredential, Topic
from migrate.steps import CreateAcls, CreateCredential, CreateTopic, SetQuota, Step

_ACLS_PER_STEP = 1_000


def topic_step(topic: Topic, replicas: int, configs: dict[str, str], because: str) -> CreateTopic:
    """Create a topic to be copied into."""
    return CreateTopic(
        because=because,
        name=topic.name,
        partitions=len(topic.partitions),
        replication_factor=replicas,
        configs=configs,
    )


def credential_step(
    credential: ScramCredential, target_user: str, secret: str, because: str
) -> CreateCredential:
    """Carry a credential under the user's name on the target."""
    return CreateCredential(
        because=because,
        user=target_user,
        source_user=credential.user,
        mechanism=credential.mechanism,
        iterations=credential.iterations,
        secret=secret,
    )


def acl_steps(part: str, acls: tuple[Acl, ...], because: str) -> list[CreateAcls]:
    """ACLs of one permission, in steps small enough for one request each; those of a resource stay together."""
    batches = list(_batches(acls))
    several = len(batches) > 1
    return [
        CreateAcls(because=because, part=f"{part} {number}" if several else part, acls=tuple(batch))
        for number, batch in enumerate(batches, 1)
    ]


def _batches(acls: tuple[Acl, ...]) -> Iterator[list[Acl]]:
    """The whole where it fits one request; else by resource, split only where one alone has too many."""
    if len(acls) <= _ACLS_PER_STEP:
        yield from [list(acls)] if acls else []
        return
    batch: list[Acl] = []
    for _, same in groupby(sorted(acls, key=_resource), key=_resource):
        several = list(same)
        if batch and len(batch) + len(several) > _ACLS_PER_STEP:
            yield batch
            batch = []
        batch += several
        while len(batch) > _ACLS_PER_STEP:
            yield batch[:_ACLS_PER_STEP]
            batch = batch[_ACLS_PER_STEP:]
    if batch:
        yield batch


def _resource(acl: Acl) -> tuple[str, str, str]:
    return acl.resource


def quota_step(quota: Quota, target_user: str | None, because: str) -> SetQuota:
    """Carry a quota, under the user's name on the target."""
    entity = dict(quota.entity)
    if target_user is not None:
        entity["user"] = target_user
    return SetQuota(because=because, entity=entity, values=quota.values)


def ordered(
    topics: Iterable[CreateTopic],
    credentials: Iterable[CreateCredential],
    deny: Iterable[CreateAcls],
    allow: Iterable[CreateAcls],
    quotas: Iterable[SetQuota],
) -> tuple[Step, ...]:
    """The steps of the stage in the order that makes no moment unsafe."""
    return (*topics, *credentials, *deny, *allow, *quotas)
