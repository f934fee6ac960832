"""From a seed to a history: estates as they are found, clients as people write them, and whatever may happen to them.

It knows estates, actors and faults, and no defect of kmig: nothing here exists for one defect alone. Most of a
history is ordinary, and some of it is not, so that one cause of a failure can be told from the others.
"""

from random import Random
from typing import Any

from migrate.rehearse.worlds.chance import Chance
from migrate.rehearse.worlds.estates import drawn_estate
from migrate.rehearse.worlds.history import Estate, Event, Fault, History, Typed
from migrate.rehearse.worlds.timeline import DAY, HOUR, MINUTE
from migrate.rehearse.worlds.workloads import declared

GENERATION = 3
"""The generator's version: a seed means the same history only within one.

Of what is drawn from a stream of its own, the name holds the version from which on it is drawn so.
"""

_LAST_CALL = 400
_COMMANDS = 24


def generate(seed: int) -> History:
    """Return the history of a seed."""
    chance = Chance(Random(f"kmig worlds 2 {seed}"))
    estate = drawn_estate(chance)
    workloads, more = declared(chance, estate)
    return History(
        estate=estate,
        workloads=workloads,
        more=more,
        policy=_policy(chance),
        overrides={"producer.override.compression.type": "zstd"} if chance.rarely() else {},
        pauses=_pauses(chance),
        typed=(*_typed(chance), *_looking(seed)),
        events=(
            *_events(chance, estate),
            *_around_kmig(seed, estate),
            *_at_connect(seed),
            *_cron(seed),
        ),
        faults=_faults(chance),
    )


def _policy(chance: Chance) -> dict[str, Any]:
    policy: dict[str, Any] = {}
    if chance.sometimes():
        policy["uncommitted"] = chance.pick(["earliest", "latest"])
    if chance.rarely():
        policy["quiet_seconds"] = chance.pick([1.0, 6.0, 12.0])
    if chance.rarely():
        policy["max_workloads_per_wave"] = chance.pick([1, 2])
    if chance.rarely():
        policy["approvals"] = ["owner"]
    return policy


def _pauses(chance: Chance) -> tuple[float, ...]:
    """Return the pauses between commands: mostly minutes, now and then a weekend or weeks."""
    return tuple(
        chance.pick([2 * MINUTE, 20 * MINUTE, 3 * HOUR, DAY])
        if not chance.rarely()
        else chance.pick([3 * DAY, 8 * DAY, 12 * DAY])
        for _ in range(_COMMANDS)
    )


def _typed(chance: Chance) -> tuple[Typed, ...]:
    return (*_detours(chance), *_ways_back(chance))


def _ways_back(chance: Chance) -> tuple[Typed, ...]:
    """Return where somebody goes back before he tries a cutover that did not end well again."""
    if not chance.sometimes():
        return ()
    wave = chance.pick([1, 1, 2])
    return (Typed(command=f"rollback {wave}", again=f"cutover {wave}"),)


def _detours(chance: Chance) -> tuple[Typed, ...]:
    """Return what somebody types although nothing says so."""
    if not chance.sometimes():
        return ()
    extras = [
        *("rollback 1", "rollback 1", "rollback 2", "verify", "verify access", "inventory"),
        *("rotate 1 --drill", "replicate 1", "cutover 1", "apply 1", "apply 2", "plan"),
    ]
    at = chance.between(3, _COMMANDS - 4)
    return (Typed(at=at, command=chance.pick(extras)),)


def _faults(chance: Chance) -> tuple[Fault, ...]:
    if not chance.sometimes():
        return ()
    kinds = ["killed before", "killed after", "killed after", "lost", "unanswered", "late", "twice"]
    count = 1 if chance.often() else 2
    return tuple(
        Fault.model_validate(
            {
                "command": chance.between(2, _COMMANDS - 6),
                "call": chance.magnitude(_LAST_CALL),
                "kind": chance.pick(kinds),
                "disk": chance.between(0, 1_000_000),
            }
        )
        for _ in range(count)
    )


def _events(chance: Chance, estate: Estate) -> tuple[Event, ...]:
    if chance.rarely():
        return ()
    count = chance.pick([0, 1, 1, 2, 3])
    events = [_event(chance, estate) for _ in range(count)]
    for client in estate.clients:
        if client.begins < 0 and client.group and chance.sometimes():
            at = chance.between(3, 12)
            events.append(Event(after=at, what="a client starts", on=client.name))
    return tuple(events)


