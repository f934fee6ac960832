"""What the map of boundaries draws: credentials, runtimes, topics and systems, their zones, and what leads where."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.documents.boundary import Boundary, Credential, Runtime
from migrate.estate import Estate
from migrate.model.words import count, first_of
from migrate.render.drawing import rank

NO_ZONE, SEVERAL = "", "\0several"
"""Lanes that are no zone: no name of a zone is equal to one of them."""
_ALONE = 4
"""More hosts, or topics, that the same credentials reach are drawn as one box."""
_TITLED = 20
"""At most so many names stand in the title of a box."""


@dataclass(frozen=True)
class Thing:
    """One box before it has a place; `members` are the names that it stands for."""

    key: str
    kind: str
    lane: str
    label: str
    small: str
    title: str
    rank: int
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """That one thing leads to another: a credential to a runtime, or a runtime to what credentials reach from it."""

    one: str
    other: str
    kind: str
    title: str
    via: tuple[str, ...]
    by_every_login: bool = False


@dataclass
class Scene:
    """Everything that is drawn, by column."""

    credentials: list[Thing] = field(default_factory=list)
    runtimes: list[Thing] = field(default_factory=list)
    targets: list[Thing] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    @property
    def things(self) -> list[Thing]:
        """Return everything that is drawn, column by column."""
        return [*self.credentials, *self.runtimes, *self.targets]


Reached = dict[tuple[str, str], set[tuple[str, str]]]
"""By kind and name of a topic or system: the keys of the credentials that reach it, each with how."""


def scene(boundaries: Sequence[Boundary], runtimes: Sequence[Runtime], estate: Estate) -> Scene:
    """Return the scene of these credentials."""
    made = Scene([_credential(one, estate) for one in boundaries])
    home = _runtimes(made, boundaries, runtimes, estate)
    found = reached(boundaries)
    open_to_all = every_login(boundaries, found)
    targets = _targets(made, found, open_to_all, estate)
    for (runtime, target, kind), via in _through(home, targets).items():
        names = first_of([key.partition(" ")[2] for key in via], _TITLED)
        title = f"{names} {kind} {target.title}"
        every = kind in open_to_all.get((target.kind, target.members[0]), ())
        made.links.append(Link(runtime.key, target.key, kind, title, via, every))
    return made


def every_login(boundaries: Sequence[Boundary], found: Reached) -> dict[tuple[str, str], set[str]]:
    """Return how every one of these logins reaches topics; nothing where they are fewer than three."""
    logins = {key_of(one) for one in boundaries if one.credential.kind == "kafka"}
    ways: dict[tuple[str, str], set[str]] = defaultdict(set)
    for target, by in found.items() if len(logins) > 2 else ():
        for kind in ("writes", "reads"):
            if logins <= {key for key, how in by if how == kind}:
                ways[target].add(kind)
    return ways


def key_of(boundary: Boundary) -> str:
    """Return the key of a credential's box."""
    return f"credential {boundary.credential.name}"


def zone_of(zones: Iterable[str]) -> str:
    """Return the lane of what belongs to these zones."""
    known = set(zones) - {""}
    return known.pop() if len(known) == 1 else SEVERAL if known else NO_ZONE


def zone_of_credential(boundary: Boundary, estate: Estate) -> str:
    """Return the lane of a credential: the zone of its workloads."""
    return zone_of(estate.workloads[name].zone for name in boundary.credential.workloads)


def zone_of_target(kind: str, name: str, estate: Estate) -> str:
    """Return the lane of a topic, the zone of its writers or else readers; of a system, the zone that reaches it."""
    if kind == "system":
        return zone_of(z for z, zone in estate.people.zones.items() if name in zone.reaches)
    return zone_of(estate.workloads[one].zone for one in _users(name, estate))


def reached(boundaries: Iterable[Boundary]) -> Reached:
    """Return what credentials reach, on either side."""
    found: Reached = defaultdict(set)
    for boundary in boundaries:
        key = key_of(boundary)
        for rights in filter(None, (boundary.source, boundary.target)):
            for kind, operation in (("writes", "WRITE"), ("reads", "READ")):
                for topic in rights.topics_for(operation):
                    found["topic", topic].add((key, kind))
        for system in boundary.credential.systems:
            found["system", system].add((key, "opens"))
    return found


