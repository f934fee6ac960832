"""The section `stores`, and literals of connectors that are secrets of workloads.yaml: names, never a value."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.adapters import connector_config
from migrate.adapters.places import Places, Store
from migrate.documents.inventory import Inventory
from migrate.errors import Unreachable
from migrate.folder import CONFIG, INVENTORY, WORKLOADS, Folder
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.take import InventorySource, take
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.model.stored import StoredSecret
from migrate.ports.stores import ReferenceUse
from migrate.render import inventory as shown
from migrate.wiring.inventory_source import source as opened
from tests.fakes.memory import MemoryClock, MemoryCluster
from tests.fakes.memory_survey import MemorySurvey

HOST = socket.gethostname()
KEY = b"k" * 16
SECRETS = {"db": "hunter2-the-first", "kafka": "hunter2-of-kafka", "vault": "hunter2-third"}


@dataclass
class Configs:
    """A Connect cluster by the configs of its connectors, which are read as the real adapter reads them."""

    name: str
    configs: Mapping[str, Mapping[str, str]]

    def describe(self) -> ConnectCluster:
        return ConnectCluster(name=self.name, url="http://connect:8083")

    def connectors(self) -> tuple[Connector, ...]:
        return tuple(
            Connector(
                name=name,
                cluster=self.name,
                type="sink",
                connector_class="x",
                state="RUNNING",
                secrets=connector_config.secrets(config, frozenset({"connection.password"}), KEY),
            )
            for name, config in self.configs.items()
        )


class Counting(Places):
    """The real look, which counts what it resolves."""

    resolved: tuple[str, ...] = ()

    def fingerprints(self, reference: str) -> tuple[str, ...]:
        self.resolved += (reference,)
        return super().fingerprints(reference)


@dataclass
class Estate:
    """A migration directory with two secrets in a file, and an inventory of it."""

    folder: Path
    references: tuple[str, ...] = ("${file:db.properties:db}", "${file:db.properties:kafka}")

    def __post_init__(self) -> None:
        file = self.folder / "db.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in SECRETS.items()))
        file.chmod(0o600)
        self.places = Counting({}, self.folder, {"vault": self.silent}, KEY)

    def silent(self) -> Store:
        raise Unreachable("cannot reach store `vault` at http://127.0.0.1:1: Connection refused")

    def taken(self, **configs: Mapping[str, Mapping[str, str]]) -> Inventory:
        source = InventorySource(
            MemorySurvey(MemoryCluster("source")),
            {name: Configs(name, some) for name, some in configs.items()},
            MemoryClock(),
            "User:kmig",
            "s:9092",
            DeclaredAuthorizer(("User:kmig",)),
            self.places,
            self.references,
        )
        return take(source, lambda _: None)


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    return Estate(tmp_path)


def stored(inventory: Inventory) -> dict[str, StoredSecret]:
    assert inventory.stores
    return {one.reference: one for one in inventory.stores.found}


def uses(inventory: Inventory) -> dict[str, SecretUse]:
    return {c.id: use for c in inventory.connect.found.connectors for use in c.secrets}


def test_each_reference_is_looked_at_once_and_in_order(estate: Estate) -> None:
    config = {"connection.password": "${file:/run/none:db}"}
    also = {"connection.password": "${file:db.properties:db}"}
    found = estate.taken(main={"a": config, "b": config, "c": also}, edge={"a": config})
    assert list(stored(found)) == [
        "${file:/run/none:db}",
        "${file:db.properties:db}",
        "${file:db.properties:kafka}",
    ]
    none, db, kafka = stored(found).values()
    assert none.unknown.startswith("on the workers of edge, main; kmig looked on ")
    assert (db.unknown, kafka.unknown) == ("", "")
    assert db.unread == (f"its readers on the workers of main, unless these run on {HOST}",)


def test_it_is_complete_whatever_could_not_be_looked_at(estate: Estate) -> None:
    estate.references = ("${file:none:x}", "${vault:secret/data/a:b}", "${aws:a:b}", "${env:NONE}")
    found = estate.taken()
    assert found.stores
    assert found.stores.standing == "complete"
    assert all(one.unknown for one in found.stores.found)
    assert shown.incomplete(found) == []
    row = next(line for line in shown.text(found) if line.startswith("secret stores"))
    assert row.split(maxsplit=2)[2].split(maxsplit=1)[1] == "4 references: 0 read, 4 unknown"


def test_it_does_not_change_what_is_planned_on(estate: Estate) -> None:
    config = {"connection.password": SECRETS["db"]}
    before = estate.taken(main={"a": config})
    os.utime(estate.folder / "db.properties", (0, 0))
    after = estate.taken(main={"a": config})
    assert before.stores != after.stores
    estate.references = ()
    assert uses(estate.taken(main={"a": config}))["main/a"].of == ""
    digests = {before.steady_digest, after.steady_digest}
    assert digests == {estate.taken(main={"a": config}).steady_digest}


def test_a_literal_names_the_reference_whose_secret_it_is(estate: Estate) -> None:
    found = uses(
        estate.taken(
            main={
                "a": {"connection.password": SECRETS["db"]},
                "b": {"connection.url": f"jdbc:postgresql://u:{SECRETS['db']}@db/x"},
                "c": {"connection.password": "another"},
                "d": {"connection.password": "${file:db.properties:db}"},
                "e": {"connection.url": f"jdbc:x://u:{SECRETS['db']}@a/?token=${{env:TOKEN}}"},
                "f": {"connection.url": f"jdbc:x://u:{SECRETS['db']}@a/?token={SECRETS['kafka']}"},
            }
        )
    )
    assert not any(use.fingerprint for use in found.values())
    db = "${file:db.properties:db}"
    assert {name: (use.of, use.same_as) for name, use in found.items()} == {
        "main/a": (db, ""),
        "main/b": (db, "main/a, key `connection.password`"),
        "main/c": ("", ""),
        "main/d": ("", ""),
        "main/e": (db, "main/a, key `connection.password`"),
        "main/f": ("", ""),
    }


def test_the_first_of_several_references_is_named(estate: Estate) -> None:
    (estate.folder / "a").write_text(f"{SECRETS['db']}\n")
    (estate.folder / "a").chmod(0o600)
    estate.references = ("${file:db.properties:db}", "${dir:.:a}", "${file:db.properties:db}")
    found = estate.taken(main={"a": {"connection.password": SECRETS["db"]}})
    assert uses(found)["main/a"].of == "${dir:.:a}"


def test_secrets_are_resolved_only_for_a_literal(estate: Estate) -> None:
    estate.taken(main={"a": {"connection.password": "${env:PW}"}})
    assert estate.places.resolved == ()
    estate.taken(main={"a": {"connection.password": "x"}, "b": {"connection.password": "y"}})
    assert estate.places.resolved == estate.references


def test_what_could_not_be_compared_is_said(estate: Estate) -> None:
    """A file that everybody can read is looked at, and its secret is not used."""
    (estate.folder / "db.properties").chmod(0o644)
    found = estate.taken(main={"a": {"connection.password": SECRETS["db"]}})
    assert uses(found)["main/a"].of == ""
    db = stored(found)["${file:db.properties:db}"]
    assert db.unknown == ""
    assert db.unread[-1].startswith("whether connectors hold it in clear: ")
    assert db.unread[-1].endswith("holds a secret and every user of this machine can read it")


def test_an_inventory_of_a_cluster_is_opened_with_what_is_needed(tmp_path: Path) -> None:
    site = '{bootstrap_servers: "127.0.0.1:1"}'
    (tmp_path / CONFIG).write_text(f"version: 1\nname: x\nsource: {site}\ntarget: {site}\n")
    with opened(Folder(tmp_path), {}) as source:
        assert (source.references, source.places is None) == ((), False)
    workload = "{name: a, kind: service, owner: o, sensitivity: public, principal: 'User:a'"
    external = "external: [{secret: '${env:PW}', system: 'db:5432'}]}"
    (tmp_path / WORKLOADS).write_text(f"workloads:\n  - {workload}, {external}\n")
    with opened(Folder(tmp_path), {"PW": "x"}) as source:
        assert source.references == ("${env:PW}",)
        assert source.places
        assert source.places.look(ReferenceUse("${env:PW}", declared=True)).unknown == ""


def test_kcp_has_no_such_section(tmp_path: Path) -> None:
    source = InventorySource(
        MemorySurvey(MemoryCluster("source")),
        {"main": Configs("main", {"a": {"connection.password": "x"}})},
        MemoryClock(),
        "User:kmig",
        "s:9092",
        DeclaredAuthorizer(("User:kmig",)),
        references=("${env:PW}",),
    )
    found = take(source, lambda _: None)
    assert found.stores is None
    assert uses(found)["main/a"].of == ""


def test_no_secret_is_in_the_file(estate: Estate) -> None:
    (estate.folder / "whole").write_text(SECRETS["vault"])
    (estate.folder / "whole").chmod(0o600)
    (estate.folder / "bad").write_text(f"x={SECRETS['db']}\\u12")
    estate.references += ("${dir:.:whole}", "${file:bad:x}", "${file:db.properties:none}")
    found = estate.taken(
        main={
            "a": {"connection.password": SECRETS["db"]},
            "b": {"connection.url": f"jdbc:postgresql://u:{SECRETS['kafka']}@db/x"},
        }
    )
    Folder(estate.folder).save(INVENTORY, found)
    text = (estate.folder / INVENTORY).read_text()
    assert "${file:db.properties:db}" in text
    assert "hunter2" not in text
    assert "fingerprint" not in text
    assert "hunter2" not in "\n".join(shown.text(found))
