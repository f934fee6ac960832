"""Which credentials can reach into another zone than their own, as rows of a table."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from migrate.documents.boundary import Boundary
from migrate.estate import Estate
from migrate.model.words import count, first_of
from migrate.render.boundary_scene import (
    NO_ZONE,
    crosses,
    every_login,
    lane_name,
    reached,
    zone_of_credential,
    zone_of_target,
)

EVERY_LOGIN = "every login"
"""Stands for all credentials of Kafka: no principal has a name without a type."""

Way = tuple[str, str, str, str, str]
"""A credential, its zone, how it reaches, what, and the zone of that."""

Ways = dict[tuple[str, str, str], list[str]]
"""Names by how they are reached, their kind and their lane."""


def crossings(boundaries: Sequence[Boundary], estate: Estate) -> Iterator[Way]:
    """Yield each way of a credential from its own zone into another: credential, zone, how, what, its zone.

    What every login reaches is one line for each zone, before the others.
    """
    found = reached(boundaries)
    open_to_all = every_login(boundaries, found)
    shared: Ways = defaultdict(list)
    for (kind, name), ways in open_to_all.items():
        for how in ways:
            shared[how, kind, zone_of_target(kind, name, estate)].append(name)
    yield from ((EVERY_LOGIN, "any zone", *way) for way in _told(shared))
    for boundary in boundaries:
        own = zone_of_credential(boundary, estate)
        into: Ways = defaultdict(list)
        for (kind, name), by in sorted(reached([boundary]).items()):
            lane = zone_of_target(kind, name, estate)
            hows = {how for _, how in by} - open_to_all.get((kind, name), set())
            for how in sorted(hows) if crosses(own, lane) else ():
                into[how, kind, lane].append(name)
        yield from ((boundary.credential.name, lane_name(own), *way) for way in _told(into))


def _told(ways: Ways) -> Iterator[tuple[str, str, str]]:
    for (how, kind, lane), names in ways.items():
        yield how, f"{count(len(names), kind)}: {first_of(names, 6)}", lane_name(lane)


def unplaced(boundaries: Sequence[Boundary], estate: Estate) -> tuple[int, int]:
    """Return how many credentials, and how many topics and systems that they reach, have no zone."""
    credentials = sum(zone_of_credential(one, estate) == NO_ZONE for one in boundaries)
    targets = (zone_of_target(kind, name, estate) for kind, name in reached(boundaries))
    return credentials, sum(lane == NO_ZONE for lane in targets)
