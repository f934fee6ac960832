"""What workloads may do, asked as each of them: their own login, on one broker, without a side effect."""

from collections.abc import Callable

from kafka.protocol.admin import DescribeTransactionsRequest

from migrate.adapters.kafka import effective, identities
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.secrets import Secrets
from migrate.errors import KmigError, NotAuthorized
from migrate.model.access import Asked, Effective
from migrate.model.reference import Reference

_DENIED = 53
"""TRANSACTIONAL_ID_AUTHORIZATION_FAILED; it comes before NOT_COORDINATOR, so that any broker may be asked."""


class KafkaAccess:
    """`migrate.ports.Access` on the wire."""

    def __init__(self, secrets: Secrets, connect: Callable[[Login], Wire]) -> None:
        self._secrets = secrets
        self._connect = connect

    def of(self, user: str, mechanism: str, secret: Reference, asked: Asked) -> Effective:
        """Log in as the user, and ask; raises `NotAuthenticated` when the login is refused."""
        wire = self._connect(Login(mechanism, user, self._secrets.resolve(secret)))
        try:
            return Effective(
                topics=effective.topics(wire, asked.topics),
                groups=effective.groups(wire, asked.groups),
                cluster=effective.cluster(wire),
                describes=_described(wire, asked.transactional_ids),
                lists_acls=_lists_acls(wire),
            )
        finally:
            wire.close()

    def mechanism(self, place: Reference, otherwise: str) -> str:
        """What a rotation wrote beside a secret as its mechanism, or what it was before."""
        try:
            return self._secrets.resolve(place)
        except KmigError:
            return otherwise


def _described(wire: Wire, ids: tuple[str, ...]) -> dict[str, bool]:
    if not ids:
        return {}
    answer = wire.call(DescribeTransactionsRequest(transactional_ids=list(ids)))
    return {row.transactional_id: row.error_code != _DENIED for row in answer.transaction_states}


def _lists_acls(wire: Wire) -> bool:
    try:
        identities.acls_of(wire.site, wire.call(identities.all_acls()))
    except NotAuthorized:
        return False
    return True
