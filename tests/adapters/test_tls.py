"""Java's stores, made by Java's own keytool where it is there, against a TLS server that demands a certificate."""

import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import jks
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import load_pem_x509_certificate

from migrate.adapters import tls
from migrate.adapters.properties import read
from migrate.adapters.secrets import Secrets
from migrate.errors import Refused, UsageError
from tests.adapters.test_properties import private

STORE, KEY = "store-pass-1", "key-pass-1"


class Made:
    """One authority, one client, in every kind of store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.client = self.authority.issue_cert("client@example.org")
        self.ca = self.authority.cert_pem.bytes()
        self.key = self.client.private_key_pem.bytes()
        self.chain = b"".join(blob.bytes() for blob in self.client.cert_chain_pems)
        self.loaded = serialization.load_pem_private_key(self.key, None)
        sealed = serialization.BestAvailableEncryption(KEY.encode())
        form = serialization.PrivateFormat.PKCS8
        self.sealed_key = self.loaded.private_bytes(serialization.Encoding.PEM, form, sealed)

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)
        return path

    def pem(self) -> dict[str, str]:
        return {
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.write("ca.pem", self.ca)),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.write("client.pem", self.sealed_key + self.chain)),
            "ssl.key.password": KEY,
        }

    def inline(self) -> dict[str, str]:
        return {
            "ssl.truststore.type": "PEM",
            "ssl.truststore.certificates": self.ca.decode(),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.key": self.sealed_key.decode(),
            "ssl.keystore.certificate.chain": self.chain.decode(),
            "ssl.key.password": KEY,
        }

    def packed(self) -> dict[str, str]:
        sealed = serialization.BestAvailableEncryption(STORE.encode())
        authority = load_pem_x509_certificate(self.ca)
        trust = pkcs12.serialize_key_and_certificates(None, None, None, [authority], sealed)
        certificate = load_pem_x509_certificate(self.chain)
        own = pkcs12.serialize_key_and_certificates(b"me", self.loaded, certificate, None, sealed)  # type: ignore[arg-type]
        return {
            "ssl.truststore.type": "PKCS12",
            "ssl.truststore.location": str(self.write("trust.p12", trust)),
            "ssl.truststore.password": STORE,
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": str(self.write("client.p12", own)),
            "ssl.keystore.password": STORE,
        }

    def java(self) -> dict[str, str]:
        der = serialization.Encoding.DER
        trusted = jks.TrustedCertEntry.new(
            "ca", load_pem_x509_certificate(self.ca).public_bytes(der)
        )
        jks.KeyStore.new("jks", [trusted]).save(str(self.folder / "trust.jks"), STORE)
        clear = serialization.NoEncryption()
        raw = self.loaded.private_bytes(der, serialization.PrivateFormat.PKCS8, clear)
        chain = [load_pem_x509_certificate(self.chain).public_bytes(der)]
        own = jks.PrivateKeyEntry.new("me", chain, raw, "pkcs8")
        own.encrypt(KEY)
        jks.KeyStore.new("jks", [own]).save(str(self.folder / "client.jks"), STORE)
        return {
            "ssl.truststore.location": str(self.folder / "trust.jks"),
            "ssl.truststore.password": STORE,
            "ssl.keystore.location": str(self.folder / "client.jks"),
            "ssl.keystore.password": STORE,
            "ssl.key.password": KEY,
        }

    def keytool(self) -> dict[str, str]:
        """PKCS12 as keytool makes it, a trust store without any key."""
        tool = shutil.which("keytool")
        if tool is None:
            pytest.skip("no keytool on this machine")
        self.write("ca.pem", self.ca)
        store = ["-keystore", str(self.folder / "kt.p12"), "-storepass", STORE, "-noprompt"]
        options = ["-importcert", "-alias", "ca", "-file", str(self.folder / "ca.pem")]
        subprocess.run(
            [tool, *options, *store, "-storetype", "PKCS12"], check=True, capture_output=True
        )
        trust = {
            "ssl.truststore.location": str(self.folder / "kt.p12"),
            "ssl.truststore.password": STORE,
        }
        return {**self.packed(), **trust}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def handshake(made: Made, context: ssl.SSLContext) -> str:
    """The name that a server which demands a certificate sees."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=made.ca.decode())
    server.verify_mode = ssl.CERT_REQUIRED
    made.authority.issue_cert("localhost").configure_cert(server)
    seen: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            accepted, _ = listener.accept()
            with server.wrap_socket(accepted, server_side=True) as there:
                seen.append(str((there.getpeercert() or {})["subjectAltName"]))
                there.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        address = listener.getsockname()
        with (
            socket.create_connection(address, 5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as here,
        ):
            here.sendall(b"x")
        thread.join(5)
    return seen[0]


def properties(made: Made, values: dict[str, str]) -> Path:
    escaped = {k: v.replace("\n", "\\n\\\n  ") for k, v in values.items()}
    text = "security.protocol=SSL\n" + "".join(f"{k}={v}\n" for k, v in escaped.items())
    return private(made.folder / "client.properties", text)


@pytest.mark.parametrize("kind", ["pem", "inline", "packed", "java", "keytool"])
def test_every_kind_of_store_logs_in(made: Made, kind: str) -> None:
    found = read(properties(made, getattr(made, kind)()), Secrets({}, made.folder))
    assert found.tls is not None
    assert "client@example.org" in handshake(made, found.tls)
    assert "BEGIN ENCRYPTED PRIVATE KEY" in found.librdkafka["ssl.key.pem"]
    assert "ssl.ca.pem" in found.librdkafka
    assert "ssl.key" not in repr(found)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("packed", "ssl.truststore.password"),
        ("packed", "ssl.keystore.password"),
        ("java", "ssl.truststore.password"),
        ("java", "ssl.keystore.password"),
        ("java", "ssl.key.password"),
        ("pem", "ssl.key.password"),
    ],
)
def test_a_wrong_password_is_said_and_not_shown(made: Made, kind: str, key: str) -> None:
    values = {**getattr(made, kind)(), key: "wrong-hunter2x"}
    with pytest.raises(UsageError, match="cannot be opened") as error:
        read(properties(made, values), Secrets({}, made.folder))
    assert "hunter2x" not in str(error.value)
    assert "the password is wrong" in error.value.message


def test_an_empty_algorithm_switches_the_name_check_off(made: Made) -> None:
    values = {**made.pem(), "ssl.endpoint.identification.algorithm": ""}
    found = read(properties(made, values), Secrets({}, made.folder))
    assert found.tls is not None
    assert not found.tls.check_hostname
    assert found.librdkafka["ssl.endpoint.identification.algorithm"] == "none"


def test_a_key_that_everybody_may_read_is_refused(made: Made) -> None:
    values = made.pem()
    Path(values["ssl.keystore.location"]).chmod(0o644)
    with pytest.raises(Refused, match="every user of this machine can read it"):
        tls.read(made.folder / "p", values)


def test_a_store_that_trusts_nobody_is_not_taken_for_none(made: Made) -> None:
    values = made.java()
    swapped = {
        "ssl.truststore.location": values["ssl.keystore.location"],
        "ssl.truststore.password": values["ssl.keystore.password"],
    }
    with pytest.raises(UsageError, match=r"ssl\.truststore\.location cannot be opened"):
        tls.read(made.folder / "p", swapped)
    back = {
        "ssl.keystore.location": values["ssl.truststore.location"],
        "ssl.keystore.password": values["ssl.truststore.password"],
    }
    with pytest.raises(UsageError, match=r"ssl\.keystore\.location cannot be opened"):
        tls.read(made.folder / "p", back)
