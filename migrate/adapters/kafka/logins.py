"""Proof of a credential: a login on every broker, judged by what SaslAuthenticate itself answers."""

import ssl

from migrate.adapters.kafka.connection import Address, Connection, Login
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.secrets import Secrets
from migrate.errors import NotAuthenticated
from migrate.model.cluster import Broker
from migrate.model.reference import Reference


class KafkaLogins:
    """`migrate.ports.Logins` on the wire."""

    def __init__(
        self, wire: Wire, secrets: Secrets, tls: ssl.SSLContext | None, timeout: float
    ) -> None:
        self._wire = wire
        self._secrets = secrets
        self._tls = tls
        self._timeout = timeout

    def refused_by(self, user: str, mechanism: str, secret: Reference) -> tuple[str, ...]:
        """The brokers that refuse the login; one that does not answer raises `Unreachable`, which proves nothing."""
        login = Login(mechanism, user, self._secrets.resolve(secret))
        brokers = {broker.id: broker for broker in self._wire.brokers()}
        refusals = self._wire.each(brokers, lambda _, broker: self._refuses(broker, login))
        return tuple(str(brokers[number]) for number, refused in refusals.items() if refused)

    def _refuses(self, broker: Broker, login: Login) -> bool:
        address = Address(self._wire.site, broker.host, broker.port)
        try:
            Connection(address, login, self._tls, self._timeout).close()
        except NotAuthenticated:
            return True
        return False
