"""Java's trust and key stores (PEM, PKCS12, JKS, or PEM in the property itself) as a TLS context and for librdkafka.

The content of a store decides its kind, as in Java; the declared type only has to be a known one. A private key is
kept encrypted under a password that this process makes up: Python loads keys from files only, and kmig writes no key
in clear.
"""

import secrets
import ssl
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import jks
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from migrate.adapters.secrets import require_private
from migrate.errors import UsageError

_TYPES = ("PEM", "PKCS12", "JKS")
_JKS = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
_Content = TypeVar("_Content")
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class TlsStores:
    """Trusted certificates, own certificate chain and key, in PEM; empty where the properties name none."""

    trusted: str = ""
    chain: str = ""
    key: str = field(default="", repr=False)
    key_password: str = field(default="", repr=False)
    check_hostname: bool = True

    def context(self) -> ssl.SSLContext:
        """Return a client's TLS context; without a trust store it trusts what this machine trusts."""
        context = ssl.create_default_context(cadata=self.trusted or None)
        context.check_hostname = self.check_hostname
        if self.chain:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(self.key + self.chain)
                file.flush()
                try:
                    context.load_cert_chain(file.name, password=self.key_password or None)
                except ssl.SSLError as error:
                    raise UsageError(
                        f"the client's private key does not match its certificate: {error.reason}",
                        "correct ssl.keystore.* in the client properties",
                    ) from None
        return context

    def librdkafka(self) -> dict[str, str]:
        """Return the same as librdkafka's properties."""
        named = {
            "ssl.ca.pem": self.trusted,
            "ssl.certificate.pem": self.chain,
            "ssl.key.pem": self.key,
            "ssl.key.password": self.key_password,
            "ssl.endpoint.identification.algorithm": "" if self.check_hostname else "none",
        }
        return {key: value for key, value in named.items() if value}


def from_librdkafka(client: Mapping[str, str]) -> TlsStores:
    """Return the stores from librdkafka's properties: the inverse of `TlsStores.librdkafka`."""
    return TlsStores(
        trusted=client.get("ssl.ca.pem", ""),
        chain=client.get("ssl.certificate.pem", ""),
        key=client.get("ssl.key.pem", ""),
        key_password=client.get("ssl.key.password", ""),
        check_hostname=client.get("ssl.endpoint.identification.algorithm") != "none",
    )


def read(path: Path, values: Mapping[str, str]) -> TlsStores:
    """Return the stores that client properties name; a `UsageError` names the wrong property, never its value."""
    for side in ("truststore", "keystore"):
        kind = values.get(f"ssl.{side}.type", "JKS").upper()
        if kind not in _TYPES:
            raise UsageError(f"{path}: ssl.{side}.type must be one of {', '.join(_TYPES)}")
    trusted = _trusted(path, values)
    key, chain = _identity(path, values)
    password = secrets.token_urlsafe(24) if key else ""
    return TlsStores(
        trusted="".join(map(_pem, trusted)),
        chain="".join(map(_pem, chain)),
        key=_sealed(key, password) if key else "",
        key_password=password,
        check_hostname=values.get("ssl.endpoint.identification.algorithm", "https") != "",
    )


def _trusted(path: Path, values: Mapping[str, str]) -> list[x509.Certificate]:
    if inline := values.get("ssl.truststore.certificates"):
        return _parsed(path, "ssl.truststore.certificates", lambda: _certificates(inline.encode()))
    store = _Store(path, "truststore", values)
    if not store.location:
        return []
    return store.read(_certificates, _trusted_pkcs12, _trusted_jks)


def _identity(path: Path, values: Mapping[str, str]) -> tuple[Any, list[x509.Certificate]]:
    chain, key = values.get("ssl.keystore.certificate.chain"), values.get("ssl.keystore.key")
    password = values.get("ssl.key.password", "").encode() or None
    if chain and key:
        what = "ssl.keystore.key, ssl.keystore.certificate.chain or ssl.key.password"
        return _parsed(
            path, what, lambda: (_key(key.encode(), password), _certificates(chain.encode()))
        )
    store = _Store(path, "keystore", values)
    if not store.location:
        return None, []
    return store.read(
        lambda raw: (_key(raw, password), _certificates(raw)),
        _identity_pkcs12,
        lambda raw, word: _identity_jks(raw, word, values.get("ssl.key.password") or word),
    )


