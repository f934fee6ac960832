import ssl
from pathlib import Path

import pytest
import trustme

from migrate.adapters.properties import read
from migrate.adapters.secrets import Secrets
from migrate.errors import CannotTell, UsageError
from migrate.model.reference import Reference, parse

SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required"


def client(tmp_path: Path, text: str, **environ: str) -> object:
    path = tmp_path / "client.properties"
    path.write_text(text)
    return read(path, Secrets(environ, tmp_path))


def test_jaas_with_java_escapes_and_continuations(tmp_path: Path) -> None:
    text = (
        "# a comment\n! another\nsecurity.protocol = SASL_PLAINTEXT\nsasl.mechanism: SCRAM-SHA-512\n"
        f'sasl.jaas.config={SCRAM} \\\n  username="a\\\\"b" password="p\\=\\:\\u00fc%";\n'
    )
    found = read_login(tmp_path, text)
    assert found == ("SCRAM-SHA-512", 'a"b', "p=:ü%")


def read_login(tmp_path: Path, text: str, **environ: str) -> tuple[str, str, str]:
    path = tmp_path / "client.properties"
    path.write_text(text)
    login = read(path, Secrets(environ, tmp_path)).login
    assert login
    assert "p=" not in repr(login)
    return login.mechanism, login.user, login.password


def test_references_inside_the_file_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "s.properties").write_text("pw=from-file\n")
    base = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=x required "
    assert (
        read_login(tmp_path, base + 'username="u" password="${file:s.properties:pw}";')[2]
        == "from-file"
    )
    assert (
        read_login(tmp_path, base + 'username="u" password="${env:PW}";', PW="from-env")[2]
        == "from-env"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("security.protocol=SASL_PLAINTEXT\n", "sasl.mechanism must be one of"),
        ("security.protocol=MAGIC\n", "security.protocol"),
        (
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=x required;\n",
            "username",
        ),
        ("security.protocol=SSL\nssl.truststore.type=JKS\nssl.truststore.location=x\n", "PEM only"),
        ("security.protocol=SSL\nssl.truststore.location=/nowhere\n", "cannot load"),
    ],
)
def test_what_is_wrong_is_named_and_no_value_is_shown(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        client(tmp_path, text)
    assert says in error.value.message
    assert "MAGIC" not in error.value.message


def test_pem_stores(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "c.pem"
    )
    path = tmp_path / "client.properties"
    path.write_text(
        f"security.protocol=SSL\nssl.truststore.location={tmp_path}/ca.pem\nssl.truststore.type=PEM\n"
        f"ssl.keystore.location={tmp_path}/c.pem\nssl.endpoint.identification.algorithm=\n"
    )
    found = read(path, Secrets({}, tmp_path))
    assert isinstance(found.tls, ssl.SSLContext)
    assert found.tls.check_hostname is False
    assert found.login is None


def reference(text: str) -> Reference:
    found = parse(text)
    assert found
    return found


def test_secrets_come_from_their_providers(tmp_path: Path) -> None:
    (tmp_path / "f.properties").write_text("a\\=b=c\\u00fcd\n")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "name").write_text("whole file\n")
    store = Secrets({"X": "y"}, tmp_path)
    assert store.resolve(reference("${env:X}")) == "y"
    assert store.resolve(reference("${file:f.properties:a=b}")) == "cüd"
    assert store.resolve(reference("${dir:d:name}")) == "whole file\n"


def test_a_secret_file_that_cannot_be_parsed_does_not_show_its_content(tmp_path: Path) -> None:
    (tmp_path / "f.properties").write_text("pw=hunter\\user2x\n")
    (tmp_path / "latin.properties").write_bytes(b"pw=h\xfcnter\n")
    for name in ("f", "latin"):
        with pytest.raises(CannotTell) as error:
            Secrets({}, tmp_path).resolve(reference(f"${{file:{name}.properties:pw}}"))
        assert "user2" not in str(error.value)
        assert error.value.__cause__ is None


@pytest.mark.parametrize(
    "text", ["${env:NOPE}", "${file:nope.properties:x}", "${dir:d:nope}", "${vault:a:b}"]
)
def test_a_secret_that_cannot_be_had_is_named_by_its_reference(tmp_path: Path, text: str) -> None:
    with pytest.raises(CannotTell) as error:
        Secrets({}, tmp_path).resolve(reference(text))
    assert text in error.value.message