def owner_of(credential: Credential, estate: Estate) -> str:
    """Return the owners of a credential's workloads, or what it is for kmig; `owner unknown` if neither is known."""
    workloads = [estate.workloads[name] for name in credential.workloads]
    owners = dict.fromkeys(w.owner if w.owned else "owner unknown" for w in workloads)
    return ", ".join(owners) or estate.own.get(credential.principal, "owner unknown")


def _credential(boundary: Boundary, estate: Estate) -> Thing:
    credential = boundary.credential
    workloads = [estate.workloads[name] for name in credential.workloads]
    highest = _highest((w.sensitivity for w in workloads), estate)
    small = " · ".join(filter(None, (highest, owner_of(credential, estate))))
    lane = zone_of_credential(boundary, estate)
    of = first_of(credential.workloads, _TITLED) or "no workload"
    title = f"{credential.name}: {small}; {of}; {lane_name(lane)}"
    shown = rank(estate.config.sensitivity, highest)
    return Thing(key_of(boundary), "credential", lane, credential.name, small, title, shown)


def _runtimes(
    made: Scene, boundaries: Sequence[Boundary], runtimes: Sequence[Runtime], estate: Estate
) -> dict[str, list[Thing]]:
    """Add the runtimes and the lines to them; return those of each credential."""
    keys = {one.credential.name: key_of(one) for one in boundaries}
    alike: dict[tuple[str, str, tuple[str, ...]], list[Runtime]] = defaultdict(list)
    for runtime in runtimes:
        used = tuple(keys[name] for name in runtime.credentials if name in keys)
        if used or runtime.kind == "connect":
            alone = runtime.name if runtime.kind == "connect" else ""
            alike[alone, _lane(runtime, estate), used].append(runtime)
    home: dict[str, list[Thing]] = {key: [] for key in keys.values()}
    for (_, lane, used), some in alike.items():
        for group in [some] if len(some) > _ALONE else [[one] for one in some]:
            thing = _runtime(group, lane, estate)
            made.runtimes.append(thing)
            for key in used:
                home[key].append(thing)
    _unseen(made, home)
    for key, things in home.items():
        for thing in things:
            title = f"{key.partition(' ')[2]} is used in: {thing.title}"
            made.links.append(Link(key, thing.key, "used", title, (key,)))
    return home


def _unseen(made: Scene, home: Mapping[str, list[Thing]]) -> None:
    """Add a box to each zone for the credentials whose runtimes are not known."""
    lost: dict[str, list[str]] = defaultdict(list)
    for thing in made.credentials:
        if not home[thing.key]:
            lost[thing.lane].append(thing.key)
    for lane, keys in lost.items():
        small = f"of {count(len(keys), 'credential')}"
        title = f"hosts {small}, {lane_name(lane)}: no client was seen on any; they need not be the same"
        thing = Thing(f"unseen {lane}", "unseen", lane, "hosts unknown", small, title, -1)
        made.runtimes.append(thing)
        for key in keys:
            home[key].append(thing)


def _runtime(some: Sequence[Runtime], lane: str, estate: Estate) -> Thing:
    first = some[0]
    classes = tuple(dict.fromkeys(filter(None, (first.lowest, first.highest))))
    least = "≥ " if any(one.unknown for one in some) else ""
    held = f"{least}{count(len(first.credentials), 'credential')}"
    small = " · ".join(filter(None, (" … ".join(classes), held)))
    label = f"Connect {first.name}" if first.kind == "connect" else f"host {first.name}"
    if len(some) > 1:
        label = count(len(some), "host")
    named = first_of([one.name for one in some], _TITLED)
    workers = f", workers {first_of(first.workers, _TITLED)}" if first.workers else ""
    title = f"{label} ({named}{workers}): {small}; {lane_name(lane)}"
    shown = rank(estate.config.sensitivity, first.highest)
    members = tuple(one.name for one in some)
    return Thing(f"{first.kind} {first.name}", "runtime", lane, label, small, title, shown, members)


