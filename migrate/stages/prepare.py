"""Stage `prepare`: topics, credentials, DENY, ALLOW, quotas, in that order.

A topic exists before anybody may read it; a credential before its grants; every DENY before any ALLOW, so that no
moment grants what the source denies. All DENY of the migration go with the first wave: an ALLOW to `User:*`, or one
that two waves share, would otherwise exist before a DENY that waits for its own wave.
"""

from collections.abc import Iterable

from migrate.documents.secrets import CredentialRef
from migrate.model.acl import Acl
from migrate.model.cluster import Quota, ScramCredential, Topic
from migrate.steps import CreateAcls, CreateCredential, CreateTopic, GrowTopic, SetQuota, Step
from migrate.steps.create_topic import CopiedBy


def topic_step(
    topic: Topic, replicas: int, configs: dict[str, str], because: str, copied_by: CopiedBy
) -> CreateTopic:
    """Return the step that creates a topic to copy into."""
    return CreateTopic(
        because=because,
        name=topic.name,
        partitions=len(topic.partitions),
        replication_factor=replicas,
        configs=configs,
        copied_by=copied_by,
    )


def credential_step(
    credential: ScramCredential, target_user: str, ref: CredentialRef, because: str
) -> CreateCredential:
    """Return the step that carries a credential to the user's name on the target, or issues a new one there."""
    return CreateCredential(
        because=because,
        issued=ref.issue,
        user=target_user,
        source_user=credential.user,
        mechanism=credential.mechanism,
        iterations=credential.iterations,
        secret=ref.secret,
    )


def acl_steps(part: str, acls: tuple[Acl, ...], because: str) -> list[CreateAcls]:
    """Return ACLs of one permission as one step, however many requests it takes: it is proven as a whole."""
    return [CreateAcls(because=because, part=part, acls=acls)] if acls else []


def quota_step(quota: Quota, target_user: str | None, because: str) -> SetQuota:
    """Return the step that sets a quota under the user's name on the target."""
    entity = dict(quota.entity)
    if target_user is not None:
        entity["user"] = target_user
    return SetQuota(because=because, entity=entity, values=quota.values)


def ordered(
    topics: Iterable[CreateTopic | GrowTopic],
    credentials: Iterable[CreateCredential],
    deny: Iterable[CreateAcls],
    allow: Iterable[CreateAcls],
    quotas: Iterable[SetQuota],
) -> tuple[Step, ...]:
    """Return the steps in an order in which no moment is unsafe."""
    return (*topics, *credentials, *deny, *allow, *quotas)
