"""Connect as it is secured, on real workers: TLS of a private authority with passwords, or with certificates."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from migrate.documents.inventory import Inventory
from migrate.rehearse.lab.disposable.certificates import CertificateAuthority
from migrate.rehearse.lab.disposable.ports import free
from migrate.rehearse.lab.disposable.worker import Worker
from migrate.rehearse.scenario import load
from tests.e2e.secured_worker import STORE, SecuredWorker, packed
from tests.moving.arena import Arena, Moving

pytestmark = pytest.mark.timeout(600)
PASSWORD = "hunter2-is-here"


@contextmanager
def secured(arena: Arena, folder: Path, count: int, **kind: Any) -> Iterator[list[SecuredWorker]]:
    """Secured workers in the place of the shared one: the same group, the same topics."""
    plain = arena.base.copier
    assert plain is not None
    own = {
        f.name: getattr(plain, f.name) for f in fields(Worker) if f.name not in ("port", "folder")
    }
    plain.stop()
    workers = [
        SecuredWorker(**own, folder=folder / f"worker-{n}", port=free(1)[0], **kind)
        for n in range(count)
    ]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.wait_ready()
        yield workers
    finally:
        for worker in workers:
            worker.stop()
        plain.start()
        plain.wait_ready()


def reached(moving: Moving, access: dict[str, Any]) -> None:
    """Name the secured workers as the Connect cluster that copies, and as one to be inventoried."""
    path = moving.folder / "kmig.yaml"
    config = yaml.safe_load(path.read_text())
    config["replication"]["connect"] = access
    config["connect"] = [{"name": "main", "source": access}]
    path.write_text(yaml.safe_dump(config, sort_keys=False))


def copied(moving: Moving) -> None:
    moving.must("inventory")
    moving.must("plan")
    moving.must("apply", "1", "--yes")
    moving.must("replicate", "1", "--yes")
    moving.wait_ready()


def leader(workers: list[SecuredWorker]) -> SecuredWorker:
    """Who leads the group, by what the workers themselves log."""
    told = "".join((w.folder / "server.log").read_text() for w in workers)
    port = re.findall(r"leaderUrl='https://[^:]+:(\d+)/'", told)[-1]
    return next(worker for worker in workers if worker.port == int(port))


def test_tls_and_a_password_at_two_workers_of_which_the_leader_dies(
    arena: Arena, tmp_path: Path
) -> None:
    authority = CertificateAuthority()
    folder = tmp_path / "moving"
    folder.mkdir()
    with (
        arena.built(folder, load("tiny")) as moving,
        secured(arena, tmp_path, 2, authority=authority, users={"kmig": PASSWORD}) as workers,
    ):
        (folder / "connect-ca.pem").write_bytes(authority.certificate)
        secret = folder / "secrets" / "connect.properties"
        secret.write_text(f"password={PASSWORD}\n")
        secret.chmod(0o600)
        access = {
            "addresses": [worker.url for worker in workers],
            "tls": {"ssl.truststore.location": "connect-ca.pem"},
            "user": "kmig",
            "password": f"${{file:{secret}:password}}",
        }
        # the reason is named before anything is made
        reached(moving, {k: v for k, v in access.items() if k not in ("user", "password")})
        ran = moving.kmig("inventory")
        assert (ran.code, "HTTP 401 to GET /" in ran.out) == (3, True), ran.out + ran.err
        reached(moving, {k: v for k, v in access.items() if k != "tls"})
        ran = moving.kmig("inventory")
        assert "its certificate is not trusted: " in ran.out, ran.out + ran.err
        assert "`tls` of that Connect cluster" in ran.out + ran.err
        reached(
            moving,
            access
            | {"addresses": [u.replace("https", "http") for u in access["addresses"]], "tls": {}},
        )
        ran = moving.kmig("inventory")
        assert ran.code == 3
        assert "Traceback" not in ran.err

        reached(moving, access)
        copied(moving)
        found = Inventory.model_validate_json((folder / "inventory.json").read_text())
        (cluster,) = found.connect.found.clusters
        assert (cluster.url, cluster.silent) == (workers[0].url, ())
        checked = moving.must("verify", "network")
        assert checked.out.count("certificate expires on 2") == 2

        dead = leader(workers)
        dead.stop()
        began = time.monotonic()
        moving.wait_ready()
        assert time.monotonic() - began < 60
        moving.must("replicate", "1", "--yes")

        secret.write_text("password=other\n")
        ran = moving.kmig("replicate", "1", "--status")
        assert ran.code == 3
        assert "HTTP 401 to GET /" in ran.err
        assert "correct kmig's login to that Connect cluster" in ran.err
        secret.write_text(f"password={PASSWORD}\n")
        moving.must("rollback", "1", "--yes")
        ran = moving.must("inventory")
        assert f"warning: cannot reach Connect main at {dead.url}: Connection refused" in ran.err
        written = [p for p in folder.rglob("*") if p.is_file() and p != secret]
        assert [p for p in written if PASSWORD.encode() in p.read_bytes()] == []


def test_a_client_certificate(arena: Arena, tmp_path: Path) -> None:
    tonight = datetime.now(UTC) + timedelta(hours=5)
    authority = CertificateAuthority(until=tonight)
    folder = tmp_path / "moving"
    folder.mkdir()
    with (
        arena.built(folder, load("tiny")) as moving,
        secured(arena, tmp_path, 1, authority=authority) as (worker,),
    ):
        (folder / "connect-ca.pem").write_bytes(authority.certificate)
        packed(authority, folder / "kmig.p12")
        moving.here.environ["STORE"] = STORE
        trust = {"ssl.truststore.location": "connect-ca.pem"}
        own = {"ssl.keystore.location": "kmig.p12", "ssl.keystore.password": "${env:STORE}"}
        reached(moving, {"addresses": [worker.url], "tls": trust})
        ran = moving.kmig("inventory")
        assert "it wants a client certificate that it trusts" in ran.out, ran.out + ran.err
        reached(moving, {"addresses": [worker.url], "tls": trust | own})
        copied(moving)
        ran = moving.must("inventory")
        ends = f"at {worker.url} ends on {tonight:%Y-%m-%d %H:%M} UTC, in less than 30 days"
        assert f"warning: the certificate of Connect main {ends}" in ran.err
        moving.must("rollback", "1", "--yes")
