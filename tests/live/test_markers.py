"""A marker in every position that a secret can have, on a real worker and in kmig's files: it comes out nowhere."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from migrate.rehearse import judge
from migrate.rehearse.lab.command import CommandResult
from migrate.rehearse.setup import Rehearsal
from tests.live.conftest import Migration

_NUMBER = count()
SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


class Markers:
    """Values that occur nowhere else, each with characters that URLs, JSON and properties escape."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def __call__(self, where: str) -> str:
        self.made[where] = f'M4RK3R{next(_NUMBER):03}XQZ9/"+%&ü'
        return self.made[where]

    def plain(self, where: str) -> str:
        """One without such characters, for positions that would end at them."""
        self.made[where] = f"M4RK3R{next(_NUMBER):03}XQZ9"
        return self.made[where]


def config(mark: Markers) -> dict[str, str]:
    """A sink's config with a marker in every position that a connector's secret is known to stand in."""
    nested = {"auth": {"password": mark("json field")}, "private_key": mark("json key")}
    basic = base64.b64encode(f"user:{mark('basic')}".encode()).decode()
    key = base64.b64encode(mark("pem").encode()).decode()
    return {
        "connector.class": SINK,
        "topics": "legacy.export",
        "file": "/dev/null",
        "connection.uri": f"mongodb://user:{quote(mark('userinfo'), safe='')}@db.example.com:27017/x",
        "connection.url": f"jdbc:x://db.example.com:1/x?user=u&password={mark.plain('query')}",
        "http.headers": f"Authorization:Bearer {mark.plain('bearer')}|X-Other:1",
        "headers": f"Authorization: Basic {basic}",
        "consumer.override.sasl.jaas.config": f'{SCRAM} required username="u" password="{mark.plain("jaas")}";',
        "ssl.keystore.key": f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----",
        "gcp.credentials": json.dumps(nested),
        "connection.password": mark("by its key"),
        "database.hostname": "db.example.com",
        "mixed.password": "${file:x:y}" + mark("beside a reference"),
        "account.key": mark("account key"),
        "connection.string": f"Endpoint=sb://x.example.com/;SharedAccessKey={mark.plain('shared key')}",
        "proxy.url": f"http://user:{mark.plain('a proxy')}@proxy.example.com:3128",
    }


@contextmanager
def connector(stage: Rehearsal, values: dict[str, str]) -> Iterator[None]:
    assert stage.worker is not None
    url = stage.worker.url
    body = {"name": "marked", "config": values, "initial_state": "STOPPED"}
    assert httpx.post(f"{url}/connectors", json=body, timeout=30).status_code == 201
    try:
        yield
    finally:
        httpx.delete(f"{url}/connectors/marked", timeout=30)


def nowhere(
    mark: Markers, migration: Migration, ran: list[CommandResult], given: set[Path]
) -> None:
    said = [(one.line, (one.out + one.err).encode()) for one in ran]
    written = [
        (str(path), path.read_bytes())
        for path in migration.folder.rglob("*")
        if path.is_file() and path not in given and "secrets" not in path.parts
    ]
    assert {Path(name).name for name, _ in written} >= {"inventory.json", "assessment.json"}
    check = judge.secret_search(mark.made, [*said, *written])
    assert check.verdict == "pass", check
    assert not any(b"Traceback" in text for _, text in said)


def test_no_marker_comes_out_of_a_worker(migration: Migration, stage: Rehearsal) -> None:
    mark = Markers()
    with connector(stage, config(mark)):
        ran = [
            migration.must("inventory"),
            migration.must("-o", "json", "inventory"),
            migration.kmig("assess", "--all"),
            migration.kmig("-o", "json", "assess"),
            migration.kmig("assess", "--why", "secret-literal"),
            migration.kmig("plan"),
            migration.kmig("verify", "network"),
        ]
    document = json.loads((migration.folder / "inventory.json").read_text())
    (found,) = [c for c in document["connect"]["found"]["connectors"] if c["name"] == "marked"]
    seen = {use["key"]: use["secrecy"] for use in found["secrets"]}
    assert seen.pop("mixed.password") == "mixed"
    assert set(seen.values()) == {"literal"}
    unseen = {key for key in config(Markers()) if key not in seen}
    assert unseen == {*("connector.class", "topics", "file", "database.hostname", "mixed.password")}
    nowhere(mark, migration, ran, set())


