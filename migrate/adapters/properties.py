"""client.properties, as every Kafka tool takes it with --command-config, into a login and a TLS context."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import javaproperties

from migrate.adapters.kafka.connection import Login
from migrate.adapters.secrets import Secrets, require_private
from migrate.errors import UsageError
from migrate.model.reference import PATTERN, parse
from migrate.model.secrecy import literals

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_OPTION = re.compile(r'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class ClientConfig:
    """Who to be and how to talk; `principal` is what a SASL login becomes, empty where only the broker knows."""

    login: Login | None
    tls: ssl.SSLContext | None
    librdkafka: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def principal(self) -> str:
        """`User:` and the SASL user name."""
        return f"User:{self.login.user}" if self.login else ""

    def without_certificate(self) -> ssl.SSLContext | None:
        """The same trust for somebody who shows no certificate; None without TLS."""
        if self.tls is None:
            return None
        from migrate.adapters.tls import from_librdkafka

        trust = {
            k: v for k, v in self.librdkafka.items() if not k.startswith(("ssl.key", "ssl.cert"))
        }
        return from_librdkafka(trust).context()


def read(path: Path, secrets: Secrets) -> ClientConfig:
    """The client that the file describes; `UsageError` names the property that is wrong, never its value."""
    try:
        raw = javaproperties.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError:
        # the parser's message quotes the value, which may be a secret
        raise UsageError(f"{path} is not a properties file in UTF-8") from None
    if any(literals(key, value) for key, value in raw.items()):
        require_private(path, f"{path} holds a secret")
    values = {key: _resolved(value, secrets) for key, value in raw.items()}
    protocol = values.get("security.protocol", "PLAINTEXT").upper()
    if protocol not in ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"):
        raise UsageError(f"{path}: security.protocol is not one that Kafka knows")
    login = _login(path, values) if protocol.startswith("SASL") else None
    shared = {"security.protocol": protocol, **_librdkafka(login)}
    if not protocol.endswith("SSL"):
        return ClientConfig(login, None, shared)
    from migrate.adapters import tls  # and with it key stores of every kind, which take a while

    stores = tls.read(path, values)
    return ClientConfig(login, stores.context(), {**shared, **stores.librdkafka()})


def _resolved(value: str, secrets: Secrets) -> str:
    def one(match: re.Match[str]) -> str:
        reference = parse(match.group())
        return secrets.resolve(reference) if reference else match.group()

    return PATTERN.sub(one, value)


def _login(path: Path, values: Mapping[str, str]) -> Login:
    mechanism = values.get("sasl.mechanism", "")
    if mechanism not in MECHANISMS:
        raise UsageError(f"{path}: sasl.mechanism must be one of {', '.join(MECHANISMS)}")
    options = {
        key: re.sub(r"\\(.)", r"\1", text)
        for key, text in _OPTION.findall(values.get("sasl.jaas.config", ""))
    }
    if not options.get("username") or not options.get("password"):
        raise UsageError(
            f"{path}: sasl.jaas.config must name a username and a password",
            'as in: …ScramLoginModule required username="kmig" password="…";',
        )
    return Login(mechanism, options["username"], options["password"])


def _librdkafka(login: Login | None) -> dict[str, str]:
    if login is None:
        return {}
    return {
        "sasl.mechanism": login.mechanism,
        "sasl.username": login.user,
        "sasl.password": login.password,
    }
