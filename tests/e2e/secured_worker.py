"""A Connect worker whose REST interface wants TLS, and a password or a certificate."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from migrate.adapters.tls import TlsStores
from migrate.rehearse.lab.disposable.certificates import CertificateAuthority
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.disposable.worker import Worker

STORE = "store-password"
_EXTENSION = "org.apache.kafka.connect.rest.basic.auth.extension"


@dataclass
class SecuredWorker(Worker):
    """`users` may ask with their passwords; without any, whoever has a certificate of the authority."""

    authority: CertificateAuthority = field(default_factory=CertificateAuthority)
    users: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        packed(self.authority, self.folder / "rest.p12")
        trusted(self.authority, self.folder / "trusted.p12")
        (self.folder / "users.properties").write_text(
            "".join(f"{user}={password}\n" for user, password in self.users.items())
        )
        jaas = self.folder / "jaas.conf"
        jaas.write_text(
            f"KafkaConnect {{ {_EXTENSION}.PropertyFileLoginModule required "
            f'file="{self.folder / "users.properties"}"; }};\n'
        )
        option = f"-Djava.security.auth.login.config={jaas}"
        self.environ = {**self.environ, "JAVA_TOOL_OPTIONS": option}
        super().write()

    def _answers(self) -> bool:
        context = TlsStores(trusted=self.authority.certificate.decode()).context()
        if not self.users:
            certified(self.authority, self.folder / "own.pem", context)
        login = next(iter(self.users.items()), None)
        try:
            answer = httpx.get(f"{self.url}/health", auth=login, verify=context, timeout=2.0)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def _properties(self) -> dict[str, str]:
        plain = super()._properties()
        basic = {"rest.extension.classes": f"{_EXTENSION}.BasicAuthSecurityRestExtension"}
        return {
            **plain,
            "listeners": plain["listeners"].replace("http:", "https:"),
            "rest.advertised.listener": "https",
            "listeners.https.ssl.keystore.location": str(self.folder / "rest.p12"),
            "listeners.https.ssl.keystore.password": STORE,
            "listeners.https.ssl.keystore.type": "PKCS12",
            "listeners.https.ssl.truststore.location": str(self.folder / "trusted.p12"),
            "listeners.https.ssl.truststore.password": STORE,
            "listeners.https.ssl.truststore.type": "PKCS12",
            **(basic if self.users else {"listeners.https.ssl.client.auth": "required"}),
        }


def packed(authority: CertificateAuthority, path: Path) -> None:
    """A key with its certificate, as PKCS12."""
    pem = authority.issue(HOST)
    key = serialization.load_pem_private_key(pem, None)
    own, *chain = x509.load_pem_x509_certificates(pem)
    encryption = serialization.BestAvailableEncryption(STORE.encode())
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"kmig", key, own, chain, encryption)  # type: ignore[arg-type]
    )


def trusted(authority: CertificateAuthority, path: Path) -> None:
    """The authority's certificate, as a trust store that Java reads."""
    certificate = x509.load_pem_x509_certificate(authority.certificate)
    entry = pkcs12.PKCS12Certificate(certificate, b"ca")
    encryption = serialization.BestAvailableEncryption(STORE.encode())
    path.write_bytes(pkcs12.serialize_java_truststore([entry], encryption))


def certified(authority: CertificateAuthority, path: Path, context: ssl.SSLContext) -> None:
    """Give a client's context a certificate of the authority."""
    path.write_bytes(authority.issue(HOST))
    context.load_cert_chain(path)
