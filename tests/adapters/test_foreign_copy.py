"""A copy of somebody else's: what his commands are told, how often, and what a new process knows of it."""

from collections.abc import Iterator, Mapping, Sequence

import pytest

from migrate.adapters.foreign_copy import ForeignCopy
from migrate.errors import StepFailed
from migrate.model.mirrormaker import topic_patterns
from migrate.ports.moving import HookCall

TOPICS = ("a.b", "c")
COMMANDS = {
    "stop": ("./copier", "stop"),
    "start": ("./copier", "start"),
    "end": ("./copier", "end"),
}


class Told:
    """`Hooks` that note what they were told, and fail where they are to."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str]] = []
        self.fails = False

    def run(self, command: Sequence[str], facts: Mapping[str, str], seconds: float) -> None:
        assert seconds > 0
        if self.fails:
            raise StepFailed("hook failed")
        self.said.append((command[-1], facts["KMIG_COPY"], facts["KMIG_TOPICS"]))

    def lacking(self, command: Sequence[str]) -> str:
        raise AssertionError(command)

    def run_all(self, calls: Sequence[HookCall], most: int) -> Iterator[tuple[int, None]]:
        raise AssertionError(calls)


def copier(
    known: Mapping[str, tuple[str, ...]], commands: Mapping[str, tuple[str, ...]] = COMMANDS
) -> tuple[ForeignCopy, Told]:
    hooks = Told()
    return ForeignCopy(hooks, commands, lambda: known), hooks


def test_it_is_stopped_ended_for_what_moves_and_started_for_the_rest() -> None:
    here, hooks = copier({"w": TOPICS})
    found = here.copy("w")
    assert found is not None
    assert (found.running, found.foreign) == (True, True)
    here.stop("w")
    assert (stopped := here.copy("w")) is not None
    assert stopped.quiet
    here.put("w", {"topics": topic_patterns(("c",))})
    here.resume("w")
    assert hooks.said == [
        ("stop", "stop", "a.b,c"),
        ("end", "end", "a.b"),
        ("start", "start", "c"),
    ]
    here.put("w", {"topics": topic_patterns(TOPICS)}, stopped=True)
    here.resume("w")
    assert hooks.said[-1] == ("start", "start", "a.b,c"), "a rollback: nothing is ended"


def test_without_a_topic_it_is_gone_and_another_process_knows_by_the_journal() -> None:
    here, hooks = copier({"w": TOPICS})
    here.delete("w")
    assert hooks.said == [("end", "end", "a.b,c")]
    assert here.copy("w") is None
    assert copier({"w": TOPICS})[0].copy("w") is not None
    assert copier({})[0].copy("w") is None


def test_a_platform_that_ends_nothing_is_not_asked_to() -> None:
    here, hooks = copier({"w": TOPICS}, {**COMMANDS, "end": ()})
    here.delete("w")
    assert hooks.said == []


def test_many_topics_come_in_several_calls() -> None:
    many = tuple(f"{'t' * 240}-{number}" for number in range(900))
    here, hooks = copier({"w": many})
    here.stop("w")
    assert [len(said[2].split(",")) for said in hooks.said] == [400, 400, 100]
    assert all(len(said[2]) < 128 * 1024 for said in hooks.said)


def test_a_command_that_fails_has_stopped_nothing() -> None:
    here, hooks = copier({"w": TOPICS})
    hooks.fails = True
    with pytest.raises(StepFailed):
        here.stop("w")
    found = here.copy("w")
    assert found is not None
    assert found.running
