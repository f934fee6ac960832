"""Certificates of a disposable cluster: an authority of its own, and a key with a certificate for each node."""

import ipaddress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class CertificateAuthority:
    """A certificate authority that signs for addresses; its own key is never written.

    The certificates that it issues end at `until`, as late as its own without one.
    """

    def __init__(self, until: datetime | None = None) -> None:
        self._until = until
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("kmig rehearsal")
        self._certificate = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def certificate(self) -> bytes:
        """Return the authority's certificate in PEM."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, address: str) -> bytes:
        """Return a private key (PKCS8, not encrypted) and its certificate chain in PEM, as Kafka takes them."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        certificate = (
            _builder(_named(address), self._name, key.public_key(), self._until)
            .add_extension(alternative, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return private + certificate.public_bytes(serialization.Encoding.PEM) + self.certificate


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    until: datetime | None = None,
) -> x509.CertificateBuilder:
    # the broker, started in this same second, must not find it not yet valid
    begin = datetime.fromtimestamp(0, UTC) + timedelta(days=19_000)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(until or begin + timedelta(days=36_500))
    )