def test_no_marker_comes_out_of_kmig_s_own_files(migration: Migration, stage: Rehearsal) -> None:
    mark = Markers()
    properties = migration.folder / "secrets" / "source.properties"
    good = properties.read_text()
    migration.must("inventory")
    migration.kmig("assess")
    key = base64.b64encode(mark("pem").encode()).decode()
    pem = f"-----BEGIN PRIVATE KEY-----{key}-----END PRIVATE KEY-----"
    environ = {**migration.environ, "MARKED": mark("environment")}
    bad = [
        f'sasl.jaas.config={SCRAM} required username="kmig" password="{mark.plain("wrong password")}";\n',
        f'sasl.jaas.config={SCRAM} required username="kmig" password="{mark.plain("no end")}\n',
        f'sasl.jaas.config={SCRAM} required usrname="kmig" password="{mark.plain("no user")}";\n',
        'sasl.jaas.config=x required username="kmig" password="${env:MARKED}";\n',
        f"security.protocol={mark.plain('a protocol')}\n",
        f"sasl.mechanism={mark.plain('a mechanism')}\n",
        f"password\\u12={mark.plain('an escape that is none')}\n",
        f"security.protocol=SASL_SSL\nssl.keystore.key={pem}\nssl.keystore.certificate.chain=x\nssl.keystore.type=PEM\n",
        f"security.protocol=SASL_SSL\nssl.truststore.location=secrets/source.properties\nssl.truststore.password={mark.plain('store')}\n",
        f"security.protocol=SASL_SSL\nssl.truststore.type=PEM\nssl.truststore.certificates={mark.plain('certificates')}\n",
    ]
    ran = []
    for text in bad:
        properties.write_text(good + text)
        one = Migration(migration.folder, environ).kmig("inventory")
        assert one.code in (2, 3), one.err
        ran.append(one)
    ran.append(migration.kmig("verify", "network"))
    properties.write_text(good)
    authored = {
        "kmig.yaml": [
            f"\nsource: {{password: {mark.plain('an unknown key')}}}\n",
            f"\nconnect: [{{name: x, source: 'http://u:{mark.plain('a user in an address')}@h:1'}}]\n",
            f"\n  - {mark.plain('no yaml')}: [\n",
        ],
        "workloads.yaml": [
            f"\nworkloads: [{{name: x, credential: {{secret: '{mark('no reference')}'}}}}]\n",
            f"\nextra: {mark.plain('an extra key')}\n",
        ],
    }
    given = set()
    for name, texts in authored.items():
        path = migration.folder / name
        whole = path.read_text()
        given.add(path)
        for text in texts:
            path.write_text(whole + text)
            one = migration.kmig("inventory")
            assert one.code == 2, one.err
            ran.append(one)
        path.write_text(whole)
    nowhere(mark, migration, ran, given)


@pytest.mark.parametrize("encoded", ["raw", "base64", "URL", "JSON"])
def test_a_copy_in_a_file_is_found_and_not_repeated(migration: Migration, encoded: str) -> None:
    mark = Markers()
    secret = mark("known")
    forms = {
        "raw": secret,
        "base64": base64.b64encode(secret.encode()).decode(),
        "URL": quote(secret, safe=""),
        "JSON": json.dumps(secret)[1:-1],
    }
    held = migration.folder / "secrets" / "marked"
    held.mkdir(mode=0o700)
    (held / "one").write_text(secret)
    (held / "one").chmod(0o600)
    migration.edit("workloads.yaml", "${dir:secrets/dir:fraud-scorer}", "${dir:secrets/marked:one}")
    copy = migration.folder / "copy.txt"
    copy.write_text(f"a line\nlook: {forms[encoded]} :here\n")
    ran = [migration.must("inventory", "--scan", str(copy)), migration.kmig("assess", "--all")]
    assert f"{copy},line2" in "".join(ran[1].out.split())  # a long path is broken
    nowhere(mark, migration, ran, {copy})
