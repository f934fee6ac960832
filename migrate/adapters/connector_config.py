"""A connector's configuration into what may be known of it: the values go in, and only their classes come out."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

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
_AN_ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)?://(?:[^/?#@]*@)?(?P<host>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>\d{1,5}))?(?P<rest>(?:[/?#;].*)?)",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN = re.compile(r",(?=\s*[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
"""Between two addresses of a list: a comma may also be a part of a password."""

_WHO = re.compile(r"(auth|login|user|name|cred)", re.IGNORECASE)
"""Keys whose value is a user and a password with a colon between them, as likely as a host and a port."""

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
    """The Kafka users that client overrides log in as; `?` where the name is a reference, or cannot be read."""
    found = set()
    for name, value in config.items():
        if ".override.sasl.jaas.config" in name:
            users = _USERNAME.findall(value) or ["${}"]
            found |= {"?" if "${" in user else f"User:{user}" for user in users}
    return tuple(sorted(found))


def registries(config: Mapping[str, str]) -> tuple[str, ...]:
    """Addresses of schema registries, without user or password."""
    urls = [v for k, v in config.items() if k.endswith("schema.registry.url")]
    return tuple(sorted({bare(url) for value in urls for url in _BETWEEN.split(value)}))


def bare(url: str) -> str:
    """Scheme, host and port of an address and nothing else; what could hide a password in them is not shown."""
    if references(url):
        return "a reference"
    found = _parts(url.strip())
    if found is None:
        return "an address that cannot be read"
    scheme, host, port = found
    return f"{scheme}://{host}{f':{port}' if port else ''}"


def _parts(url: str) -> tuple[str, str, str] | None:
    """Scheme, host and port; None where a password that was not escaped may stand in their place."""
    match = _AN_ADDRESS.fullmatch(url)
    if match is None or "@" in match["rest"]:
        return None
    return match["scheme"], match["host"], match["port"] or ""


def systems(config: Mapping[str, str]) -> tuple[str, ...]:
    """host:port of everything outside Kafka that the configuration names, as far as it can be read."""
    found: set[str] = set()
    for name, value in config.items():
        if _KAFKA.search(name) or not _PLACE.search(name):
            continue
        found |= {address for url in _URL.findall(value) for address in (_address(url),) if address}
        plain = "://" not in value and "@" not in value and not _WHO.search(name)
        if plain and classify(name, value) is None:
            found |= {f"{host}:{port}" for host, port in _ADDRESS.findall(value)}
    host, port = config.get("database.hostname"), config.get("database.port")
    if host and not references(host):
        found.add(f"{host}:{port}" if port else host)
    return tuple(sorted(found))


def _address(url: str) -> str:
    if "${" in url:
        return ""
    found = _parts(url.rpartition("://")[0].rpartition(":")[2] + "://" + url.rpartition("//")[2])
    if found is None:
        return ""
    scheme, host, port = found
    known = port or _PORTS.get(scheme.lower())
    return f"{host}:{known}" if known else host
