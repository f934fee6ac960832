"""Proof of a credential: a login on every broker, judged by the broker's own answer to SaslAuthenticate."""

import ssl

from kafka.protocol.admin import DescribeClusterRequest
from kafka.protocol.sasl import SaslHandshakeRequest

from migrate.adapters.kafka.connection import Address, Connection, Login
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.secrets import Secrets
from migrate.errors import KmigError, NotAuthenticated, Unreachable
from migrate.model.cluster import Broker
from migrate.model.reference import Reference


class KafkaLogins:
    """`migrate.ports.Logins` over Kafka's protocol."""

    def __init__(
        self, wire: Wire, secrets: Secrets, tls: ssl.SSLContext | None, timeout: float
    ) -> None:
        self._wire = wire
        self._secrets = secrets
        self._tls = tls
        self._timeout = timeout

    def refused_by(self, user: str, mechanism: str, secret: Reference) -> tuple[str, ...]:
        """See `Logins`; a broker that does not answer raises `Unreachable`, because silence proves nothing."""
        login = Login(mechanism, user, self._secrets.resolve(secret))
        brokers = {broker.id: broker for broker in self._wire.brokers()}
        refusals = self._wire.each(brokers, lambda _, broker: self._refuses(broker, login))
        return tuple(str(brokers[number]) for number, refused in refusals.items() if refused)

    def offers(self, mechanism: str) -> bool:
        """See `Logins`; asked of every broker by a SaslHandshake, without a login."""
        brokers = {broker.id: broker for broker in self._wire.brokers()}
        offers = self._wire.each(brokers, lambda _, broker: self._offers(broker, mechanism))
        return all(offers.values())

    def _offers(self, broker: Broker, mechanism: str) -> bool:
        address = Address(self._wire.site, broker.host, broker.port)
        connection = Connection(address, None, self._tls, self._timeout)
        try:
            return not connection.call(SaslHandshakeRequest(mechanism=mechanism)).error_code
        finally:
            connection.close()

    def sessions(self, user: str, mechanism: str, secret: Reference) -> tuple["KafkaSession", ...]:
        """See `Logins`."""
        login = Login(mechanism, user, self._secrets.resolve(secret))
        opened: list[KafkaSession] = []
        try:
            for broker in self._wire.brokers():
                address = Address(self._wire.site, broker.host, broker.port)
                opened.append(KafkaSession(Connection(address, login, self._tls, self._timeout)))
        except KmigError:
            for session in opened:
                session.close()
            raise
        return tuple(opened)

    def _refuses(self, broker: Broker, login: Login) -> bool:
        address = Address(self._wire.site, broker.host, broker.port)
        try:
            Connection(address, login, self._tls, self._timeout).close()
        except NotAuthenticated:
            return True
        return False


class KafkaSession:
    """`migrate.ports.Session`: a connection that kmig never re-authenticates."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def broker(self) -> str:
        """See `Session`."""
        return str(self._connection.address)

    @property
    def lifetime(self) -> float:
        """See `Session`."""
        return self._connection.session_lifetime

    def alive(self) -> bool:
        """See `Session`; brokers close an expired session at its next request, and a time-out is no end."""
        try:
            self._connection.call(DescribeClusterRequest())
        except Unreachable as error:
            return isinstance(error.__cause__, TimeoutError)
        return True

    def close(self) -> None:
        """See `Session`."""
        self._connection.close()
