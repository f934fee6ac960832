"""`kmig verify access` on real clusters: asked on another host by a script, and whoever has no grant."""

import json
import subprocess
import sys

import javaproperties

from migrate.model.acl import Acl
from migrate.model.cluster import Partition, Topic
from tests.live.conftest import Migration, Side

SCOPED = Acl(
    principal="User:session-builder",
    host="127.0.0.1",
    permission="ALLOW",
    operation="DESCRIBE_CONFIGS",
    resource_type="TOPIC",
    resource_name="catalog.prices",
)


def probed(migration: Migration, workload: str) -> str:
    """The script of `kmig probe`, run by a bare Python with the secret in its environment; its result file."""
    script = migration.must("probe", workload).out
    entry = (migration.folder / "workloads.yaml").read_text().split(f"name: {workload}\n")[1]
    file, key = entry.split("${file:")[1].split("}")[0].rsplit(":", 1)
    secret = javaproperties.loads((migration.folder / file).read_text())[key]
    assert secret not in script
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        env={"KMIG_PROBE_SECRET": secret},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert secret not in ran.stdout
    result = migration.folder / f"{workload}.json"
    result.write_text(ran.stdout)
    return result.name


def test_a_host_scoped_grant_is_proven_from_its_host_and_outsiders_have_nothing(
    migration: Migration, source: Side, target: Side
) -> None:
    with source.changed(add=[SCOPED]):
        migration.must("inventory")
        migration.must("plan")
        migration.must("apply", "1", "--yes")
        before = target.state()
        told = migration.must("verify", "access", code=3).said
        assert f"cannot be tried from this host, as the ACL names one host: {SCOPED}" in told
        result = migration.folder / probed(migration, "session-builder")
        ran = migration.must(
            *("-o", "json", "verify", "access", "--yes", "--probed", str(result)), code=3
        )
        checks = {c["name"]: c for c in json.loads(ran.out)["checks"]}
        assert checks["access of session-builder"]["verdict"] == "pass", checks
        assert checks["access without a login"]["verdict"] == "pass"
        assert checks["access of a user without grants"]["verdict"] == "pass"
        assert target.state() == before, "the user without grants is gone"

        # what the script says is the broker's word: a grant too many shows there too
        wider = SCOPED.model_copy(update={"operation": "ALTER"})
        with target.changed(add=[wider]):
            result = migration.folder / probed(migration, "session-builder")
            ran = migration.must("verify", "access", "--probed", str(result), code=1)
            assert "may ALTER topic catalog.prices on the target, not on the source" in ran.said
        result.write_text("{}")
        ran = migration.must("verify", "access", "--probed", str(result), code=2)
        assert "is not a result of the access script: workload is wrong" in ran.err


def test_a_topic_that_source_has_grown_is_grown_on_target(
    planned: Migration, source: Side, target: Side
) -> None:
    parts = (Partition(index=0),)
    target.writer.create_topic(Topic(name="catalog.prices", replication_factor=1, partitions=parts))
    ran = planned.must("apply", "1", "--yes")
    assert "Traceback" not in ran.err
    found = {t.name: t for t in target.reader.topics()}["catalog.prices"]
    assert len(found.partitions) == 2
    assert found.configs["retention.ms"] == "-1"
    planned.must("rollback", "1", "--yes")
    left = {t.name: t for t in target.reader.topics()}["catalog.prices"]
    assert len(left.partitions) == 2, "partitions never shrink"
    assert "retention.ms" not in left.configs
