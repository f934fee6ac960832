"""Live clients from start to judgement: start them, let the groups read to the end, collect what they logged."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.wire import Wire
from migrate.errors import KmigError
from migrate.folder import MAPS, Folder
from migrate.journal.pauses import pauses
from migrate.journal.standing import waves
from migrate.logs.logmap import LogMap, read
from migrate.model.check import Check, judged
from migrate.rehearse.lab import data, switch
from migrate.rehearse.lab.client import Client, identity
from migrate.rehearse.lab.disposable.cluster import Cluster
from migrate.rehearse.records import History, Judgement, Record, judge
from migrate.rehearse.setup import CLIENTS, Rehearsal

_CATCH_UP_SECONDS = 60.0
JUDGE = "reports/judge.json"


def run(here: Rehearsal) -> None:
    """Start every workload's clients on the source."""
    _switch(here, "run")


def finish(here: Rehearsal, seconds: float = _CATCH_UP_SECONDS) -> Judgement:
    """Stop the producers, let the groups read to the end, stop them, and judge every record."""
    _switch(here, "finish")
    deadline = SystemClock().monotonic() + seconds
    while _behind(here) and SystemClock().monotonic() < deadline:
        SystemClock().sleep(0.2)
    stop(here)
    judgement = judge(history(here))
    journal = Folder(here.folder).journal().journal
    paused = {str(w): pauses(journal, w).model_dump() for w in waves(journal, "cutover")}
    judgement = judgement.model_copy(update={"pause_seconds": paused})
    Folder(here.folder).write(JUDGE, judgement.model_dump_json(indent=1) + "\n")
    return judgement


def stop(here: Rehearsal) -> None:
    """Stop every workload's clients; raise `KmigError` when one did not stop in order."""
    _switch(here, "stop")


def checked(judgement: Judgement, at_least: int) -> Check:
    """Return the judgement as a check of the rehearsal, which expects at least so many records."""
    faults = [f"lost: {example}" for example in judgement.lost_examples]
    faults += [f"copied twice: {example}" for example in judgement.copied_twice.examples]
    faults += [f"no producer of {topic} wrote on the target" for topic in judgement.silent]
    if judgement.records < at_least:
        faults.append(
            f"{judgement.records:,} records were judged, and at least {at_least:,} expected"
        )
    for group in judgement.groups:
        for name in ("skipped", "duplicated", "reordered"):
            count = getattr(group, name)
            if count.number:
                faults.append(f"{group.group}: {count.number} {name}, as {count.examples[0]}")
    counts = f"{judgement.records:,} records, {len(judgement.groups)} groups"
    proof = f"{counts}: 0 lost, 0 skipped, 0 duplicated, 0 reordered"
    if not judgement.clean and not faults:
        faults.append("no record or no group was judged")
    return judged("records", faults, proof)


def maps(folder: Path) -> dict[str, LogMap]:
    """Return the maps of the copied partitions, as the commands of the rehearsal made them."""
    found = {p.stem: read(p.read_text().splitlines()) for p in (folder / MAPS).glob("*.jsonl")}
    return {name: known for name, known in found.items() if known is not None}


def history(here: Rehearsal) -> History:
    """Return both clusters' records, and what the clients logged."""
    clients = here.scenario.clients
    topics = sorted({t for c in clients for t in c.topics})
    processed: dict[str, list[Record]] = {}
    acknowledged: list[Record] = []
    for client in clients:
        noted = _logged(here.folder / CLIENTS / f"{client.name}.log")
        if client.writes:
            acknowledged += noted
        else:
            processed.setdefault(client.group, []).extend(noted)
    began: dict[str, dict[tuple[str, int], int]] = defaultdict(dict)
    for client in clients:
        for place, offset in here.began.get(client.group, {}).items():
            if place[0] in client.topics:
                began[client.group][place] = offset
    source, target = _log(here.source, topics), _log(here.target, topics)
    moved = {t for c in clients if c.writes and _side(here, c) == "target" for t in c.topics}
    return History(
        acknowledged=tuple(acknowledged),
        source=source,
        target=target,
        processed={group: tuple(records) for group, records in processed.items()},
        began=began,
        moved=frozenset(moved),
    )


def _behind(here: Rehearsal) -> bool:
    """Return whether a group has visible records left to read on the side where its clients are now."""
    groups = {c.group: (_side(here, c), c.topics) for c in here.scenario.clients if not c.writes}
    for cluster in (here.source, here.target):
        mine = {g: topics for g, (side, topics) in groups.items() if side == cluster.spec.name}
        wire = Wire(cluster.spec.name, cluster.admin_addresses, cluster.admin_login)
        try:
            described = KafkaReader(wire).groups(mine)
            ends = KafkaReader(wire).ends({t for topics in mine.values() for t in topics})
        finally:
            wire.close()
        commits = {(g.name, c.topic, c.partition): c.offset for g in described for c in g.commits}
        left = {
            place: end.readable(commits.get((group, *place), end.start))
            for group, topics in mine.items()
            for place, end in ends.items()
            if place[0] in topics
            and (here.began.get(group) or commits)
            and commits.get((group, *place), end.start) < end.stable
        }
        if left and data.visible(_bootstrap(cluster), cluster.admin_login, left):
            return True
    return False


def _log(cluster: Cluster, topics: list[str]) -> tuple[Record, ...]:
    wire = Wire(cluster.spec.name, cluster.admin_addresses, cluster.admin_login)
    try:
        existing = [t.name for t in KafkaReader(wire).topics() if t.name in topics]
        ends = KafkaReader(wire).ends(existing)
    finally:
        wire.close()
    ranges = {place: (end.start, end.stable) for place, end in ends.items()}
    read = data.visible(_bootstrap(cluster), cluster.admin_login, ranges)
    return tuple(Record(cluster.spec.name, (t, p), o, identity(v)) for t, p, o, v in read)


def _logged(path: Path) -> list[Record]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        _, side, topic, partition, offset, value = line.split("\t")
        found.append(Record(side, (topic, int(partition)), int(offset), identity(value)))
    return found


def _side(here: Rehearsal, client: Client) -> str:
    """Return the side that the client's configuration file points to."""
    text = (here.folder / CLIENTS / f"{client.workload}.properties").read_text(encoding="utf-8")
    return "target" if "@target" in text else "source"


def _switch(here: Rehearsal, verb: str) -> None:
    """Switch every workload's clients at once; raise `KmigError` when one cannot."""
    folder = here.folder / CLIENTS
    wanted = {w: switch.ask(folder, verb, w) for w in _workloads(here.scenario.clients)}
    failed = {w: switch.answer(folder, w, token) for w, token in wanted.items()}
    for workload, why in failed.items():
        if why:
            raise KmigError(
                f"the live clients of workload {workload} could not {verb}: {why}",
                f"read their logs in {folder}",
            )


def _workloads(clients: Iterable[Client]) -> list[str]:
    return sorted({client.workload for client in clients})


def _bootstrap(cluster: Cluster) -> str:
    return ",".join(f"{host}:{port}" for host, port in cluster.admin_addresses)
