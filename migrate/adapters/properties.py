"""client.properties, as every Kafka tool takes it with --command-config, into a login and a TLS context."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import javaproperties

from migrate.adapters.kafka.connection import Login
from migrate.adapters.secrets import Secrets
from migrate.errors import UsageError
from migrate.model.reference import PATTERN, parse

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_OPTION = re.compile(r'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"')
_CONVERT = "keytool -importkeystore, then openssl pkcs12 -in STORE.p12 -nokeys -out ca.pem"


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


def read(path: Path, secrets: Secrets) -> ClientConfig:
    """The client that the file describes; `UsageError` names the property that is wrong, never its value."""
    try:
        raw = javaproperties.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError:
        # the parser's message quotes the value, which may be a secret
        raise UsageError(f"{path} is not a properties file in UTF-8") from None
    values = {key: _resolved(value, secrets) for key, value in raw.items()}
    protocol = values.get("security.protocol", "PLAINTEXT").upper()
    if protocol not in ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"):
        raise UsageError(f"{path}: security.protocol is not one that Kafka knows")
    login = _login(path, values) if protocol.startswith("SASL") else None
    tls = _tls(path, values) if protocol.endswith("SSL") else None
    return ClientConfig(login, tls, {"security.protocol": protocol, **_librdkafka(login, values)})


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


_LIBRDKAFKA = {
    "ssl.truststore.location": "ssl.ca.location",
    "ssl.truststore.certificates": "ssl.ca.pem",
    "ssl.keystore.location": "ssl.certificate.location",
    "ssl.key.password": "ssl.key.password",
}
"""PEM stores by their name in Java and in librdkafka; a keystore holds the key too."""


def _librdkafka(login: Login | None, values: Mapping[str, str]) -> dict[str, str]:
    named = {to: values[key] for key, to in _LIBRDKAFKA.items() if values.get(key)}
    if "ssl.certificate.location" in named:
        named["ssl.key.location"] = named["ssl.certificate.location"]
    if values.get("ssl.endpoint.identification.algorithm", "https") == "":
        named["ssl.endpoint.identification.algorithm"] = "none"
    if login is not None:
        named |= {
            "sasl.mechanism": login.mechanism,
            "sasl.username": login.user,
            "sasl.password": login.password,
        }
    return named


def _tls(path: Path, values: Mapping[str, str]) -> ssl.SSLContext:
    for key in ("ssl.truststore.type", "ssl.keystore.type"):
        if values.get(key, "PEM").upper() != "PEM":
            raise UsageError(
                f"{path}: {key}: this version reads PEM only", f"convert it: {_CONVERT}"
            )
    context = ssl.create_default_context()
    if values.get("ssl.endpoint.identification.algorithm", "https") == "":
        context.check_hostname = False
    trust = values.get("ssl.truststore.location")
    store = values.get("ssl.keystore.location")
    try:
        if trust or values.get("ssl.truststore.certificates"):
            context.load_verify_locations(trust, cadata=values.get("ssl.truststore.certificates"))
        if store:
            context.load_cert_chain(store, password=values.get("ssl.key.password"))
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"{path}: cannot load the PEM stores: {type(error).__name__}") from error
    return context
