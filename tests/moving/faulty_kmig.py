"""kmig with one fault in its cutover, its own proof switched off: `faulty_kmig.py FAULT ARGUMENTS…`.

What kmig would notice itself must also be noticed by whoever counts the records.
"""

import sys
from typing import Any

from migrate.cli.main import main
from migrate.logs import translating
from migrate.logs.translate import Translation
from migrate.model.record import positions
from migrate.ports import Sites
from migrate.stages import fences, halves
from migrate.stages.halves import Half
from migrate.steps import CreateAcls, OpenWriteGate, create_acls, placing
from migrate.steps.await_copy import AwaitPace
from migrate.steps.await_drained import AwaitDrained
from migrate.steps.await_groups import AwaitMembers
from migrate.steps.commit_offsets import CommitOffsets, commits_of
from migrate.steps.connectors import quiet, wait_running
from migrate.steps.freeze_topics import FreezeTopics, WatchSource
from migrate.steps.prove_offsets import ProveOffsets

faithful = translating.translated_all
stop = halves.stop


def blind(self: Any, sites: Sites) -> Any:
    return self


def all_blind(steps: list[Any], sites: Sites) -> list[Any]:
    return steps


def forced(found: Translation, target: int) -> Translation:
    return found.model_copy(update={"target": target, "proof": "exact"})


def wrong(sites: Sites, asked: Any) -> list[tuple[Translation, ...]]:
    """Identity for the transactional topic. For the other: the last record read, a few lower, as by its time."""
    return [
        tuple(
            forced(t, (t.source or 0) if t.topic == "tiny.paid" else max(0, (t.target or 0) - 3))
            for t in own
        )
        for own in faithful(sites, asked)
    ]


def trusting(sites: Sites, asked: Any) -> list[tuple[Translation, ...]]:
    """Right, but for records behind the copy's end, which should not be there: it does not see them."""
    return [tuple(forced(t, t.target or 0) for t in own) for own in faithful(sites, asked)]


def all_mirror_maker(steps: list[CommitOffsets], sites: Sites) -> list[tuple[CommitOffsets, bool]]:
    return [(mirror_maker(step, sites), False) for step in steps]


def mirror_maker(self: CommitOffsets, sites: Sites) -> CommitOffsets:
    """Whatever MirrorMaker's own group sync left on the target."""
    there = commits_of(sites.target, self.group)
    made = tuple(
        Translation(
            topic=p.topic,
            partition=p.partition,
            source=commits_of(sites.source, self.group).get(p.place),
            target=there.get(p.place, 0),
            lag=0,
            method="none",
            proof="exact",
            evidence="MirrorMaker",
            before=there.get(p.place),
        )
        for p in self.uptos
        if p.place in commits_of(sites.source, self.group)
    )
    return self.model_copy(update={"translations": made})


def unfenced(self: FreezeTopics, sites: Sites) -> FreezeTopics:
    return self.model_copy(update={"ends": positions(sites.source.reader.ends(self.topics))})


carried: list[str] = []


def noting(self: AwaitPace, sites: Sites) -> AwaitPace:
    """Note what copies."""
    carried.extend(self.carried)
    return self


def halting(half: Half, windows: Any) -> Any:
    """The copy stands still once producers stop, so that there is something left to drain; and WRITE is granted."""
    if half.role == "producers":
        yield CreateAcls(because="a fault", part="early", acls=half.move.wave.grants)
    return (yield from stop(half, windows))


def not_awaited(self: AwaitDrained, sites: Sites) -> AwaitDrained:
    """The copy goes on, and nobody waits for its end."""
    for name in self.connectors:
        sites.moving.copy.resume(name)
        wait_running(sites, name)
    return self


def no_stop(half: Half, windows: Any) -> Any:
    """Producers are never stopped, and nothing keeps them from writing on."""
    return (yield from stop(half, windows)) if half.role == "consumers" else None


ProveOffsets.apply_all = staticmethod(all_blind)  # type: ignore[assignment]
match sys.argv[1]:
    case "offsets":
        placing.translated_all = wrong  # type: ignore[assignment, attr-defined]
        AwaitMembers.apply = blind  # type: ignore[method-assign]
        OpenWriteGate._require_kept = blind  # type: ignore[method-assign]
    case "mirror-maker":
        CommitOffsets.look_all = staticmethod(all_mirror_maker)  # type: ignore[assignment]
    case "no-fence":
        placing.translated_all = trusting  # type: ignore[assignment, attr-defined]
        made = create_acls.CreateAcls.apply

        def on_target_only(self: Any, sites: Sites) -> Any:
            return self if self.side == "source" else made(self, sites)

        create_acls.CreateAcls.apply = on_target_only  # type: ignore[method-assign]
        FreezeTopics.apply = unfenced  # type: ignore[method-assign]
        WatchSource.apply = blind  # type: ignore[method-assign]
        AwaitDrained.apply = blind  # type: ignore[method-assign]
        halves.stop = no_stop
    case "write-before-drain":
        placing.translated_all = trusting  # type: ignore[assignment, attr-defined]
        OpenWriteGate.aim = blind  # type: ignore[method-assign]
        AwaitPace.apply = noting  # type: ignore[method-assign]
        AwaitDrained.apply = not_awaited  # type: ignore[method-assign]
        granted, fence = create_acls.CreateAcls.apply, fences.fence_topics

        def halted(self: Any, sites: Sites) -> Any:
            if self.part == "early":
                quiet(sites, carried)
            return granted(self, sites)

        def early(move: Any) -> Any:
            yield from halves.start(Half(move, "producers"), ())
            return (yield from fence(move))

        create_acls.CreateAcls.apply = halted  # type: ignore[method-assign]
        halves.stop = halting
        fences.fence_topics = early
    case other:
        raise SystemExit(f"no fault {other}")
sys.exit(main(sys.argv[2:]))
