"""Where references lead on this machine: what is told, what is unknown, and that no value is."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate.adapters import connector_config
from migrate.adapters.places import Places
from migrate.errors import CannotTell, KmigError
from migrate.model.stored import StoredSecret
from migrate.ports.stores import ReferenceUse

HOST = socket.gethostname()
SECRET = "hunter2-and-more"
KEY = b"k" * 16


def places(folder: Path, **environ: str) -> Places:
    return Places(environ, folder, {}, KEY)


def look(folder: Path, reference: str, *clusters: str, **environ: str) -> StoredSecret:
    return places(folder, **environ).look(ReferenceUse(reference, True, clusters))


def of_connectors(folder: Path, reference: str, **environ: str) -> StoredSecret:
    return places(folder, **environ).look(ReferenceUse(reference, False, ("main", "edge")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "db.properties").write_text(
        f"password={SECRET}\ninner=${{file:/run/other:key}}\nempty=\nbeside=a ${{env:PW}}\n"
    )
    (tmp_path / "db.properties").chmod(0o600)
    os.utime(tmp_path / "db.properties", (86400, 86400))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "token").write_text("${env:TOKEN}\n")
    (tmp_path / "bad.properties").write_text(f"password={SECRET}\\u12\n")
    (tmp_path / "latin").write_bytes(b"password=\xff\n")
    (tmp_path / "nothing").touch()
    with (tmp_path / "large").open("wb") as large:
        large.truncate(1024 * 1024 + 1)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "link").symlink_to(tmp_path / "db.properties")
    return tmp_path


def test_a_file_has_a_place_readers_and_a_last_change(folder: Path) -> None:
    told = look(folder, "${file:db.properties:password}")
    assert told.place == f"{folder}/db.properties on {HOST} (where kmig ran)"
    assert told.changed == datetime(1970, 1, 2, tzinfo=UTC)
    assert told.readers[-1].who == "root"
    assert (told.unknown, told.resolves_to, told.unread) == ("", "", ())


def test_a_link_names_both_files(folder: Path) -> None:
    told = look(folder, f"${{file:{folder}/link:password}}")
    assert told.place.startswith(f"{folder}/link, a link to {folder}/db.properties, on ")


@pytest.mark.parametrize(
    ("reference", "inner"),
    [
        ("${file:db.properties:inner}", "${file:/run/other:key}"),
        ("${dir:keys:token}", "${env:TOKEN}"),
        ("${env:PW}", "${vault:secret/data/a:b}"),
        ("${file:db.properties:beside}", ""),
    ],
)
def test_a_value_that_is_a_reference_is_named(folder: Path, reference: str, inner: str) -> None:
    """Kafka resolves once; a value that only holds one is a secret."""
    told = look(folder, reference, PW="${vault:secret/data/a:b}")
    assert (told.resolves_to, told.unknown) == (inner, "")


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("${file:none:password}", "{folder}/none does not exist on {host}, where kmig ran"),
        ("${dir:none:x}", "{folder}/none/x does not exist on {host}, where kmig ran"),
        ("${dir:db.properties:x}", "{folder}/db.properties/x does not exist on {host}, where kmig ran"),
        ("${file:db.properties:none}", "on {host}: {folder}/db.properties has no key `none`"),
        ("${file:db.properties:empty}", "on {host}: the secret in {folder}/db.properties is empty"),
        ("${file:bad.properties:password}", "on {host}: {folder}/bad.properties is not a file of secrets in UTF-8"),
        ("${file:latin:password}", "on {host}: {folder}/latin is not a file of secrets in UTF-8"),
        ("${file:keys:password}", "on {host}: {folder}/keys is not a regular file"),
        ("${file:pipe:password}", "on {host}: {folder}/pipe is not a regular file"),
        ("${file:a\0b:password}", "kmig cannot look at {folder}/a\0b on {host}: not a path of this machine"),
        ("${file:nothing:password}", "on {host}: the secret in {folder}/nothing is empty"),
        ("${file:/proc/self/environ:PATH}", "on {host}: the secret in /proc/self/environ is empty"),
        ("${file:large:password}", "on {host}: {folder}/large is larger than 1 MiB, which is no file of secrets"),
        ("${file:loop:password}", "kmig cannot look at {folder}/loop on {host}: Too many levels of symbolic links"),
        ("${env:NONE}", "NONE is not set in kmig's environment on {host}"),
        ("${env:EMPTY}", "EMPTY is not set in kmig's environment on {host}"),
        ("${aws:arn:key}", "kmig cannot read provider `aws`"),
        ("${:x}", "kmig cannot read provider ``"),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_at_says_why(folder: Path, reference: str, why: str) -> None:
    told = look(folder, reference, EMPTY="")
    assert told.unknown == why.format(folder=folder, host=HOST)
    assert told.reference == reference


@pytest.mark.parametrize("name", ["x" * 300, "\udcff", "a\nb", "\x1b[2J", "../../..", "-", "$(id)"])
def test_no_name_of_a_file_stops_it(folder: Path, name: str) -> None:
    assert look(folder, f"${{file:{name}:k}}").unknown
    assert look(folder, f"${{dir:/:{name}}}").unknown
    assert look(folder, f"${{env:{name}}}").unknown


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("${file:pipe:password}", "{folder}/pipe is not a regular file"),
        ("${dir:.:pipe}", "{folder}/pipe is not a regular file"),
        ("${file:large:password}", "{folder}/large is larger than 1 MiB, which is no file of secrets"),
        ("${file:a\0b:k}", "cannot resolve ${{file:a\0b:k}}: it is no path of this machine"),
        ("${file:\ud800:k}", "cannot resolve ${{file:\ud800:k}}: it is no path of this machine"),
        ("${file:half:k}", "the value of ${{file:half:k}} is no text in UTF-8"),
    ],
)  # fmt: skip
def test_comparing_a_secret_neither_waits_nor_ends_the_inventory(
    folder: Path, reference: str, why: str
) -> None:
    (folder / "large").chmod(0o600)
    (folder / "pipe").chmod(0o600)
    (folder / "half").write_text("k=\\ud800\n")
    (folder / "half").chmod(0o600)
    signal.alarm(5)
    with pytest.raises(CannotTell) as error:
        places(folder).fingerprints(reference)
    signal.alarm(0)
    assert error.value.message == why.format(folder=folder)


@pytest.mark.parametrize(
    "value",
    [
        "${:hunter2}",
        "${pA$$:hunter2}",
        "${\n password: hunter2\n}",
        "${1:hunter2}",
        "${vault:\ud800:k}",
    ],
)
def test_a_secret_that_looks_like_a_reference_is_not_shown(folder: Path, value: str) -> None:
    told = look(folder, "${env:PW}", PW=value)
    assert (told.resolves_to, told.unknown) == ("", "")


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory that everybody may enter, and kmig as a user who cannot read every file."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        own = os.geteuid()
        os.seteuid(own or 65534)
        yield Path(name).resolve()
        os.seteuid(own)


def test_a_file_that_kmig_may_not_read_still_has_readers(unprivileged: Path) -> None:
    me = os.geteuid()
    os.seteuid(os.getuid())
    (unprivileged / "db").write_text(f"password={SECRET}")
    (unprivileged / "db").chmod(0)
    (unprivileged / "shut").mkdir(mode=0)
    os.seteuid(me)
    told = look(unprivileged, "${file:db:password}")
    assert told.unknown == f"on {HOST}: kmig may not read {unprivileged}/db: Permission denied"
    assert told.place
    assert told.readers[-1].who == "root"
    hidden = look(unprivileged, "${file:shut/db:password}")
    assert hidden.unknown == (
        f"kmig cannot look at {unprivileged}/shut/db on {HOST}: Permission denied"
    )


def test_a_file_that_everybody_can_read_is_looked_at(folder: Path) -> None:
    """Whoever uses it is refused; that it has these readers is what the inventory is for."""
    (folder / "db.properties").chmod(0o644)
    told = look(folder, "${file:db.properties:password}")
    assert told.unknown == ""
    assert told.readers


def test_a_variable_is_read_by_its_processes_user(folder: Path) -> None:
    told = look(folder, "${env:PW}", PW=SECRET)
    assert told.place == "variable PW in the environment of its processes"
    (reader,) = told.readers
    assert (reader.who, reader.through) == (
        "the user that runs the process, and root",
        "/proc/PID/environ",
    )
    assert told.unread
    assert (told.unknown, told.resolves_to) == ("", "")


def test_references_of_connectors_are_on_their_workers(folder: Path) -> None:
    workers = "the workers of main, edge"
    gone = of_connectors(folder, "${file:/run/none:password}")
    assert gone.unknown == f"on {workers}; kmig looked on {HOST}, where it does not exist"
    here = of_connectors(folder, f"${{file:{folder}/db.properties:password}}")
    assert here.place == f"{folder}/db.properties on {HOST} (where kmig ran)"
    assert here.unread == (f"its readers on {workers}, unless these run on {HOST}",)
    relative = of_connectors(folder, "${file:db.properties:password}")
    assert relative.unknown == f"on {workers}, relative to their directory; kmig cannot look there"
    variable = of_connectors(folder, "${env:PW}", PW="${env:OTHER}")
    assert variable.place == "variable PW in the environment of the Connect workers of main, edge"
    assert variable.unknown == "on the Connect workers of main, edge: kmig cannot look there"
    assert variable.resolves_to == ""


def test_a_declared_one_that_connectors_use_too_has_both(folder: Path) -> None:
    told = look(folder, "${file:db.properties:password}", "main")
    assert told.unread == (f"its readers on the workers of main, unless these run on {HOST}",)
    gone = look(folder, "${file:none:password}", "main")
    assert gone.unknown == f"on the workers of main; kmig looked on {HOST}, where it does not exist"


def test_no_value_is_told(folder: Path) -> None:
    for reference in ("file:db.properties:password", "file:bad.properties:password", "env:PW"):
        told = look(folder, f"${{{reference}}}", PW=SECRET)
        assert "hunter2" not in told.model_dump_json()


def literal(value: str, name: str = "connection.url") -> str:
    (use,) = connector_config.secrets({name: value}, frozenset({"connection.password"}), KEY)
    assert use.fingerprint
    return use.fingerprint


@pytest.mark.parametrize(
    ("kept", "name", "value"),
    [
        ("p@ss/w0rd", "connection.password", "p@ss/w0rd"),
        ("p@ss/w0rd", "connection.url", "jdbc:postgresql://u:p%40ss%2Fw0rd@db:5432/x"),
        ("p%40ss%2Fw0rd", "connection.url", "jdbc:postgresql://u:p%40ss%2Fw0rd@db:5432/x"),
        ("p%40ss%2Fw0rd", "connection.password", "p@ss/w0rd"),
        ("postgresql://u:p%40ss@db/x", "connection.url", "postgresql://u:p%40ss@db/x"),
        ("postgresql://u:p%40ss@db/x", "connection.password", "p@ss"),
        ("p@ss\n", "connection.password", "p@ss"),
    ],
)
def test_a_secret_has_the_fingerprint_of_its_literals(
    folder: Path, kept: str, name: str, value: str
) -> None:
    (folder / "one").write_text(kept)
    (folder / "one").chmod(0o600)
    assert literal(value, name) in places(folder).fingerprints(f"${{dir:{folder}:one}}")
    (folder / "one").write_text(kept.replace("ss", "tt"))
    assert literal(value, name) not in places(folder).fingerprints(f"${{dir:{folder}:one}}")


@pytest.mark.parametrize("reference", ["${env:NONE}", "${vault:a:b}", "${dir:.:open}", "no"])
def test_what_cannot_be_compared_is_an_error(folder: Path, reference: str) -> None:
    (folder / "open").write_text(SECRET)
    (folder / "open").chmod(0o644)
    with pytest.raises(KmigError) as error:
        places(folder).fingerprints(reference)
    assert "hunter2" not in error.value.message
