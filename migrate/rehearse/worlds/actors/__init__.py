"""Outside actors and faults: what they do to an estate, and around kmig itself.

An event names what it is about in `on`, and what it sets in `value`; what is not there any more is left alone.
"""

from migrate.rehearse.worlds.actors import around_kmig, estate_actors
from migrate.rehearse.worlds.actors.acts import ACTS, happen

__all__ = ["ACTS", "around_kmig", "estate_actors", "happen"]
