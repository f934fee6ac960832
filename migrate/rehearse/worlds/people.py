"""The people around a migration: they do what kmig's output asks of them, once they have read it.

Each answer is a pattern of what is printed, and what somebody then does: an administrator who restarts brokers, an
owner who fills in workloads.yaml, an operator who restarts a failed task. What nobody understands, nobody does.
"""

import re
from collections.abc import Callable

from migrate.rehearse.worlds import advised
from migrate.rehearse.worlds.world import HOME, World

Answer = Callable[[World, re.Match[str]], bool]


def answer(world: World, printed: str) -> list[str]:
    """Let people do what a command asked for; return in words what they did."""
    done = []
    for pattern, does, act in _ANSWERS:
        for match in re.finditer(pattern, printed):
            if act(world, match):
                done.append(does.format(*match.groups()))
    return list(dict.fromkeys(done))


def _bound_sessions(world: World, _: re.Match[str]) -> bool:
    before, world.target.lifetime = world.target.lifetime, 60.0
    return not before


def _stop_by_hand(world: World, match: re.Match[str]) -> bool:
    """Kill what did not stop when its hook said so."""
    del match
    left = [
        process
        for client in world.clients.values()
        for process in client.processes
        if process.alive and process.stopping
    ]
    for process in left:
        process.stop(clean=False)
    return bool(left)


def _restart_tasks(world: World, _: re.Match[str]) -> bool:
    done = False
    for name, connector in sorted(world.connect.connectors.items()):
        if world.connect.up and any(task.state == "FAILED" for task in connector.tasks):
            world.connect.resume(name)
            done = True
    return done


def _resumed(world: World, match: re.Match[str]) -> bool:
    name = match[1]
    connector = world.connect.connectors.get(name)
    if connector is None or not world.connect.up or connector.state == "RUNNING":
        return False
    world.connect.resume(name)
    return True


def _restored(world: World, match: re.Match[str]) -> bool:
    """Put back a file as it was before somebody touched it."""
    path = HOME / match[1]
    content = world.backups.pop(path, None)
    if content is None:
        return False
    if world.disk.present(str(path)) is not None:
        world.disk.remove_quietly(path)
    world.disk.put_file(path, content)
    return True


def _roll_back_copy(world: World, _: re.Match[str]) -> bool:
    """Roll back the cutover that somebody typed in a copy of the directory."""
    copies, world.copies = world.copies, []
    for copy in copies:
        world.type_beside("rollback 1", copy)
    return bool(copies)


def _upgraded(world: World, _: re.Match[str]) -> bool:
    """Let workers of a newer Kafka copy."""
    before, world.connect.version = world.connect.version, "4.3.1"
    return before < "4"


def _delete_copy(world: World, match: re.Match[str]) -> bool:
    """Delete a topic on the target, unless a client there uses it: what it would lose, everybody knows."""
    topic = match[1]
    used = {
        name
        for client in world.clients.values()
        if client.processes and client.processes[-1].side == "target"
        for name in (*client.spec.reads, *client.spec.writes)
    }
    if world.target.topics.get(topic) is None or topic in used:
        return False
    world.target.delete_topic(topic, by="User:admin")
    return True


