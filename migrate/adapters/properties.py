"""client.properties, the file that every Kafka tool takes as --command-config, as a login and a TLS context."""

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
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_OPTION = re.compile(r'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class ClientConfig:
    """The login and the TLS context of a client; `librdkafka` is the same as librdkafka's properties."""

    login: Login | None
    tls: ssl.SSLContext | None
    librdkafka: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def principal(self) -> str:
        """`User:` and the SASL user name; empty without SASL, where only the broker knows the principal."""
        return f"User:{self.login.user}" if self.login else ""

    def without_certificate(self) -> ssl.SSLContext | None:
        """Return a TLS context that trusts the same certificates and shows none of its own; None without TLS."""
        if self.tls is None:
            return None
        from migrate.adapters.tls import from_librdkafka

        trust = {
            k: v for k, v in self.librdkafka.items() if not k.startswith(("ssl.key", "ssl.cert"))
        }
        return from_librdkafka(trust).context()


def read(path: Path, secrets: Secrets) -> ClientConfig:
    """Return the client that the file describes; a `UsageError` names the wrong property, never its value."""
    try:
        raw = javaproperties.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"cannot read client properties {path}: {error.strerror}",
            "check command_config and write_command_config in kmig.yaml",
        ) from error
    except ValueError:
        # the parser's message quotes the value, which may be a secret
        raise UsageError(
            f"{path} is not a properties file in UTF-8", "write one `key=value` a line"
        ) from None
    if any(literals(key, value) for key, value in raw.items()):
        require_private(path)
    values = {key: resolved(value, secrets) for key, value in raw.items()}
    protocol = values.get("security.protocol", "PLAINTEXT").upper()
    if protocol not in _PROTOCOLS:
        raise UsageError(f"{path}: security.protocol must be one of {', '.join(_PROTOCOLS)}")
    login = _login(path, values) if protocol.startswith("SASL") else None
    shared = {"security.protocol": protocol, **_librdkafka(login)}
    if not protocol.endswith("SSL"):
        return ClientConfig(login, None, shared)
    from migrate.adapters import tls  # here: its imports take longer than most commands

    stores = tls.read(path, values)
    return ClientConfig(login, stores.context(), {**shared, **stores.librdkafka()})


def resolved(value: str, secrets: Secrets) -> str:
    """Return a value with its references replaced by the secrets that they name."""

    def secret(match: re.Match[str]) -> str:
        reference = parse(match.group())
        return secrets.resolve(reference) if reference else match.group()

    return PATTERN.sub(secret, value)


def options(line: str) -> dict[str, str]:
    """Return the options of a JAAS line."""
    return {key: re.sub(r"\\(.)", r"\1", text) for key, text in _OPTION.findall(line)}


def _login(path: Path, values: Mapping[str, str]) -> Login:
    mechanism = values.get("sasl.mechanism", "")
    if mechanism not in MECHANISMS:
        raise UsageError(f"{path}: sasl.mechanism must be one of {', '.join(MECHANISMS)}")
    told = options(values.get("sasl.jaas.config", ""))
    if not told.get("username") or not told.get("password"):
        raise UsageError(
            f"{path}: sasl.jaas.config lacks a username or a password",
            'write it as: …ScramLoginModule required username="kmig" password="…";',
        )
    return Login(mechanism, told["username"], told["password"])


def _librdkafka(login: Login | None) -> dict[str, str]:
    if login is None:
        return {}
    return {
        "sasl.mechanism": login.mechanism,
        "sasl.username": login.user,
        "sasl.password": login.password,
    }
