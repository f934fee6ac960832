"""Events by their names: each act is one function, in the module of those who do it."""

from collections.abc import Callable

from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.history import Event
from migrate.rehearse.worlds.world import World

Act = Callable[[World, Event], None]
ACTS: dict[str, Act] = {}
"""Every event that there is, by its name."""


def event_of(name: str) -> Callable[[Act], Act]:
    """Return what makes a function the event of this name."""

    def register(act: Act) -> Act:
        ACTS[name] = act
        return act

    return register


def happen(world: World, event: Event) -> None:
    """Let an event happen now."""
    world.happened.append((world.timeline.now, event))
    try:
        ACTS[event.what](world, event)
    except BrokerError:
        return
