"""What workloads may do, asked as each of them: their own login, on one broker, without a side effect."""

import secrets as random
import time
from collections.abc import Callable

from kafka.protocol.admin import DescribeTransactionsRequest

from migrate.adapters.kafka import effective, identities
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.adapters.secrets import Secrets
from migrate.errors import (
    CannotTell,
    KmigError,
    NotAuthenticated,
    NotAuthorized,
    Refused,
    Unreachable,
)
from migrate.model.access import Asked, Effective
from migrate.model.met_last import met_last
from migrate.model.permissions import PROBE_PREFIX
from migrate.model.reference import Reference

_MECHANISM = "SCRAM-SHA-512"
_SECONDS = 20.0
_DENIED = 53
"""TRANSACTIONAL_ID_AUTHORIZATION_FAILED; it comes before NOT_COORDINATOR, so that any broker may be asked."""


class KafkaAccess:
    """`migrate.ports.Access` on the wire."""

    def __init__(
        self,
        secrets: Secrets,
        connect: Callable[[Login | None], Wire],
        writer: KafkaWriter | None = None,
    ) -> None:
        self._secrets = secrets
        self._connect = connect
        self._writer = writer

    def of(self, user: str, mechanism: str, secret: Reference, asked: Asked) -> Effective:
        """Log in as the user, and ask; raises `NotAuthenticated` when the login is refused."""
        return self._as(Login(mechanism, user, self._secrets.resolve(secret)), asked)

    def anonymous(self, asked: Asked) -> Effective | None:
        """The same without any login; None when no broker answers one who does not log in."""
        try:
            return self._as(None, asked)
        except (Unreachable, NotAuthorized):
            return None

    def stranger(self, asked: Asked) -> Effective:
        """The same as a user without any grant, who is made for it and deleted."""
        if self._writer is None:
            raise Refused("no user is made on this side")
        made = Login(_MECHANISM, met_last(f"{PROBE_PREFIX}stranger"), random.token_urlsafe(18))
        self._writer.set_password(made.user, made.mechanism, made.password)
        try:
            deadline = time.monotonic() + _SECONDS
            while not self._accepted(made):
                if time.monotonic() > deadline:
                    raise CannotTell(f"{made.user} cannot log in after {_SECONDS:.0f} s")
                time.sleep(0.1)
            return self._as(made, asked)
        finally:
            self._writer.delete_scram(made.user, made.mechanism)

    def _accepted(self, login: Login) -> bool:
        wire = self._connect(login)
        try:
            for broker in wire.brokers():
                wire.connection(broker)
        except NotAuthenticated:
            return False
        finally:
            wire.close()
        return True

    def _as(self, login: Login | None, asked: Asked) -> Effective:
        wire = self._connect(login)
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
