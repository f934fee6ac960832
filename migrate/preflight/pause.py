"""How long clients will stand still."""

from collections.abc import Iterator
from dataclasses import replace

from migrate.model.settings import JOINING
from migrate.ports import Sites
from migrate.preflight.asked import Asked, Fault
from migrate.preflight.facts import Ahead, Forecast

_KAFKAS = 3_000


def ask(sites: Sites, ahead: Ahead) -> Iterator[Asked]:
    """Yield what is to be said of the pause that comes."""
    coming = expected(sites, ahead)
    faults = []
    if ahead.most is not None and coming.writes > ahead.most:
        faults.append(
            Fault(
                f"writes would be paused for about {coming.writes:.1f} s, `policy.max_pause` allows {ahead.most:g}",
                "shorten what takes long, raise `policy.max_pause`, or go on with `kmig cutover --stay`",
            )
        )
    yield Asked("the pause is short enough", tuple(faults), str(coming))


def expected(sites: Sites, ahead: Ahead) -> Forecast:
    """Return the forecast, with how long the target lets the first member of a group wait for others."""
    coming = ahead.forecast
    if not coming.joins:
        return coming
    told = sites.target.reader.settings().get(JOINING, "")
    delay = (int(told) if told.isdecimal() else _KAFKAS) / 1000
    return replace(coming, consumers=coming.consumers + delay, joins=False)