_ANSWERS: tuple[tuple[str, str, Answer], ...] = (
    (
        r"connections\.max\.reauth\.ms is\s+0",
        "an administrator bounds sessions on the target's brokers",
        _bound_sessions,
    ),
    (
        r"the copy has failed|tasks? of connector \S+ failed|is not running",
        "an operator restarts the failed tasks",
        _restart_tasks,
    ),
    (
        r"PUT /connectors/(\S+)/resume",
        "an operator resumes connector {0}",
        _resumed,
    ),
    (
        r"the stop hook succeeded, and they did not stop",
        "an operator kills the clients that did not stop",
        _stop_by_hand,
    ),
    (
        r"unaccounted: topic (\S+)",
        "topic {0} is written down in workloads.yaml",
        advised.owned,
    ),
    (
        r"(?m)^\S+ +topic (\S+) +MirrorMaker before Kafka 4\.0",
        "the finding name-internal about topic {0} is accepted",
        advised.accept,
    ),
    (
        r"not ready for a cutover: [\d,]+ records? of (\S+), [a-z]+ offsets? [\d to]+, (?:is|are) "
        r"(missing|not comparable|twice|deleted)",
        "what the copy of {0} lacks is accepted in workloads.yaml",
        advised.waive,
    ),
    (
        r"let workers of Kafka 4\.0 or later copy",
        "an operator lets newer workers copy",
        _upgraded,
    ),
    (
        r"it looks like the fence of a cutover",
        "the cutover that was typed in a copy of the directory is rolled back there",
        _roll_back_copy,
    ),
    (
        r"restore (\S+) from a backup",
        "{0} is restored from a backup",
        _restored,
    ),
    (
        r"unaccounted: group (\S+)",
        "group {0} is written down for its workload",
        advised.own_group,
    ),
    (
        r"refused: topic (\S+) on the target (?:is not empty: it )?holds records, or held some",
        "an administrator deletes topic {0} on the target, which nobody uses there",
        _delete_copy,
    ),
    (
        r"workload (\S+): group `(\S+)` does not exist on the source",
        "workload {0} does not name group {1} any more",
        advised.disown_group,
    ),
    (
        r"no-health: workloads\.yaml: workload (\S+): nothing would show",
        "workload {0} gets a health check",
        advised.show_health,
    ),
    (
        r"for a cutover: group (\S+) reads .* and moves with no wave",
        "group {0} is written down for its workload",
        advised.own_group,
    ),
    (
        r"for a cutover: group (?P<group>\S+) has a commit on (?P<topic>.+), which is not copied with its wave",
        "the workload of group {0} reads {1} too",
        advised.reads,
    ),
    (
        r"for a cutover: group (\S+) has no commit on .*, and its `uncommitted` is refuse",
        "it is written down where group {0} begins",
        advised.decided,
    ),
    (
        r"for a cutover: (?P<who>User:\S+(?:, User:\S+)*) may write to (?P<topic>\S+), and no workload",
        "the workload of {0} writes {1} too",
        advised.writes,
    ),
    (
        r"topic (?P<topic>[^\s:]+):? +(?P<who>User:\S+) may write to it by (?:name|the prefix)",
        "it is written down that {1} writes {0}",
        advised.writes,
    ),
    (
        r"topic (?P<topic>[^\s:]+):? +group (?P<group>\S+) has commits on it",
        "it is written down that the workload of group {1} reads {0}",
        advised.reads,
    ),
    (
        r"for a cutover: (User:\S+) of workload \S+ lacks (.+) on the source",
        "an administrator gives {0} on the source: {1}",
        advised.grants,
    ),
    (
        r"for a cutover: (User:\S+) of workload \S+ lacks (.+) on the target",
        "an administrator gives {0} back on the target: {1}",
        advised.grants_there,
    ),
    (
        r"for a cutover: (User:\S+(?:, User:\S+)*) may write to (\S+) on the target already",
        "an administrator takes from {0} on the target what it should not have yet",
        advised.closed,
    ),
    (
        r"for a cutover: group (\S+) has committed \d+ on \S+ of the target, and kmig has not",
        "an administrator deletes the commits of group {0} on the target",
        advised.forgotten,
    ),
    (
        r"for a cutover: group (\S+) committed \d+ on (\S+)-(\d+) of the source, and the log ends at (\d+)",
        "an administrator resets group {0} on the source",
        advised.reset,
    ),
    (
        r"contradicts-journal: group (\S+) belongs to wave \d+, but",
        "group {0} is taken off its workload and deleted on the source: its clients have moved",
        advised.deleted_group,
    ),
    (
        r"refused: User:(\S+) has a different (\S+) secret on the target",
        "an administrator deletes the {1} credential of {0} on the target",
        advised.removed,
    ),
    (
        r"for a cutover: group \S+ of workload (\S+) has no member now",
        "workload {0} gets a health check",
        advised.show_health,
    ),
)
