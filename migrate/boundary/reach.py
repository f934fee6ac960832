"""How far a credential reaches, and the one change that shrinks it most."""

from collections.abc import Iterator

from migrate.boundary.extent import Extent
from migrate.boundary.view import View
from migrate.documents.boundary import Advice, Credential, Reach
from migrate.documents.inventory import State
from migrate.model.acl import Acl
from migrate.model.authorizer import covers
from migrate.model.words import count, first_of

UNKNOWN = "unknown"
"""Stands for a sensitivity that may be above its own."""


def reach(view: View, credential: Credential) -> Reach:
    """Return the numbers that credentials are sorted by."""
    rights, own = view.rights(credential), view.extent(credential)
    return Reach(
        writes=len(own.writes),
        reads=len(own.reads),
        systems=len(own.systems),
        through_worker=(through_workers(view, credential) - own).size,
        beyond=_beyond(view, credential, own),
        certain=rights is None
        or (
            rights.complete and not rights.may_grant and not any(view.by_config_topics(credential))
        ),
        workers_certain=_workers_certain(view, credential),
    )


def _workers_certain(view: View, credential: Credential) -> bool:
    """Return whether what its workers reach is known in full, and that no other workers use it."""
    every_connector = view.estate.inventory.connect.standing is State.COMPLETE
    return every_connector and view.uncertain.isdisjoint(view.clusters_of(credential))


def _beyond(view: View, credential: Credential, own: Extent) -> str:
    """Return the highest sensitivity that it reaches, if that is above its own workloads'; `unknown` if it may be.

    What no workload declares has no sensitivity: it may be above, unless its own is the highest there is.
    """
    classes = view.classes
    mine = classes.highest(view.estate.workloads[n].sensitivity for n in credential.workloads)
    topics = (classes.of_topic.get(topic, "") for topic in own.writes | own.reads)
    systems = (classes.of_system.get(system, "") for system in own.systems)
    reached = {*topics, *systems}
    highest = classes.highest(reached)
    if classes.rank(highest) > classes.rank(mine):
        return highest
    return UNKNOWN if "" in reached and mine != view.estate.config.sensitivity[-1] else ""


def order(view: View, credential: Credential, reached: Reach) -> tuple[object, ...]:
    """Return the key of the order of credentials: what reaches furthest comes first."""
    return (
        -reached.writes,
        -reached.reads,
        -reached.systems,
        -view.classes.rank(reached.beyond),
        -reached.through_worker,
        credential.name,
    )


def through_workers(view: View, credential: Credential) -> Extent:
    """Return what the other credentials of its Connect clusters open."""
    found = Extent()
    for cluster in view.clusters_of(credential):
        found |= view.extents[cluster]
    return found


def advice(view: View, credential: Credential) -> Advice | None:
    """Return the change that removes most topics and systems from its reach; None if no change removes any."""
    found = [one for one in _changes(view, credential) if one.less > 0]
    return max(found, key=lambda one: one.less, default=None)


def _changes(view: View, credential: Credential) -> Iterator[Advice]:
    own = view.extent(credential)
    if credential.kind == "kafka" and credential.workloads:
        yield from _narrower(view, credential, own)
    if len(credential.workloads) > 1:
        yield _own_identity(view, credential, own)
    others = through_workers(view, credential) - own - _moving_with(view, credential)
    if others.size:
        moved = (*credential.connectors, *view.unread_connectors(credential))
        yield Advice(
            change="a worker of its own",
            how=f"move {first_of(moved, 3)} from Connect {', '.join(view.clusters_of(credential))} "
            "to a Connect cluster of its own",
            less=others.size,
        )


def _moving_with(view: View, credential: Credential) -> Extent:
    """Return what its own connectors open with their other credentials: a worker of its own resolves these too."""
    found = Extent()
    for name in credential.connectors:
        found |= Extent(systems=frozenset(view.estate.connectors[name].systems))
        for other in view.credentials.by_connector[name]:
            found |= view.extent(other)
    return found


def _declared(view: View, names: tuple[str, ...]) -> Extent:
    """Return what workloads declare that they read and write, with what Kafka Streams keeps for them."""
    estate = view.estate
    some = [estate.workloads[name] for name in names]
    kept = {topic for topic, name in estate.streams_topics.items() if name in names}
    return Extent(
        frozenset({t for w in some for s in w.writes for t in estate.selected_by(s)} | kept),
        frozenset({t for w in some for s in w.reads for t in estate.selected_by(s)} | kept),
    )


def _narrower(view: View, credential: Credential, own: Extent) -> Iterator[Advice]:
    """Yield the change of its wide grants to what its workloads declare; what everyone may do stays."""
    mine = view.source.acls_of(credential.principal)
    wide = [acl for acl in mine if acl.permission == "ALLOW" and _wide(acl)]
    beyond = Extent(own.writes, own.reads) - _declared(view, credential.workloads)
    beyond = Extent(
        *(
            frozenset(t for t in topics if any(covers(acl, "TOPIC", t) for acl in wide))
            for topics in (beyond.writes, beyond.reads)
        )
    )
    less = (beyond - view.extent_of_anyone).size
    if less:
        named = first_of([_grant(acl) for acl in wide], 2)
        how = f"replace {named} by ACLs on what its workloads declare that they read and write"
        yield Advice(change="narrower rights", how=how, less=less)


def _wide(acl: Acl) -> bool:
    return acl.resource_type == "TOPIC" and (
        acl.pattern_type == "PREFIXED" or acl.resource_name == "*"
    )


def _grant(acl: Acl) -> str:
    kind = "prefix " if acl.pattern_type == "PREFIXED" else ""
    return f"{acl.operation} on topic {kind}{acl.resource_name}"


def _own_identity(view: View, credential: Credential, own: Extent) -> Advice:
    """Return the change to one credential for each workload with the rights that it declares.

    Less is what even the furthest of them no longer reaches; what everyone may do stays.
    """
    alone = (
        _alone(view, credential, name).size if credential.kind == "kafka" else _systems(view, name)
        for name in credential.workloads
    )
    names = first_of(credential.workloads, 3)
    rights = ", with rights on what it declares" if credential.kind == "kafka" else ""
    return Advice(
        change="an identity of its own",
        how=f"give each of {count(len(credential.workloads), 'workload')} its own{rights}: {names}",
        less=own.size - max(alone),
    )


def _alone(view: View, credential: Credential, name: str) -> Extent:
    """Return what one workload would reach with the rights that it declares, as far as the login has them now."""
    own, still = view.extent(credential), _declared(view, (name,)) | view.extent_of_anyone
    return Extent(own.writes & still.writes, own.reads & still.reads, own.systems)


def _systems(view: View, name: str) -> int:
    workload = view.estate.workloads[name]
    return len({external.system for external in workload.external})