def _event(chance: Chance, estate: Estate) -> Event:
    topic = chance.pick(estate.topics).name
    client = chance.pick(estate.clients)
    prefix = topic.partition(".")[0]
    kinds: list[tuple[str, str, str]] = [
        ("an administrator deletes an ACL on the source", chance.pick(estate.acls), ""),
        (
            "an administrator creates an ACL on the source",
            f"{chance.pick(['ALLOW', 'DENY'])} {chance.pick(['READ', 'WRITE'])} "
            f"on topic {topic} to User:{client.name}",
            "",
        ),
        (
            "an administrator creates an ACL on the target",
            f"ALLOW WRITE on topic {topic} to User:{client.name}",
            "",
        ),
        ("a topic is created on the source", f"{prefix}.{chance.word()}", "1"),
        (
            "a topic is deleted and created again on the source",
            topic,
            str(chance.pick([0, 10, 60, 300])),
        ),
        ("partitions are added to a topic on the source", topic, ""),
        (
            "a config of a topic is changed on the source",
            topic,
            chance.pick(
                ["retention.ms=86400000", "cleanup.policy=compact", "retention.bytes=50000"]
            ),
        ),
        ("records are deleted on the source", topic, str(chance.pick([1, 20, 1000]))),
        ("a user is deleted on the source", client.name, ""),
        ("an operator deletes a user on the target", client.name, ""),
        ("a client is killed and starts again", client.name, ""),
        ("somebody tries a client on the target", client.name, chance.pick(["20", "600"])),
        ("a client is stopped by its owner", client.name, ""),
        ("a transaction stays open on the source", topic, chance.pick(["60", "900", "90000"])),
        ("one broker of the target gets metadata late", "", chance.pick(["2", "20", "90"])),
        ("one broker of the source gets metadata late", "", chance.pick(["2", "20", "90"])),
        ("a coordinator moves on the source", client.group or topic, "20"),
        ("leaders move on the source", "", "5"),
        ("leaders move on the target", "", "5"),
        ("an unclean election loses records on the source", topic, "3"),
        ("the Connect worker is killed", "", chance.pick(["20", "600", "200000", "700000"])),
        ("a copy task fails", "", ""),
        ("an operator begins to delete users that it does not know", "", "120"),
        ("somebody types the same command a second time", "", ""),
        (
            "somebody types a command in a copy of the directory",
            "",
            chance.pick(["apply 1", "cutover 1", "rollback 1", "replicate 1", "apply 2"]),
        ),
        ("Connect loses the copy's offsets", "", ""),
    ]
    what, on, value = chance.pick(kinds)
    during = chance.sometimes()
    return Event(
        after=chance.between(2, _COMMANDS - 6),
        what=what,
        on=on,
        value=value,
        seconds=chance.pick([1.0, 30.0, 600.0, 7200.0]),
        call=chance.magnitude(_LAST_CALL) if during else 0,
    )


def _around_kmig(seed: int, estate: Estate) -> tuple[Event, ...]:
    """Return what happens around kmig itself, in one of four; a stream of its own leaves the rest as it was."""
    chance = Chance(Random(f"kmig worlds around 2 {seed}"))
    if not chance.pick([True, False, False, False]):
        return ()
    side = chance.pick(["source", "target", "target"])
    client = chance.pick([c for c in estate.clients if not c.user]).name
    kinds = [
        ("the network between kmig and a cluster is down", side, chance.pick(["60", "7200"])),
        ("somebody edits plan.json", "", ""),
        (
            "a file of the migration directory is deleted",
            chance.pick(["plan.json", "inventory.json", "journal.jsonl", "reports/findings.json"]),
            "",
        ),
        ("the disk is full for some hours", "", chance.pick(["0", "300", "20000"])),
        ("an administrator takes a client's rights on the target", client, ""),
        ("a secret is changed on the target", client, ""),
        ("a topic is deleted on the target", chance.pick(estate.topics).name, ""),
        ("somebody deletes the copy's connectors", "", ""),
        ("somebody stops the copy's connectors", "", ""),
    ]
    what, on, value = chance.pick(kinds)
    return (
        Event(
            after=chance.between(2, _COMMANDS - 6),
            what=what,
            on=on,
            value=value,
            seconds=chance.pick([1.0, 30.0, 600.0]),
            call=chance.magnitude(_LAST_CALL) if chance.sometimes() else 0,
        ),
    )


def _at_connect(seed: int) -> tuple[Event, ...]:
    """Return what happens to kmig's login at Connect, in one of eight."""
    chance = Chance(Random(f"kmig worlds at connect 3 {seed}"))
    if chance.pick(range(8)):
        return ()
    return (
        Event(
            after=chance.between(2, _COMMANDS - 6),
            what="Connect refuses kmig's login for some time",
            value=chance.pick(["60", "7200"]),
            seconds=chance.pick([1.0, 30.0, 600.0]),
            call=chance.magnitude(_LAST_CALL) if chance.sometimes() else 0,
        ),
    )


def _looking(seed: int) -> tuple[Typed, ...]:
    """Return where somebody compares both sides although nothing says so, in one of four."""
    chance = Chance(Random(f"kmig worlds looking 3 {seed}"))
    if chance.pick(range(4)):
        return ()
    at = chance.between(5, _COMMANDS - 4)
    return (Typed(at=at, command=chance.pick(["verify data", "watch --once"])),)


def _cron(seed: int) -> tuple[Event, ...]:
    """Return when cron looks at the copies, in one of four: in the midst of another command, or not."""
    chance = Chance(Random(f"kmig worlds cron 3 {seed}"))
    if chance.pick(range(4)):
        return ()
    return tuple(
        Event(
            after=chance.between(4, _COMMANDS - 4),
            what="cron runs kmig watch",
            seconds=chance.pick([1.0, 30.0, 600.0]),
            call=chance.magnitude(_LAST_CALL) if chance.sometimes() else 0,
        )
        for _ in range(chance.pick([1, 3]))
    )
