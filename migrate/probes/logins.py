"""Probes of logins: SCRAM users that are created and deleted, and the lifetime of a session."""

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
from migrate.probes.clients import ClientError, ProbeClient
from migrate.probes.registry import through_client, with_requests
from migrate.probes.sandbox import (
    NotOffered,
    ProbeFailed,
    ProbeUnknown,
    Sandbox,
    expect,
    until,
)

_TOPIC_AUTHORIZATION_FAILED = 29
_WAITED = 15.0
"""Seconds of a session lifetime that a probe waits for; a longer one is announced, and not proven."""

_SLACK = 1.0


@contextmanager
def user(sandbox: Sandbox) -> Iterator[Login]:
    """Create a SCRAM user without grants for the body, and delete it after it."""
    mine = sandbox.settings.login
    if mine is None:
        raise ProbeUnknown("kmig's listener has no logins, so no user can be tried")
    login = Login(_mechanism(sandbox, mine), met_last(sandbox.prefix), secrets.token_urlsafe(18))
    sandbox.writer.set_password(login.user, login.mechanism, login.password)
    try:
        _until_listed(sandbox, login, there=True)
        until("every broker to accept the user", lambda: _answers(sandbox, login) == {"yes"})
        yield login
    finally:
        with suppress(KmigError):
            sandbox.writer.delete_scram(login.user, login.mechanism)


def _mechanism(sandbox: Sandbox, mine: Login) -> str:
    """Return kmig's own mechanism, or else a SCRAM mechanism that the listener offers."""
    if mine.mechanism.startswith("SCRAM"):
        return mine.mechanism
    logins = KafkaLogins(sandbox.wire, Secrets({}, Path()), sandbox.tls, 5.0)
    for mechanism in sorted(MECHANISMS.values(), reverse=True):
        if logins.offers(mechanism):
            return mechanism
    raise NotOffered("the listener offers no SCRAM mechanism")


def _until_listed(sandbox: Sandbox, login: Login, *, there: bool) -> None:
    def shown() -> bool:
        listed = sandbox.reader.scram_credentials()
        return any((c.user, c.mechanism) == (login.user, login.mechanism) for c in listed)

    what = "the user to be listed" if there else "the deleted user to be listed no longer"
    until(what, lambda: shown() is there)


def _answers(sandbox: Sandbox, login: Login) -> set[str]:
    """Return the brokers' answers to a login: `yes`, `no`, or both."""
    answers = set()
    for broker in sandbox.reader.brokers():
        try:
            Connection(
                Address(sandbox.settings.site, broker.host, broker.port), login, sandbox.tls, 5.0
            ).close()
            answers.add("yes")
        except NotAuthenticated:
            answers.add("no")
    return answers


@with_requests("scram")
def scram(sandbox: Sandbox) -> str:
    """Log in as a new user, with another password, and after the user's deletion."""
    with user(sandbox) as login:
        wrong = Login(login.mechanism, login.user, secrets.token_urlsafe(18))
        expect(_answers(sandbox, wrong) == {"no"}, "another password was accepted")
    _until_listed(sandbox, login, there=False)
    until("every broker to refuse the deleted user", lambda: _answers(sandbox, login) == {"no"})
    return (
        f"{login.mechanism}: listed, accepted, refused (58) with another password and once deleted"
    )


@through_client("scram")
def scram_through_client(sandbox: Sandbox, client: ProbeClient) -> str:
    """Log in as a new user through a client library, which may then not read."""
    topic = sandbox.topic()
    with user(sandbox) as login:
        names = ("sasl.mechanism", "sasl.username", "sasl.password")
        given = dict(zip(names, (login.mechanism, login.user, login.password), strict=True))
        settings = sandbox.settings.model_copy(
            update={"client": {**sandbox.settings.client, **given}}
        )
        try:
            type(client)(Sandbox(settings, sandbox.probe)).read(topic)
        except ClientError as no:
            expect(
                no.code == _TOPIC_AUTHORIZATION_FAILED or "uthoriz" in str(no),
                f"logged in, then refused with another error: {no}",
            )
            return f"{login.mechanism}: logged in, and refused as a user without grants"
    return f"{login.mechanism}: logged in"


@with_requests("session-lifetime")
def session_lifetime(sandbox: Sandbox) -> str:
    """Wait for the announced end of a session, and see that the broker ends it."""
    mine = sandbox.settings.login
    if mine is None:
        raise ProbeUnknown("kmig's listener has no logins, so it has no sessions")
    broker = sandbox.reader.brokers()[0]
    session = Connection(
        Address(sandbox.settings.site, broker.host, broker.port), mine, sandbox.tls, 5.0
    )
    try:
        bound, unasked = session.session_lifetime, _unasked(session)
        if not bound:
            raise ProbeUnknown(
                "sessions are unbounded (connections.max.reauth.ms=0): a revocation is proven only after a "
                f"restart{unasked}"
            )
        if bound > _WAITED:
            raise ProbeUnknown(f"{bound:.0f} s announced, too long to wait for in a probe{unasked}")
        time.sleep(bound + _SLACK)
        try:
            session.call(identities.all_scram())
        except Unreachable as error:
            if isinstance(error.__cause__, TimeoutError):
                raise ProbeUnknown("the broker neither answered nor closed the session") from error
            return f"{bound:.0f} s announced; the broker closed the session after them{unasked}"
    finally:
        session.close()
    raise ProbeFailed(f"{bound:.0f} s announced, and the session was still open after them")


def _unasked(session: Connection) -> str:
    """Return what a pass does not prove: this probe sends one request at a time, unlike most clients."""
    if not automq.recognised(session.versions, session.features):
        return ""
    return f"; not asked: clients that pipeline requests over a re-login; {automq.SESSIONS}"
