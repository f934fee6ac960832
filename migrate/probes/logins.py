"""Probes of logins: SCRAM users that come and go, and how long a session lasts."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from migrate.adapters.kafka import identities
from migrate.adapters.kafka.connection import Address, Connection, Login
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.secrets import Secrets
from migrate.errors import KmigError, NotAuthenticated, Unreachable
from migrate.model import automq
from migrate.model.cluster import MECHANISMS
from migrate.model.met_last import met_last
from migrate.probes.clients import Declined, ProbeClient
from migrate.probes.registry import through_client, with_requests
from migrate.probes.sandbox import (
    CannotSay,
    Fault,
    NotOffered,
    Sandbox,
    expect,
    until,
)

_TOPIC_AUTHORIZATION_FAILED = 29
_WAITED = 15.0
"""Seconds of a session lifetime that a probe waits out; a longer one is announced and not proven."""

_SLACK = 1.0


@contextmanager
def user(sandbox: Sandbox) -> Iterator[Login]:
    """A SCRAM user without any grant, for as long as the block lasts."""
    mine = sandbox.settings.login
    if mine is None:
        raise CannotSay("kmig does not log in to this listener: there are no users")
    made = Login(_mechanism(sandbox, mine), met_last(sandbox.prefix), secrets.token_urlsafe(18))
    sandbox.writer.set_password(made.user, made.mechanism, made.password)
    try:
        _until_listed(sandbox, made, there=True)
        until("its login on every broker", lambda: _said(sandbox, made) == {"yes"})
        yield made
    finally:
        with suppress(KmigError):
            sandbox.writer.delete_scram(made.user, made.mechanism)


def _mechanism(sandbox: Sandbox, mine: Login) -> str:
    """kmig's own mechanism, or a SCRAM one that the listener offers beside it."""
    if mine.mechanism.startswith("SCRAM"):
        return mine.mechanism
    asked = KafkaLogins(sandbox.wire, Secrets({}, Path()), sandbox.tls, 5.0)
    for mechanism in sorted(MECHANISMS.values(), reverse=True):
        if asked.offers(mechanism):
            return mechanism
    raise NotOffered("the listener offers no SCRAM mechanism")


def _until_listed(sandbox: Sandbox, login: Login, *, there: bool) -> None:
    def shown() -> bool:
        found = sandbox.reader.scram_credentials()
        return any((c.user, c.mechanism) == (login.user, login.mechanism) for c in found)

    what = "the user in the list of users" if there else "the user gone from the list of users"
    until(what, lambda: shown() is there)


def _said(sandbox: Sandbox, login: Login) -> set[str]:
    """What the brokers say to a login: `yes`, `no`, or some one and some the other."""
    found = set()
    for broker in sandbox.reader.brokers():
        try:
            Connection(Address("target", broker.host, broker.port), login, sandbox.tls, 5.0).close()
            found.add("yes")
        except NotAuthenticated:
            found.add("no")
    return found


@with_requests("scram")
def scram(sandbox: Sandbox) -> str:
    """Made, listed, logged in, refused with another password, deleted, refused."""
    with user(sandbox) as login:
        wrong = Login(login.mechanism, login.user, secrets.token_urlsafe(18))
        expect(_said(sandbox, wrong) == {"no"}, "another password was accepted")
    _until_listed(sandbox, login, there=False)
    until("the deleted user refused by every broker", lambda: _said(sandbox, login) == {"no"})
    return (
        f"{login.mechanism}: listed, accepted, refused (58) with another password and once deleted"
    )


@through_client("scram")
def scram_through_client(sandbox: Sandbox, client: ProbeClient) -> str:
    """The same login as a client library makes it: it is let in, and told that it may not read."""
    topic = sandbox.topic()
    with user(sandbox) as login:
        names = ("sasl.mechanism", "sasl.username", "sasl.password")
        given = dict(zip(names, (login.mechanism, login.user, login.password), strict=True))
        settings = sandbox.settings.model_copy(
            update={"client": {**sandbox.settings.client, **given}}
        )
        try:
            type(client)(Sandbox(settings, sandbox.probe)).read(topic)
        except Declined as no:
            expect(
                no.code == _TOPIC_AUTHORIZATION_FAILED or "uthoriz" in str(no),
                f"logged in, and then: {no}",
            )
            return f"{login.mechanism}: logged in, and refused as a user without grants"
    return f"{login.mechanism}: logged in"


@with_requests("session-lifetime")
def session_lifetime(sandbox: Sandbox) -> str:
    """Announced, and kept to."""
    mine = sandbox.settings.login
    if mine is None:
        raise CannotSay("kmig does not log in to this listener: there are no sessions")
    broker = sandbox.reader.brokers()[0]
    session = Connection(Address("target", broker.host, broker.port), mine, sandbox.tls, 5.0)
    try:
        bound, unasked = session.session_lifetime, _unasked(session)
        if not bound:
            raise CannotSay(
                "no session ends by itself (connections.max.reauth.ms=0): a revocation is proven only after a "
                f"restart{unasked}"
            )
        if bound > _WAITED:
            raise CannotSay(f"{bound:.0f} s announced, which is too long to wait for here{unasked}")
        time.sleep(bound + _SLACK)
        try:
            session.call(identities.all_scram())
        except Unreachable as error:
            if isinstance(error.__cause__, TimeoutError):
                raise CannotSay("the broker said nothing, which is no end of a session") from error
            return f"{bound:.0f} s announced; the session was closed when they had passed{unasked}"
    finally:
        session.close()
    raise Fault(f"{bound:.0f} s announced, and the session lived on")


def _unasked(session: Connection) -> str:
    """What a pass leaves open: this probe sends one request at a time, as most clients do not."""
    if not automq.recognised(session.versions, session.features):
        return ""
    return f"; not asked: clients that pipeline requests over a re-login; {automq.SESSIONS}"
