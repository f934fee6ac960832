"""No state of a wave without a way on: of the states on docs/states.md, and of those that are met now."""

import pytest

from tests.worlds import states
from tests.worlds.states import BEGIN, CLOSED, Move


def test_commands_lead_from_every_state_to_the_end() -> None:
    known = states.read()
    assert {move.before for move in known} >= {
        BEGIN,
        "prepare done",
        "replicate done",
        "cutover done",
    }
    assert states.stuck(known) == []


@pytest.mark.parametrize("seed", [7, 400, 733, 2001])
def test_what_is_met_now_leads_on_too(seed: int) -> None:
    assert states.stuck([*states.read(), *states.moves([seed])]) == []


def test_a_state_without_a_way_on_is_named() -> None:
    known = [Move(BEGIN, "kmig apply", one) for one in (CLOSED, "half")]
    assert states.stuck([*known, Move("half", "kmig status", "half")]) == ["half"]
