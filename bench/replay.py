"""Replaying 20,000 ACLs of 500 principals: kmig beside the bare requests and Kafka's own tools.

One run on one local broker: kmig's steps as `kmig apply` makes them, with a journal on disk; the same CreateAcls
requests sent bare; Kafka's kafka-acls with one ACL per call and with as many as one call can say (twenty calls each,
extrapolated); and Kafka's AdminClient in a JVM that is up and connected. Between them every ACL is deleted.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from kafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from bench import estate
from bench.inventory import JVM, timed
from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka.heads import KafkaHeadStore
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.records import KafkaRecords
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import ACLS_PER_REQUEST, KafkaWriter, creation
from migrate.adapters.local_disk import LOCAL_DISK
from migrate.adapters.secrets import Secrets
from migrate.execute.journalled import carry_out
from migrate.execute.run import run
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile
from migrate.journal.standing import Journal, begun
from migrate.model.acl import Acl, batches
from migrate.model.difference import difference
from migrate.ports import Site, Sites, WritableSite
from migrate.rehearse.lab.disposable.cluster import Cluster, ClusterSpec
from migrate.rehearse.lab.local import archives, home, tools
from migrate.render.kafka_acls import commands, why_inexpressible
from migrate.stages import prepare
from migrate.steps import Step

CALLS = 20
DIFFED = 100_000


def main() -> None:
    """Measure everything, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="end with one line of JSON")
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        bench = Replay(Path(place))
        try:
            figures = bench.measured(given.runs)
        finally:
            bench.close()
    figures["diff_100k_seconds"] = diffed()
    for name, value in figures.items():
        print(f"{name:24}{value:12,.2f}")
    if given.json:
        wanted = ("requests", "ratio_bare", "ratio_tool", "ratio_grouped", "ratio_adminclient")
        last = ("diff_100k_seconds", "second_apply_writes")
        print(json.dumps({name: round(figures[name], 2) for name in (*wanted, *last)}))


