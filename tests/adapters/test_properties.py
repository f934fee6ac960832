from pathlib import Path

import pytest

from migrate.adapters.properties import ClientConfig, read
from migrate.adapters.secrets import Secrets
from migrate.errors import CannotTell, Refused, UsageError
from migrate.model.reference import Reference, parse

SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required"


def private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def client(tmp_path: Path, text: str, **environ: str) -> ClientConfig:
    path = private(tmp_path / "client.properties", text)
    return read(path, Secrets(environ, tmp_path))


def test_jaas_with_java_escapes_and_continuations(tmp_path: Path) -> None:
    text = (
        "# a comment\n! another\nsecurity.protocol = SASL_PLAINTEXT\nsasl.mechanism: SCRAM-SHA-512\n"
        f'sasl.jaas.config={SCRAM} \\\n  username="a\\\\"b" password="p\\=\\:\\u00fc%";\n'
    )
    found = read_login(tmp_path, text)
    assert found == ("SCRAM-SHA-512", 'a"b', "p=:ü%")


def read_login(tmp_path: Path, text: str, **environ: str) -> tuple[str, str, str]:
    path = private(tmp_path / "client.properties", text)
    login = read(path, Secrets(environ, tmp_path)).login
    assert login
    assert "p=" not in repr(login)
    return login.mechanism, login.user, login.password


def test_references_inside_the_file_are_resolved(tmp_path: Path) -> None:
    private(tmp_path / "s.properties", "pw=from-file\n")
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
        ("security.protocol=SSL\nssl.truststore.type=MAGIC\n", "PEM, PKCS12, JKS"),
        ("security.protocol=SSL\nssl.truststore.location=/nowhere\n", "ssl.truststore.location"),
    ],
)
def test_what_is_wrong_is_named_and_no_value_is_shown(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        client(tmp_path, text)
    assert says in error.value.message
    assert "MAGIC" not in error.value.message


def reference(text: str) -> Reference:
    found = parse(text)
    assert found
    return found


def test_secrets_come_from_their_providers(tmp_path: Path) -> None:
    private(tmp_path / "f.properties", "a\\=b=c\\u00fcd\n")
    (tmp_path / "d").mkdir()
    private(tmp_path / "d" / "name", "whole file\n")
    store = Secrets({"X": "y"}, tmp_path)
    assert store.resolve(reference("${env:X}")) == "y"
    assert store.resolve(reference("${file:f.properties:a=b}")) == "cüd"
    assert store.resolve(reference("${dir:d:name}")) == "whole file\n"


def test_a_secret_file_that_cannot_be_parsed_does_not_show_its_content(tmp_path: Path) -> None:
    private(tmp_path / "f.properties", "pw=hunter\\user2x\n")
    private(tmp_path / "latin.properties", "").write_bytes(b"pw=h\xfcnter\n")
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


def test_a_secret_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    path = private(tmp_path / "s.properties", "pw=hunter2x\n")
    path.chmod(0o644)
    with pytest.raises(Refused, match="every user of this machine can read it"):
        Secrets({}, tmp_path).resolve(reference("${file:s.properties:pw}"))
    text = 'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=x required username="u" '
    path = private(tmp_path / "client.properties", text + 'password="hunter2x";\n')
    path.chmod(0o644)
    with pytest.raises(Refused, match="every user of this machine can read it"):
        read(path, Secrets({}, tmp_path))
    path.write_text(text + 'password="${env:PW}";\n')
    assert read(path, Secrets({"PW": "x"}, tmp_path)).login, "no secret stands in it"