def _lane(runtime: Runtime, estate: Estate) -> str:
    """Return the zone whose hosts are the runtime's, or else that of its workloads; several if theirs are several."""
    workers = [w.rpartition(":")[0].strip("[]") or w for w in runtime.workers]
    hosts = workers if runtime.kind == "connect" else [runtime.name]
    within = [z for z, zone in estate.people.zones.items() if all(map(zone.contains, hosts))]
    if hosts and len(within) == 1 and len(runtime.zones) < 2:
        return within[0]
    return zone_of(runtime.zones)


def _targets(
    made: Scene, found: Reached, open_to_all: Mapping[tuple[str, str], set[str]], estate: Estate
) -> list[tuple[Thing, set[tuple[str, str]]]]:
    """Add the topics and systems; return each with who reaches it."""
    alike: dict[tuple[str, str, str, frozenset[tuple[str, str]]], list[str]] = defaultdict(list)
    for (kind, name), by in sorted(found.items()):
        lane = zone_of_target(kind, name, estate)
        highest = _of_target(kind, name, estate)
        alike[kind, lane, highest, frozenset(by)].append(name)
    targets: list[tuple[Thing, set[tuple[str, str]]]] = []
    for (kind, lane, highest, users), names in alike.items():
        for group in [names] if len(names) > _ALONE else [[one] for one in names]:
            every = sorted(open_to_all.get((kind, group[0]), ()))
            said = f"every login {' and '.join(every)} it" if every else ""
            thing = _target((kind, lane, highest, said), group, estate)
            made.targets.append(thing)
            targets.append((thing, set(users)))
    return targets


def _target(facts: tuple[str, str, str, str], names: Sequence[str], estate: Estate) -> Thing:
    kind, lane, highest, every = facts
    label = names[0] if len(names) == 1 else f"{count(len(names), kind)}: {names[0]} …"
    outside = "outside Kafka" if kind == "system" else ""
    small = " · ".join(filter(None, (outside, highest, every)))
    title = (
        f"{kind} {first_of(names, _TITLED)}: {small or 'sensitivity unknown'}; {lane_name(lane)}"
    )
    shown = rank(estate.config.sensitivity, highest)
    return Thing(f"{kind} {names[0]}", kind, lane, label, small, title, shown, tuple(names))


def _through(
    home: Mapping[str, list[Thing]], targets: Iterable[tuple[Thing, set[tuple[str, str]]]]
) -> dict[tuple[Thing, Thing, str], tuple[str, ...]]:
    """Return the credentials through which each runtime reaches each target, by how."""
    found: dict[tuple[Thing, Thing, str], list[str]] = defaultdict(list)
    for target, by in targets:
        for key, kind in sorted(by):
            for runtime in home[key]:
                found[runtime, target, kind].append(key)
    return {way: tuple(keys) for way, keys in found.items()}


def _of_target(kind: str, name: str, estate: Estate) -> str:
    if kind == "topic":
        return _highest((estate.workloads[one].sensitivity for one in _users(name, estate)), estate)
    using = [w for w in estate.workloads.values() if name in {e.system for e in w.external}]
    return _highest((w.sensitivity for w in using), estate)


def _users(topic: str, estate: Estate) -> tuple[str, ...]:
    return estate.writers.get(topic, ()) or estate.readers.get(topic, ())


def _highest(classes: Iterable[str], estate: Estate) -> str:
    found = set(classes)
    return next((one for one in reversed(estate.config.sensitivity) if one in found), "")


def lane_name(lane: str) -> str:
    """Return what a lane is called."""
    return "no zone" if lane == NO_ZONE else "several zones" if lane == SEVERAL else f"zone {lane}"


def crosses(one: str, other: str) -> bool:
    """Return whether a way from one lane to the other leaves a zone; unknown zones are not known to be left."""
    return one != other and NO_ZONE not in (one, other)
