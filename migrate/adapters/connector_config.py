"""What an inventory may keep of a connector's config: classes of its secrets, users and addresses, never a value."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from migrate.model.connector import SecretUse
from migrate.model.reference import references
from migrate.model.secrecy import classify, literals, shaped

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
"""The comma between two addresses of a list; any other comma may be a part of a password."""

_WHO = re.compile(r"(auth|login|user|name|cred)", re.IGNORECASE)
"""Keys whose value `a:b` may be a user and a password instead of a host and a port."""

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
    """Return the class of each value that is or contains a secret.

    `passwords` are the keys that the plugin declares as PASSWORD; None means that its definition could not be read.
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
    """Return the secret itself: in a URL it is percent-encoded."""
    return unquote(part) if "://" in value else part


def fingerprint(secret: str, key: bytes) -> str:
    """Return a keyed fingerprint: equal for equal secrets under one key, and useless without the key."""
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()[:16]


def fingerprints(secret: str, key: bytes) -> tuple[str, ...]:
    """Return the fingerprints that the literals of a resolved secret have, wherever they are written.

    A file may keep it percent-encoded, for a URL, or hold the whole URL with it.
    """
    part = shaped(secret)
    forms = (secret, unquote(secret), *((_bare(secret, part[0]),) if len(part) == 1 else ()))
    return tuple(fingerprint(form, key) for form in dict.fromkeys(forms))


def principals(config: Mapping[str, str]) -> tuple[str, ...]:
    """Return the principals that client overrides log in as; `?` where the name is a reference or unreadable."""
    names = set()
    for key, value in config.items():
        if ".override.sasl.jaas.config" in key:
            users = _USERNAME.findall(value) or ["${}"]
            names |= {"?" if "${" in user else f"User:{user}" for user in users}
    return tuple(sorted(names))


def registries(config: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of schema registries, without user and password."""
    urls = [v for k, v in config.items() if k.endswith("schema.registry.url")]
    return tuple(sorted({bare(url) for value in urls for url in _BETWEEN.split(value)}))


def bare(url: str) -> str:
    """Return scheme, host and port of an address; an address that may hide a password there is not shown."""
    if references(url):
        return "a reference"
    parts = _parts(url.strip())
    if parts is None:
        return "an unreadable address"
    scheme, host, port = parts
    return f"{scheme}://{host}{f':{port}' if port else ''}"


def _parts(url: str) -> tuple[str, str, str] | None:
    """Return scheme, host and port; None where an unescaped password may stand in their place."""
    match = _AN_ADDRESS.fullmatch(url)
    if match is None or "@" in match["rest"]:
        return None
    return match["scheme"], match["host"], match["port"] or ""


def systems(config: Mapping[str, str]) -> tuple[str, ...]:
    """Return host:port of every system outside Kafka that the config names, as far as it can be read."""
    addresses: set[str] = set()
    for name, value in config.items():
        if _KAFKA.search(name) or not _PLACE.search(name):
            continue
        addresses |= {address for url in _URL.findall(value) if (address := _address(url))}
        plain = "://" not in value and "@" not in value and not _WHO.search(name)
        if plain and classify(name, value) is None:
            addresses |= {f"{host}:{port}" for host, port in _ADDRESS.findall(value)}
    host, port = config.get("database.hostname"), config.get("database.port")
    if host and not references(host):
        addresses.add(f"{host}:{port}" if port else host)
    return tuple(sorted(addresses))


def _address(url: str) -> str:
    if "${" in url:
        return ""
    parts = _parts(url.rpartition("://")[0].rpartition(":")[2] + "://" + url.rpartition("//")[2])
    if parts is None:
        return ""
    scheme, host, port = parts
    known = port or _PORTS.get(scheme.lower())
    return f"{host}:{known}" if known else host
