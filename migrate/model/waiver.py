"""What people accept in writing for readers of a copied topic: never silently, and never for ever."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from migrate.model.base import Model
from migrate.model.record import Position

May = Literal["miss", "read again", "revive"]
Uncommitted = Literal["refuse", "earliest", "latest"]
"""Where a group begins on a partition without a commit of it."""


class Waiver(Model):
    """What may happen to readers of a topic when it moves, until a date: to one group, or without it to all.

    `miss`: records that the copy lacks, or that could not be compared. `read again`: records that the copy holds
    twice. `revive`: keys that the source has deleted.
    """

    topic: str
    group: str = ""
    may: May
    because: Annotated[str, Field(min_length=3)]
    until: date

    def covers(self, topic: str, group: str, may: May) -> bool:
        """Whether this may happen to a group there; the empty group stands for any reader."""
        return (self.topic, self.may) == (topic, may) and self.group in ("", group)


class Readers(Model):
    """Who reads copied topics: groups `here` on the source and `across` on the target; what is accepted for them.

    `moved` says where the latter stood on the source when they moved: what is behind that, they read on the target.
    """

    here: tuple[str, ...] = ()
    across: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    moved: dict[str, tuple[Position, ...]] = Field(default_factory=dict)


def waived(
    waivers: Iterable[Waiver], topic: str, group: str, may: May, today: date
) -> Waiver | None:
    """Return the waiver that lets this happen to a group today; None without one."""
    return next((w for w in waivers if w.until >= today and w.covers(topic, group, may)), None)
