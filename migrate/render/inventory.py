"""An inventory as text: one line per section, with its standing and what was found."""

from collections import Counter
from collections.abc import Callable

from migrate.documents.inventory import EVIDENCE, ClusterInfo, ConnectInfo, Inventory, State
from migrate.model.acl import Acl
from migrate.model.cluster import Group, Producers, Quota, ScramCredential, Topic, Transaction
from migrate.model.dependency import Dependency, NetworkPath, Registry
from migrate.model.stored import StoredSecret
from migrate.model.use import ExposedSecret, Observed
from migrate.model.words import count, first_of, volume
from migrate.render.columns import prose, table


def text(document: Inventory) -> list[str]:
    """The site, its sections, how many requests it took, and what to do about sections that are not complete."""
    cluster = document.cluster.found
    brokers = count(len(cluster.brokers), "broker")
    who = document.principal or "a principal that kmig.yaml does not name"
    head = ", ".join(
        filter(None, (f"source  {cluster.cluster_id}", brokers, cluster.platform, f"as {who}"))
    )
    rows: list[tuple[str, str, str]] = []
    hints: set[str] = set()
    for name, section in document.sections().items():
        found = FOUND[name](section.found)
        complete = section.standing is State.COMPLETE
        rows.append((TITLES[name], section.standing.value, found if complete else section.error))
        if section.hint:
            hints.add(f"hint: {TITLES[name]}: {section.hint}")
    for name in EVIDENCE:
        if name not in document.sections():
            rows.append((TITLES[name], "–", f"not looked for: kmig inventory {_OPTIONS[name]}"))
    total = sum(section.requests for section in document.sections().values())
    asked = f"{count(total, 'request')} to the brokers"
    columns = table(rows, ("section", "state", "found"))
    return [*prose(head), *columns, asked, *prose(*sorted(hints))]


_OPTIONS = {"observed": "--authorizer-log FILE", "copies": "--scan PATH"}


def incomplete(document: Inventory) -> list[str]:
    """Names of the sections that are not complete."""
    return [TITLES[n] for n, s in document.sections().items() if s.standing is not State.COMPLETE]


TITLES = {
    "cluster": "cluster",
    "acls": "ACLs",
    "scram": "SCRAM users",
    "quotas": "quotas",
    "topics": "topics",
    "groups": "groups",
    "transactions": "transactional ids",
    "producers": "producers",
    "connect": "connectors",
    "dependencies": "dependencies",
    "registries": "schema registries",
    "network": "network paths",
    "stores": "secret stores",
    "observed": "observed use",
    "copies": "exposed secrets",
}


def _cluster(found: ClusterInfo) -> str:
    addresses = first_of([str(broker) for broker in found.brokers], 12)
    bounds = {facts.lifetime for facts in found.facts}
    if not bounds or bounds == {0.0}:
        return f"{addresses}; sessions without end"
    return f"{addresses}; sessions of at most {max(bounds):g} s"


def _acls(found: tuple[Acl, ...]) -> str:
    deny = sum(acl.permission == "DENY" for acl in found)
    resources = count(len({a.resource for a in found}), "resource")
    principals = count(len({a.principal for a in found}), "principal")
    return f"{len(found):,} on {resources}, {principals}, {deny} DENY"


def _scram(found: tuple[ScramCredential, ...]) -> str:
    users = {c.user for c in found}
    return f"{count(len(users), 'user')}, {count(len(found), 'credential')}"


def _quotas(found: tuple[Quota, ...]) -> str:
    return str(len(found))


def _topics(found: tuple[Topic, ...]) -> str:
    partitions = [p for topic in found for p in topic.partitions]
    size = volume(sum(p.size or 0 for p in partitions))
    internal = sum(topic.internal for topic in found)
    own = f" ({internal:,} internal)" if internal else ""
    return f"{count(len(found), 'topic')}{own}, {count(len(partitions), 'partition')}, {size}"


def _groups(found: tuple[Group, ...]) -> str:
    commits = sum(len(group.commits) for group in found)
    kinds = Counter(group.type for group in found)
    which = ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items()))
    said = f" ({which})" if len(kinds) > 1 else ""
    return f"{count(len(found), 'group')}{said}, {count(commits, 'committed offset')}"


def _transactions(found: tuple[Transaction, ...]) -> str:
    return f"{len(found):,}, {sum(one.open for one in found)} with a transaction open"


def _producers(found: tuple[Producers, ...]) -> str:
    active = count(sum(one.active for one in found), "producer")
    return f"{active} remembered on {count(len(found), 'topic')}"


def _connect(found: ConnectInfo) -> str:
    uses = Counter(use.secrecy for connector in found.connectors for use in connector.secrets)
    clusters = count(len(found.clusters), "Connect cluster")
    secrets = ", ".join(count(number, f"secret {kind}") for kind, number in sorted(uses.items()))
    return "; ".join(filter(None, (f"{len(found.connectors)} on {clusters}", secrets)))


def _dependencies(found: tuple[Dependency, ...]) -> str:
    several = sum(len(one.connectors) > 1 for one in found)
    return f"{count(len(found), 'secret')} in connectors, {several} of them in more than one"


def _registries(found: tuple[Registry, ...]) -> str:
    return first_of([one.address for one in found], 12) or "none named"


def _network(found: tuple[NetworkPath, ...]) -> str:
    outside = {path.to for path in found if path.purpose.startswith("connector ")}
    hosts = {path.origin for path in found if path.purpose.startswith("group ")}
    return f"{count(len(hosts), 'client host')}, {count(len(outside), 'system')} outside Kafka"


def _stores(found: tuple[StoredSecret, ...]) -> str:
    unknown = sum(bool(one.unknown) for one in found)
    return f"{count(len(found), 'reference')}: {len(found) - unknown:,} read, {unknown:,} unknown"


def _observed(found: Observed) -> str:
    without = {u.principal for u in found.uses if u.allowed and u.ground in ("super", "default")}
    seen = f"{found.first} to {found.last}, {found.decisions:,} decisions in {found.lines:,} lines"
    free = count(len(without), "principal works", "principals work")
    return f"{seen}; {free} without any ACL"


def _copies(found: tuple[ExposedSecret, ...]) -> str:
    files = {copy.file for copy in found}
    return f"{count(len(found), 'line')} in {count(len(files), 'file')}" if found else "none found"


FOUND: dict[str, Callable[..., str]] = {
    "cluster": _cluster,
    "acls": _acls,
    "scram": _scram,
    "quotas": _quotas,
    "topics": _topics,
    "groups": _groups,
    "transactions": _transactions,
    "producers": _producers,
    "connect": _connect,
    "dependencies": _dependencies,
    "registries": _registries,
    "network": _network,
    "stores": _stores,
    "observed": _observed,
    "copies": _copies,
}
