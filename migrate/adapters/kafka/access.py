"""What workloads may do, asked as each of them: their own login, on one broker, without a side effect."""

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
"""TRANSACTIONAL_ID_AUTHORIZATION_FAILED; it comes before NOT_COORDINATOR, so that any broker may be asked."""


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
        """`nobody` are connections to each broker, without a login and without a certificate."""
        self._secrets = secrets
        self._logins = logins
        self._connect = connect
        self._nobody = nobody
        self._writer = writer

    def of(
        self, user: str, mechanism: str, secret: Reference, asked: AccessQuestion
    ) -> EffectiveAccess:
        """Log in as the user, and ask; raises `NotAuthenticated` when the login is refused."""
        login = Login(mechanism, user, self._secrets.resolve(secret))
        return _told(self._connect(login), asked)

    def anonymous(self, asked: AccessQuestion) -> EffectiveAccess | None:
        """The same without any login; None when every broker ends the connection of one who does not log in.

        Raises `Unreachable` where a broker says nothing, which is no refusal.
        """
        for wire in self._nobody():
            try:
                wire.brokers()
            except Unreachable as error:
                wire.close()
                if isinstance(error.__cause__, TimeoutError):
                    raise
            else:
                return _told(wire, asked)
        return None

    def stranger(self, asked: AccessQuestion) -> EffectiveAccess:
        """The same as a user without any grant, who is made for it and deleted."""
        if self._writer is None:
            raise Refused("no user is made on this side")
        made = Login(self._offered(), met_last(f"{PROBE_PREFIX}stranger"), random.token_urlsafe(18))
        self._writer.set_password(made.user, made.mechanism, made.password)
        try:
            deadline = time.monotonic() + _SECONDS
            while not self._accepted(made):
                if time.monotonic() > deadline:
                    raise CannotTell(f"{made.user} cannot log in after {_SECONDS:.0f} s")
                time.sleep(0.1)
            return _told(self._connect(made), asked)
        finally:
            self._writer.delete_scram(made.user, made.mechanism)

    def _offered(self) -> str:
        """A SCRAM mechanism that the listener offers."""
        for mechanism in sorted(MECHANISMS.values(), reverse=True):
            if self._logins.offers(mechanism):
                return mechanism
        raise CannotTell(
            "target's listener offers no SCRAM mechanism: no user can be made to ask as"
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
        """What a rotation wrote beside a secret as its mechanism, or what it was before."""
        return self._secrets.mechanism(place, otherwise)


def _told(wire: Wire, asked: AccessQuestion) -> EffectiveAccess:
    """Ask, and close."""
    try:
        return EffectiveAccess(
            topics=effective.topics(wire, asked.topics),
            groups=effective.groups(wire, asked.groups),
            cluster=effective.cluster(wire),
            describes=may_describe(wire, asked.transactional_ids),
            lists_acls=_lists_acls(wire),
        )
    finally:
        wire.close()


def may_describe(wire: Wire, ids: tuple[str, ...]) -> dict[str, bool]:
    """Whether this login may describe each transactional id."""
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