class Replay:
    """A broker, and every way to create the same ACLs on it."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._cluster = started(place)
        address, login = self._cluster.admin_addresses, self._cluster.admin_login
        self._wire = Wire("target", address, login, timeout=120.0)
        self._acls = [a for a in estate.some_acls() if a.permission == "DENY"]
        self._acls += [a for a in estate.some_acls() if a.permission == "ALLOW"]
        client = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": login.mechanism}
        self._client = place / "client.properties"
        self._client.touch(mode=0o600)
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
        jaas = f'{plain} required username="{login.user}" password="{login.password}";'
        address_text = f"{address[0][0]}:{address[0][1]}"
        lines = {**client, "sasl.jaas.config": jaas, "bootstrap.servers": address_text}
        self._client.write_text("".join(f"{k}={v}\n" for k, v in lines.items()))

    def close(self) -> None:
        """Stop the broker."""
        self._wire.close()
        self._cluster.stop()

    def measured(self, runs: int) -> dict[str, float]:
        """Return the seconds of each way, and the ratios to kmig's."""
        self._bare()  # the broker's JVM warms up
        self._empty()
        bare, mine, java, second = [], [], [], 0
        requests = 0
        for number in range(runs):
            bare.append(self._bare())
            self._empty()
            seconds, requests, second = self._kmig(number)
            mine.append(seconds)
            self._empty()
            java.append(self._admin_client())
            self._empty()
        expressible = [acl for acl in self._acls if not why_inexpressible(acl)]
        singles = [line for acl in expressible for line in commands([acl])]
        grouped = list(commands(expressible))
        single = self._tool(singles[:: len(singles) // CALLS][:CALLS])
        several = self._tool(grouped[:: len(grouped) // CALLS][:CALLS])
        took = statistics.median(mine)
        return {
            "kmig_seconds": took,
            "bare_seconds": statistics.median(bare),
            "adminclient_seconds": statistics.median(java),
            "tool_seconds_per_call": single,
            "tool_calls": len(singles),
            "grouped_seconds_per_call": several,
            "grouped_calls": len(grouped),
            "requests": requests,
            "ratio_bare": took / statistics.median(bare),
            "ratio_tool": single * len(singles) / took,
            "ratio_grouped": several * len(grouped) / took,
            "ratio_adminclient": statistics.median(java) / took,
            "second_apply_writes": second,
        }

    def _kmig(self, number: int) -> tuple[float, int, int]:
        """Return the seconds of the stage, its CreateAcls requests, and the writes of the same stage again."""
        folder = self._place / f"run-{number}"
        folder.mkdir()
        deny = tuple(a for a in self._acls if a.permission == "DENY")
        allow = tuple(a for a in self._acls if a.permission == "ALLOW")
        steps = [
            *prepare.acl_steps("deny", deny, "bench"),
            *prepare.acl_steps("allow", allow, "bench"),
        ]
        journal = JournalFile(folder / "journal.jsonl", Journal(), _stamped, LOCAL_DISK)
        writer, reader = KafkaWriter(self._wire), KafkaReader(self._wire)
        logins = KafkaLogins(self._wire, Secrets({}, folder), None, 10.0)
        records = KafkaRecords("target", self._cluster.bootstrap, {}, b"bench")
        site = Site("source", reader, logins, records)
        target = WritableSite("target", reader, logins, records, writer)
        sites = Sites(site, target, SystemClock())
        heads = KafkaHeadStore(self._wire, writer, f"bench-{number}")
        before = self._wire.requests["CreateAclsRequest"]
        began = time.monotonic()
        self._stage(steps, sites, journal, heads)
        took = time.monotonic() - began
        requests = self._wire.requests["CreateAclsRequest"] - before
        writes = self._wire.writes
        self._stage(steps, sites, journal, heads)
        records.close()
        return took, requests, self._wire.writes - writes

    def _stage(
        self, steps: Sequence[Step], sites: Sites, journal: JournalFile, heads: KafkaHeadStore
    ) -> None:
        progress = run(steps, sites, begun(journal.journal, 1, "prepare"))
        carry_out(progress, journal, 1, "prepare", heads, lambda _: None)

    def _bare(self) -> float:
        """Return the seconds of the CreateAcls requests alone, answered and decoded."""
        requests = [
            CreateAclsRequest(creations=[creation(acl) for acl in some])
            for some in batches(self._acls, ACLS_PER_REQUEST)
        ]
        began = time.monotonic()
        for request in requests:
            assert not any(row.error_code for row in self._wire.call(request).results)
        return time.monotonic() - began

    def _empty(self) -> None:
        """Delete all ACLs, by principal: one filter that matches more than 10,000 ends a 3.9 controller."""
        row = DeleteAclsRequest.DeleteAclsFilter
        principals = sorted({acl.principal for acl in self._acls})
        for begin in range(0, len(principals), 25):
            filters = [
                row(
                    resource_type_filter=1,
                    resource_name_filter=None,
                    pattern_type_filter=1,
                    principal_filter=principal,
                    host_filter=None,
                    operation=1,
                    permission_type=1,
                )
                for principal in principals[begin : begin + 25]
            ]
            self._wire.call(DeleteAclsRequest(filters=filters))
        reader, mine = KafkaReader(self._wire), set(self._acls)
        while not mine.isdisjoint(reader.acls()):
            time.sleep(0.1)

    def _tool(self, lines: list[str]) -> float:
        """Return the median seconds of these calls of kafka-acls, each in a JVM as Kafka's script starts it."""
        kafka = estate.home_of(self._cluster)
        java = [str(kafka.tools.java), *JVM, "-cp", kafka.class_path, "kafka.admin.AclCommand"]
        address = ":".join(map(str, self._cluster.admin_addresses[0]))
        login = ["--bootstrap-server", address, "--command-config", str(self._client)]
        words = [line.split("$COMMAND_CONFIG")[1].lstrip('" ').split() for line in lines]
        return statistics.median(timed([*java, *login, *one], self._place)[0] for one in words)

    def _admin_client(self) -> float:
        """Return the seconds that the JVM measures, from its connection to the last answer."""
        kafka, rows = estate.home_of(self._cluster), self._place / "acls.tsv"
        rows.write_text(
            "".join(
                "\t".join((*_resource(acl), acl.principal, acl.host, acl.operation, acl.permission))
                + "\n"
                for some in batches(self._acls, ACLS_PER_REQUEST)
                for acl in some
            )
        )
        program = Path(__file__).parent / "AdminClientReplay.java"
        command = [str(kafka.tools.java), "-cp", kafka.class_path, str(program)]
        ran = subprocess.run(
            [*command, str(self._client), str(rows)], capture_output=True, text=True, check=True
        )
        return float(ran.stdout.split()[-1])


def _resource(acl: Acl) -> tuple[str, str, str]:
    return acl.resource_type, acl.resource_name, acl.pattern_type


def _stamped(entry: Entry) -> Entry:
    return Entry(**{**entry.__dict__, "at": datetime.now(UTC), "by": "bench"})


def started(place: Path) -> Cluster:
    """Start an empty broker."""
    java = tools.find(os.environ)
    kafka = home.fetch("3.9.1", estate.CACHE, java, print)
    environ = dict(os.environ)
    archives.ensure(kafka, environ, print)
    spec = ClusterSpec("bench", heap="2g")
    cluster = Cluster(spec, kafka, place / "broker", place / "secrets.properties", environ)
    cluster.start()
    cluster.wait_ready()
    return cluster


def diffed(clock: Callable[[], float] = time.monotonic) -> float:
    """Return the seconds to compare 100,000 planned ACLs with as many found, one missing, one extra, in memory."""
    planned = frozenset(_many("planned"))
    there = frozenset(_many("planned")) - {next(iter(planned))} | {next(iter(_many("else")))}
    began = clock()
    found = difference(planned, there)
    took = clock() - began
    assert (len(found.missing), len(found.extra)) == (1, 1)
    return took


def _many(name: str) -> Iterable[Acl]:
    for number in range(DIFFED):
        yield Acl(
            principal=f"User:svc-{number % 500:03}",
            permission="ALLOW",
            operation="READ",
            resource_type="TOPIC",
            resource_name=f"{name}-{number // 500:04}",
        )


if __name__ == "__main__":
    main()
