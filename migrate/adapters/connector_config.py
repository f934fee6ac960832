"""A connector's configuration into what may be known of it: the values go in, and only their classes come out."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from migrate.model.connector import SecretUse
from migrate.model.reference import references
from migrate.model.secrecy import classify, literals

_ADDRESS = re.compile(
    r"(?<![\w.-])((?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*|"
    r"\d{1,3}(?:\.\d{1,3}){3}):(\d{2,5})(?![\w:])"
)
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^\s\"'<>,]+", re.IGNORECASE)
_PLACE = re.compile(
    r"(url|uri|host|server|endpoint|address|broker|node|contact|proxy)", re.IGNORECASE
)
_KAFKA = re.compile(r"(bootstrap\.servers$|schema\.registry\.url$)")
_USERNAME = re.compile(r'username\s*=\s*\\?"([^"\\]*)\\?"')
_PORTS = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "ftp": 21,
    "sftp": 22,
    "postgresql": 5432,
    "mysql": 3306,
    "mongodb": 27017,
    "redis": 6379,
    "amqp": 5672,
    "ldap": 389,
    "s3": 443,
    "sqlserver": 1433,
}


def secrets(
    config: Mapping[str, str], passwords: frozenset[str] | None, key: bytes
) -> tuple[SecretUse, ...]:
    """The class of each value that is or carries a secret; `passwords` are the keys that the plugin declares so.

    None for `passwords` means that the plugin's definition could not be read.
    """
    return tuple(_secrets(config, passwords, key))


def _secrets(
    config: Mapping[str, str], passwords: frozenset[str] | None, key: bytes
) -> Iterator[SecretUse]:
    for name, value in sorted(config.items()):
        declared = passwords is not None and name in passwords
        verdict = classify(name, value, password_type=declared, typed=passwords is not None)
        if verdict is None:
            continue
        plain = literals(name, value, password_type=declared)
        yield SecretUse(
            key=name,
            secrecy=verdict,
            references=references(value),
            fingerprint=fingerprint(_bare(value, plain[0]), key) if len(plain) == 1 else "",
        )


def _bare(value: str, part: str) -> str:
    """The secret itself: in a URL it is written with escapes."""
    return unquote(part) if "://" in value else part


def fingerprint(secret: str, key: bytes) -> str:
    """A keyed fingerprint: equal for equal secrets under one key, and worth nothing without it."""
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()[:16]


def principals(config: Mapping[str, str]) -> tuple[str, ...]:
    """The Kafka users that client overrides log in as; `?` where the name itself is a reference."""
    found = set()
    for name, value in config.items():
        if ".override.sasl.jaas.config" in name:
            for user in _USERNAME.findall(value):
                found.add("?" if references(user) else f"User:{user}")
    return tuple(sorted(found))


def registries(config: Mapping[str, str]) -> tuple[str, ...]:
    """Addresses of schema registries, without user or password."""
    urls = [v for k, v in config.items() if k.endswith("schema.registry.url")]
    return tuple(sorted({bare(url.strip()) for value in urls for url in value.split(",")}))


def bare(url: str) -> str:
    """An address without its user, password, query and fragment."""
    if references(url):
        return "a reference"
    try:
        split = urlsplit(url)
        port = f":{split.port}" if split.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{split.scheme}://{split.hostname or ''}{port}{split.path.rstrip('/')}"


def systems(config: Mapping[str, str]) -> tuple[str, ...]:
    """host:port of everything outside Kafka that the configuration names, as far as it can be read."""
    found: set[str] = set()
    for name, value in config.items():
        if _KAFKA.search(name) or not _PLACE.search(name):
            continue
        for url in _URL.findall(value):
            found |= {address for address in (_address(url),) if address}
        if "://" not in value:
            found |= {f"{host}:{port}" for host, port in _ADDRESS.findall(value)}
    host, port = config.get("database.hostname"), config.get("database.port")
    if host and not references(host):
        found.add(f"{host}:{port}" if port else host)
    return tuple(sorted(found))


def _address(url: str) -> str:
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError:
        return ""
    if not host or references(host) or "$" in host:
        return ""
    known = port or _PORTS.get(split.scheme.rpartition(":")[2].lower())
    return f"{host}:{known}" if known else host
