"""Gate: what a cutover would find once its clients are stopped, asked while everybody runs."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from migrate.errors import CannotTell, Refused
from migrate.model.words import count
from migrate.ports import Sites
from migrate.preflight import clients, groups, pause, rights, topics
from migrate.preflight.asked import Asked, faults
from migrate.preflight.facts import Ahead
from migrate.steps.change import Gate

_LISTED_SECONDS, _AGAIN_SECONDS = 30.0, 1.0


class LookAhead(Gate):
    """Refuse what would be refused, or would not work, behind the first stop; `ahead` is what the wave will need.

    A step that is read from a journal does not know it any more: it is asked as it is planned now.
    """

    KEY: ClassVar[str] = "look_ahead"

    op: Literal["look_ahead"] = "look_ahead"
    ahead: Ahead | None = Field(default=None, exclude=True)

    @property
    def key(self) -> str:
        """See `Change`."""
        return self.KEY

    def describe(self) -> str:
        """See `Change`."""
        return "look ahead: commits, readers, writers, rights and credentials"

    def apply(self, sites: Sites) -> "LookAhead":
        """Ask everything; the first fault is the refusal."""
        assert self.ahead is not None
        asked = self._settled(sites, self.ahead)
        if found := list(faults(asked)):
            more = f"; and {count(len(found) - 1, 'more fault')}" if len(found) > 1 else ""
            raise Refused(
                f"not ready for a cutover: {found[0].said}{more}",
                f"{found[0].remedy}. `kmig verify preflight --wave {self.ahead.wave}` names every fault",
            )
        names = {one.name for one in asked if one.untold}
        written = {name: why for name, why in self.ahead.waived.items() if name in names}
        known = {**written, **self.ahead.unknown}
        self._require_told(asked, known)
        taken = (f"{name} is accepted unknown: {why}" for name, why in sorted(known.items()))
        return self.seeing(
            *(f"{one.name}: {', '.join(one.check.evidence)}" for one in asked), *taken
        )

    def _require_told(self, asked: list[Asked], accepted: Mapping[str, str]) -> None:
        """Raise for a question without an answer that puts records or rights at risk, unless people accept that."""
        assert self.ahead is not None
        if strange := sorted(accepted.keys() - {one.name for one in asked}):
            raise Refused(
                f"`--accept`: no question of preflight is called {strange[0]}",
                f"`kmig verify preflight --wave {self.ahead.wave}` lists them",
            )
        for one in asked:
            if one.untold and one.risk != "pause" and one.name not in accepted:
                raise CannotTell(
                    f"not ready for a cutover: nobody can tell whether {one.name}: {one.untold[0].said}",
                    f"{one.untold[0].remedy}; or accept it: --accept '{one.name}' --because REASON",
                )

    def _settled(self, sites: Sites, ahead: Ahead) -> list[Asked]:
        """Ask; again for some seconds where a coordinator that moves may list none of its groups."""
        until = sites.clock.monotonic() + _LISTED_SECONDS
        while True:
            asked = [
                one
                for room in (groups, topics, rights, clients, pause)
                for one in room.ask(sites, ahead)
            ]
            passing = [one.name for one in asked if one.faults and one.name in groups.PASSING]
            lasting = [one.name for one in asked if one.faults and one.name not in groups.PASSING]
            if lasting or not passing or sites.clock.monotonic() > until:
                return asked
            sites.tell(f"asking again: {', '.join(passing)}")
            sites.clock.sleep(_AGAIN_SECONDS)
