"""Hidden copies: what is found, what is passed over, and that no value comes out."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from migrate.adapters.scan import files, scan
from migrate.errors import UsageError
from migrate.model.use import ExposedSecret

MARK = 'p4ss/w+rd "ü" MARK'
KNOWN = {"${env:PW}": MARK}


def found(tmp_path: Path, text: str, name: str = "file.txt") -> list[ExposedSecret]:
    path = tmp_path / name
    path.write_text(text)
    copies = scan(path, KNOWN)
    assert MARK not in repr(copies)
    return list(copies)


@pytest.mark.parametrize(
    "text",
    [
        MARK,
        base64.b64encode(MARK.encode()).decode(),
        quote(MARK, safe=""),
        json.dumps(MARK),
        json.dumps({"note": f"in a sentence {MARK} of a ticket"}),
    ],
)
def test_a_known_secret_in_any_form_is_found_with_its_line(tmp_path: Path, text: str) -> None:
    (exposed,) = found(tmp_path, f"one\ntwo\n{text}\n")
    assert (exposed.line, exposed.of) == (3, "${env:PW}")
    assert exposed.found.startswith("the ")
    assert exposed.found.endswith("value")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("DB_PASSWORD=hunter2xx", "DB_PASSWORD"),
        ("export API_TOKEN='abc123def'", "API_TOKEN"),
        ("  - DB_PASSWORD=hunter2xx", "DB_PASSWORD"),
        ("  db_password: hunter2xx", "db_password"),
        ('  "connection.password": "hunter2xx",', "connection.password"),
        ("ssl.key.password=hunter2xx", "ssl.key.password"),
    ],
)
def test_a_literal_is_found_by_its_key(tmp_path: Path, line: str, key: str) -> None:
    (copy,) = found(tmp_path, line)
    assert f"key `{key}`" in copy.found
    assert "hunter2xx" not in repr(copy)


@pytest.mark.parametrize(
    "line",
    [
        'sasl.jaas.config=X required username="a" password="hunter2xx";',
        "url: mongodb://me:hunter2xx@db/x",
        "curl -H 'Authorization: Bearer abcdefgh12345678'",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_a_literal_is_found_by_its_shape(tmp_path: Path, line: str) -> None:
    (copy,) = found(tmp_path, line)
    assert copy.found == "text in the form of a secret"


@pytest.mark.parametrize(
    "line",
    [
        "password=${file:/run/secrets:pw}",
        "DB_PASSWORD=${DB_PASSWORD}",
        "password: {{ vault_password }}",
        "password: <to be filled in>",
        "password=********",
        "password:",
        "password: null",
        "password: true",
        "token.expiry.seconds: 3600",
        "ssl.keystore.location=/etc/kafka/store.p12",
        "the password is in the vault",
        'sasl.jaas.config=X required username="a" password="${env:PW}";',
    ],
)
def test_references_and_stand_ins_are_not_found(tmp_path: Path, line: str) -> None:
    assert found(tmp_path, line) == []


def test_every_value_of_a_secret_manifest_is_one(tmp_path: Path) -> None:
    manifest = (
        "kind: Secret\nmetadata:\n  name: x\ndata:\n  anything: aHVudGVyMg==\n---\nkind: Pod\n"
    )
    (copy,) = found(tmp_path, manifest)
    assert (copy.line, copy.found) == (5, "key `anything` of a Secret manifest")


def test_binary_files_are_searched_for_copies_alone(tmp_path: Path) -> None:
    path = tmp_path / "store"
    path.write_bytes(b"\0\1\n" + MARK.encode() + b"\npassword=hunter2xx\n")
    (copy,) = scan(path, KNOWN)
    assert (copy.line, copy.of) == (2, "${env:PW}")


def test_links_to_folders_and_git_are_not_followed_and_what_cannot_be_read_is_said(
    tmp_path: Path,
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x").write_text("password=hunter2xx")
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "nothing").symlink_to(tmp_path / "none")
    faults: list[str] = []
    assert list(files([str(tmp_path)], faults.append)) == [tmp_path / "a", tmp_path / "link"]
    assert faults == [f"{tmp_path}/nothing: a broken link"]
    with pytest.raises(UsageError, match="no such file"):
        list(files([str(tmp_path / "none")]))


def test_a_provider_that_may_read_any_file_is_found(tmp_path: Path) -> None:
    named = "config.providers=f\nconfig.providers.f.class=org.x.FileConfigProvider\n"
    (copy,) = found(tmp_path, named)
    assert (copy.line, copy.found) == (2, "provider f without allowed.paths")
    assert found(tmp_path, named + "config.providers.f.param.allowed.paths=/run/secrets\n") == []


@pytest.mark.parametrize(
    "text",
    [
        '{"name":"x","config":{"connector.class":"Y","database.password":"hunter2xx"}}',
        '{"connector.class": "Y", "database.password": "hunter2xx"}',
        "env:\n- name: DB_PASSWORD\n  value: hunter2xx\n",
        "env:\n- {name: DB_PASSWORD, value: hunter2xx}\n",
        "db.password=12345678",
        "db.password=$ecr3tpw",
        "db.password=#abcdef",
        '{"kind": "Secret",\n "kind": "Secret"\n}\nkind: "Secret"\ndata:\n  x: aHVudGVyMg==\n',
    ],
)
def test_common_forms_are_found(tmp_path: Path, text: str) -> None:
    assert len(found(tmp_path, text)) == 1


def test_a_file_in_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.properties"
    path.write_bytes("a=b\ndb.password=hunter2xx\n".encode("utf-16"))
    assert [copy.line for copy in scan(path, {})] == [2]


def test_a_known_secret_is_found_without_the_end_of_line_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("x hunter2xx y\n")
    assert [copy.of for copy in scan(path, {"${dir:/s:one}": "hunter2xx\n"})] == ["${dir:/s:one}"]