class _Store:
    """One trust or key store: a file, opened with its password."""

    def __init__(self, path: Path, side: str, values: Mapping[str, str]) -> None:
        self._path = path
        self._name = f"ssl.{side}.location"
        self.location = values.get(self._name, "")
        self._password = values.get(f"ssl.{side}.password", "")

    def read(
        self,
        pem: Callable[[bytes], _Content],
        packed: Callable[[bytes, str], _Content],
        java: Callable[[bytes, str], _Content],
    ) -> _Content:
        """Return the store's content, by the reader for its kind."""
        store = self._path.parent / self.location
        try:
            raw = store.read_bytes()
        except OSError as error:
            raise UsageError(
                f"{self._path}: cannot read the store that {self._name} names: {error.strerror}",
                "relative paths start at the folder of the properties file",
            ) from error
        if b"PRIVATE KEY-----" in raw:
            require_private(store)
        if raw.startswith(_JKS):
            return _parsed(self._path, self._name, lambda: java(raw, self._password))
        if b"-----BEGIN " in raw:
            return _parsed(self._path, self._name, lambda: pem(raw))
        return _parsed(self._path, self._name, lambda: packed(raw, self._password))


def _parsed(path: Path, what: str, parse: Callable[[], _Content]) -> _Content:
    try:
        return parse()
    except (ValueError, TypeError, IndexError, jks.util.KeystoreException):
        # the parsers' messages may quote what they read
        raise UsageError(
            f"{path}: {what} cannot be opened: the password is wrong or the store is damaged",
            "find out which: keytool -list -keystore STORE",
        ) from None


def _certificates(raw: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(raw)


def _key(raw: bytes, password: bytes | None) -> Any:
    with suppress(TypeError):
        return serialization.load_pem_private_key(raw, password)
    return serialization.load_pem_private_key(raw, None)  # a password for a key that has none


def _trusted_pkcs12(raw: bytes, password: str) -> list[x509.Certificate]:
    store = pkcs12.load_pkcs12(raw, password.encode())
    entries = [store.cert, *store.additional_certs]
    return _some([entry.certificate for entry in entries if entry is not None])


def _identity_pkcs12(raw: bytes, password: str) -> tuple[Any, list[x509.Certificate]]:
    key, certificate, more = pkcs12.load_key_and_certificates(raw, password.encode())
    if key is None or certificate is None:
        raise ValueError("no private key")
    return key, [certificate, *more]


def _trusted_jks(raw: bytes, password: str) -> list[x509.Certificate]:
    store = jks.KeyStore.loads(raw, password)
    return _some([x509.load_der_x509_certificate(entry.cert) for entry in store.certs.values()])


def _some(certificates: list[x509.Certificate]) -> list[x509.Certificate]:
    """Refuse an empty trust store: treated like no store, it would trust what this machine trusts."""
    if not certificates:
        raise ValueError("no certificate")
    return certificates


def _identity_jks(
    raw: bytes, password: str, key_password: str
) -> tuple[Any, list[x509.Certificate]]:
    store = jks.KeyStore.loads(raw, password, try_decrypt_keys=False)
    entry = next(iter(store.private_keys.values()), None)
    if entry is None:
        raise ValueError("no private key")
    if not entry.is_decrypted():
        entry.decrypt(key_password)
    chain = [x509.load_der_x509_certificate(der) for _, der in entry.cert_chain]
    return serialization.load_der_private_key(entry.pkey_pkcs8, None), chain


def _sealed(key: Any, password: str) -> str:
    encryption = serialization.BestAvailableEncryption(password.encode())
    form = serialization.PrivateFormat.PKCS8
    sealed: bytes = key.private_bytes(_PEM, form, encryption)
    return sealed.decode()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(_PEM).decode()
