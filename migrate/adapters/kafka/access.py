"""The effective access of workloads: kmig logs in as each of them and asks one broker, without a side effect."""

import secrets as random
import time
from collections.abc import Callable, Iterable
from operator import attrgetter

from kafka.protocol.admin import DescribeTransactionsRequest

from migrate.adapters.kafka import effective, identities
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.kafka.rows import one_each
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.adapters.secrets import Secrets
from migrate.errors import (
    CannotTell,
    NotAuthenticated,
    NotAuthorized,
    Refused,
    Unreachable,
)
from migrate.model.access import AccessQuestion, EffectiveAccess
from migrate.model.cluster import MECHANISMS
from migrate.model.met_last import met_last
from migrate.model.permissions import PROBE_PREFIX
from migrate.model.reference import Reference

_SECONDS = 20.0
_DENIED = 53
"""TRANSACTIONAL_ID_AUTHORIZATION_FAILED. Brokers check it before NOT_COORDINATOR, so any broker can be question."""


class KafkaAccess:
    """`migrate.ports.Access` on the wire."""

    def __init__(
        self,
        secrets: Secrets,
        logins: KafkaLogins,
        connect: Callable[[Login], Wire],
        nobody: Callable[[], Iterable[Wire]],
        writer: KafkaWriter | None = None,
    ) -> None:
        """`nobody` yields a connection to each broker, without a login and without a client certificate."""
        self._secrets = secrets
        self._logins = logins
        self._connect = connect
        self._nobody = nobody
        self._writer = writer

    def of(
        self, user: str, mechanism: str, secret: Reference, question: AccessQuestion
    ) -> EffectiveAccess:
        """See `Access`."""
        login = Login(mechanism, user, self._secrets.resolve(secret))
        return _ask(self._connect(login), question)

    def anonymous(self, question: AccessQuestion) -> EffectiveAccess | None:
        """See `Access`; raises `Unreachable` where a broker keeps silent, which is no refusal."""
        for wire in self._nobody():
            try:
                wire.brokers()
            except Unreachable as error:
                wire.close()
                if isinstance(error.__cause__, TimeoutError):
                    raise
            else:
                return _ask(wire, question)
        return None

    def stranger(self, question: AccessQuestion) -> EffectiveAccess:
        """See `Access`; raises `CannotTell` when the new user cannot log in for 20 s."""
        if self._writer is None:
            raise Refused("kmig does not create a SCRAM user on the source for this check")
        user = met_last(f"{PROBE_PREFIX}stranger")
        login = Login(self._offered(), user, random.token_urlsafe(18))
        self._writer.set_password(user, login.mechanism, login.password)
        try:
            deadline = time.monotonic() + _SECONDS
            while not self._accepted(login):
                if time.monotonic() > deadline:
                    raise CannotTell(
                        f"cannot log in to the target as the new SCRAM user {user}: "
                        f"still refused after {_SECONDS:.0f} s",
                        "check that every broker of the target follows the controller's metadata, "
                        "then rerun the command",
                    )
                time.sleep(0.1)
            return _ask(self._connect(login), question)
        finally:
            self._writer.delete_scram(user, login.mechanism)

    def _offered(self) -> str:
        """Return a SCRAM mechanism that the target's listener offers."""
        for mechanism in sorted(MECHANISMS.values(), reverse=True):
            if self._logins.offers(mechanism):
                return mechanism
        raise CannotTell(
            "the target's listener offers no SCRAM mechanism: "
            "kmig cannot test what a user without grants may do",
            "name a listener with SCRAM in target.bootstrap_servers",
        )

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

    def mechanism(self, place: Reference, otherwise: str) -> str:
        """See `Access`."""
        return self._secrets.mechanism(place, otherwise)


def _ask(wire: Wire, question: AccessQuestion) -> EffectiveAccess:
    """Return what this connection's login may do, and close the connection."""
    try:
        return EffectiveAccess(
            topics=effective.topics(wire, question.topics),
            groups=effective.groups(wire, question.groups),
            cluster=effective.cluster(wire),
            describes=may_describe(wire, question.transactional_ids),
            lists_acls=_lists_acls(wire),
        )
    finally:
        wire.close()


def may_describe(wire: Wire, ids: tuple[str, ...]) -> dict[str, bool]:
    """Return for each transactional id whether this login may describe it."""
    if not ids:
        return {}
    answer = wire.call(DescribeTransactionsRequest(transactional_ids=list(ids)))
    rows = one_each(answer.transaction_states, attrgetter("transactional_id"))
    return {name: row.error_code != _DENIED for name, row in rows.items()}


def _lists_acls(wire: Wire) -> bool:
    try:
        identities.acls_of(wire.site, wire.call(identities.all_acls()))
    except NotAuthorized:
        return False
    return True
