"""A client's own file, tried: where it leads, with its address, trust and login; none in a form unknown to kmig."""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path

import javaproperties

from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.properties import MECHANISMS, options, resolved
from migrate.adapters.secrets import Secrets
from migrate.errors import KmigError, UsageError

_ADDRESS = re.compile(r"(?:\w+://)?\[?([^\[\],\s]+?)\]?:(\d+)")
_OTHER_KEYS = frozenset(
    {"ssl.certificate.location", "ssl.key.location", "ssl.keystore.certificate"}
)
"""Client certificates in librdkafka's forms."""


def cluster_of(content: bytes, path: Path, secrets: Secrets, timeout: float) -> str | None:
    """Return the id of the cluster that a file's client logs in to; None for a file in another form.

    Java's properties and librdkafka's are known, with references to files and environment variables of this host.
    Mechanisms are PLAIN and SCRAM. Raises `NotAuthenticated` and `Unreachable`.
    """
    try:
        raw = javaproperties.loads(content.decode())
        values = {key: resolved(value, secrets) for key, value in raw.items()}
    except (ValueError, KmigError):
        return None
    protocol = values.get("security.protocol", "PLAINTEXT").upper()
    addresses, login = _addresses(values), _login(values)
    unknown = protocol.startswith("SASL") and login is None
    unknown |= bool(_OTHER_KEYS & values.keys()) or any("${" in value for value in values.values())
    if not addresses or unknown:
        return None
    try:
        context = _trust(values, path) if protocol.endswith("SSL") else None
    except UsageError:
        return None
    wire = Wire("target", addresses, login, context, timeout)
    try:
        return KafkaReader(wire).describe().cluster_id
    finally:
        wire.close()


def _addresses(values: Mapping[str, str]) -> list[tuple[str, int]]:
    named = values.get("bootstrap.servers") or values.get("metadata.broker.list") or ""
    return [(host, int(port)) for host, port in _ADDRESS.findall(named)]


def _login(values: Mapping[str, str]) -> Login | None:
    """Return the login of SASL properties, by Java's line or by librdkafka's keys."""
    mechanism = values.get("sasl.mechanism") or values.get("sasl.mechanisms") or ""
    told = options(values.get("sasl.jaas.config", ""))
    user = values.get("sasl.username") or told.get("username")
    password = values.get("sasl.password") or told.get("password")
    if mechanism not in MECHANISMS or not user or not password:
        return None
    return Login(mechanism, user, password)


def _trust(values: Mapping[str, str], path: Path) -> ssl.SSLContext:
    from migrate.adapters import tls  # here: its imports take longer than most commands

    own = dict(values)
    if authority := values.get("ssl.ca.location"):
        own |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": authority}
    if values.get("ssl.endpoint.identification.algorithm") == "none":
        own["ssl.endpoint.identification.algorithm"] = ""
    return tls.read(path, own).context()
