"""A history, played: commands are typed as the runbook and `kmig status` say, while everything else goes on.

Who plays gives `run`, which runs one command in the world as its process would: worlds know no command line.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from migrate.rehearse.worlds import actors, estate, people
from migrate.rehearse.worlds.calls import Kind
from migrate.rehearse.worlds.commands import Ended, faults_of, hints, next_of
from migrate.rehearse.worlds.disk import choosing
from migrate.rehearse.worlds.history import Event, History
from migrate.rehearse.worlds.timeline import DAY, HOUR, MINUTE
from migrate.rehearse.worlds.witness import Green, Witness
from migrate.rehearse.worlds.world import HOME, World

MOST_COMMANDS = 80

_OPENING = ("inventory", "assess", "plan")
_BETWEEN = 20 * MINUTE
_READY_TRIES = 4
_TURNS = 8
_FOLLOWED = 2
"""So often somebody does what a hint says, before he stops believing it."""


Run = Callable[[World, str], Ended]


@dataclass(eq=False)
class Played:
    """A history that was played to its end."""

    world: World
    commands: list[Ended] = field(default_factory=list)
    asked: list[Ended] = field(default_factory=list)
    beside: list[Ended] = field(default_factory=list)
    greens: list[Green] = field(default_factory=list)
    answers: list[tuple[float, str]] = field(default_factory=list)
    finished: bool = False
    dead_end: str = ""
    watched: tuple[str, ...] = ()
    """What `kmig watch` finds at fault at the end of a migration that stands still: cron runs it all the time."""


def play(history: History, run: Run) -> Played:
    """Play a history to its end, and let some days pass after it."""
    world = World(history)
    estate.build(world)
    played = Played(world)
    world.timeline.advance(HOUR)
    typist = _Typist(played, run)
    for number, command in enumerate(typist.commands()):
        _schedule(world, history, number)
        world.timeline.advance(_pause(history, number))
        typist.type(number, command)
        if number + 1 >= MOST_COMMANDS:
            played.dead_end = f"{MOST_COMMANDS} commands and no end{_last_refusals(played)}"
            break
    _schedule(world, history, len(played.commands))
    for _ in range(4):
        world.timeline.advance(2 * DAY)
    if not played.finished:
        played.watched = typist.watched()
    return played


def _last_refusals(played: Played) -> str:
    """Return in words which refusals take turns at the end of a history that does not end."""
    last = [ended.refusal for ended in played.commands[-_TURNS:] if ended.refusal]
    return "".join(f"; {refusal}" for refusal in dict.fromkeys(last))


def _pause(history: History, number: int) -> float:
    pauses = history.pauses
    return pauses[number] if number < len(pauses) else _BETWEEN


def _schedule(world: World, history: History, number: int) -> None:
    """Plan what happens in the pause before command `number`."""
    for event in history.events:
        if event.after == number and not event.call:
            world.timeline.after(event.seconds, partial(actors.happen, world, event))


class _Typist:
    """Somebody with the runbook, who types what `status` says."""

    def __init__(self, played: Played, run: Run) -> None:
        self._played, self._run = played, run
        self._world = played.world
        self._history = played.world.history
        self._witness = Witness(played.world)
        self._tried: dict[str, int] = {}
        self._verified: set[str] = set()
        self._over = False
        self._hinted: list[str] = []
        self._followed: dict[str, int] = {}
        self._helped: set[str] = set()
        self._answered: dict[str, int] = {}
        self._world.type_beside = self._beside

    def commands(self) -> Iterator[str]:
        """Yield the next command until the migration is over or stands still."""
        for command in _OPENING:
            yield self._instead(command)
        while not self._over and not self._played.dead_end:
            command = self._next()
            if not command:
                return
            yield self._instead(command)

    def type(self, number: int, command: str) -> None:
        """Type a command as the one of this number, and take note of how it ended."""
        world = self._world
        faults: dict[int, Kind] = {
            f.call: f.kind for f in self._history.faults if f.command == number
        }
        events: dict[int, Callable[[], None]] = {
            e.call: partial(self._happen, e)
            for e in self._history.events
            if e.after == number and e.call
        }
        world.command = command
        if self._hinted[:1] == [command]:
            self._hinted.pop(0)
        ended = self._typed(command, faults, events)
        self._played.commands.append(ended)
        self._played.greens += self._witness.look(ended)
        if ended.killed:
            disk = next((f.disk for f in self._history.faults if f.command == number), 0)
            world.disk.crash(choosing(disk))
        said = people.answer(world, ended.out + ended.err) if ended.exit else []
        self._played.answers += [(world.timeline.now, what) for what in said]
        if said and "rerun the command" in ended.err:
            self._hinted.insert(0, command)
        self._notice(ended, answered=bool(said))

    def watched(self) -> tuple[str, ...]:
        """Look at the copies as cron does; return what is found at fault."""
        return faults_of(self._typed("watch --once --yes -o json", {}, {}))

    def _beside(self, command: str, home: Path = HOME) -> None:
        """Let somebody else type a command, in the midst of another one or not, in this directory or a copy of it."""
        world, outer = self._world, self._world.calls.state()
        world.home = home
        try:
            ended = self._typed(command, {}, {})
        finally:
            world.home = HOME
            world.calls.restore(outer)
        self._played.beside.append(ended)

    def _happen(self, event: Event) -> None:
        actors.happen(self._world, event)

    def _typed(
        self,
        command: str,
        faults: dict[int, Kind],
        events: dict[int, Callable[[], None]],
    ) -> Ended:
        world = self._world
        world.calls.command(faults, events)
        before = world.typing
        world.typing = True
        for client in world.clients.values():
            client.wake()
        try:
            return self._run(world, command)
        finally:
            world.typing = before

    def _instead(self, command: str) -> str:
        before = [ended.command for ended in self._played.commands]
        for typed in self._history.typed:
            again = typed.again == command and command in before and typed.command not in before
            if again or (not typed.again and typed.at == len(before)):
                return typed.command
        return command

    def _next(self) -> str:
        last = self._played.commands[-1]
        if last.killed:
            return last.command
        if last.exit and (hinted := self._follow(last)):
            return hinted
        if self._hinted:
            return self._hinted[0]
        if last.exit and last.command in _OPENING:
            return self._retry(last.command)
        asked = self._typed("status -o json", {}, {})
        self._played.asked.append(asked)
        if asked.exit and (hinted := self._follow(asked)):
            return hinted
        wanted = next_of(asked)
        if not wanted or asked.exit:
            self._played.dead_end = f"status: {asked.refusal or 'no next command'}"
            return ""
        return self._gated(wanted)

    def _follow(self, last: Ended) -> str:
        """Return the first command that the hint of a failed one names; each is kept until it is typed."""
        times = self._followed[last.kind] = self._followed.get(last.kind, 0) + 1
        if times > _FOLLOWED or last.command.endswith("--status"):
            return ""
        # what was hinted before still waits, where this command names nothing
        self._hinted = hints(last) or self._hinted
        return self._hinted[0] if self._hinted else ""

    def _gated(self, wanted: str) -> str:
        """Return the runbook's gate before a stage, or the stage's command once its gate has passed."""
        verb, _, wave = wanted.partition(" ")
        if verb == "verify":
            self._over = True
            self._played.finished = True
            return "verify" if "verify" not in self._verified else ""
        if verb == "replicate" and f"acls {wave}" not in self._verified:
            self._verified.add(f"acls {wave}")
            return "verify acls"
        if verb == "cutover" and self._tried.get(f"ready {wave}", 0) < _READY_TRIES:
            return f"replicate {wave} --status"
        if verb in ("rotate", "close") and f"verify {wave}" not in self._verified:
            self._verified.add(f"verify {wave}")
            return "verify"
        return wanted

    def _notice(self, ended: Ended, *, answered: bool) -> None:
        if ended.command.endswith("--status") and not ended.killed:
            wave = ended.command.split()[1]
            passed = _READY_TRIES if ended.exit == 0 else 1
            self._tried[f"ready {wave}"] = self._tried.get(f"ready {wave}", 0) + passed
        if ended.killed:
            return
        if not ended.exit:
            self._believe_again(ended.kind.partition(": ")[0])
            if ended.command.startswith("rollback "):
                self._hope_again()
            return
        if answered:
            times = self._answered[ended.kind] = self._answered.get(ended.kind, 0) + 1
            if times <= _FOLLOWED:
                self._hope_again()
                return
        before = [e for e in self._since_rollback() if e.command == ended.command]
        if not before or before[-1].killed:
            return
        if before[-1].kind == ended.kind:
            self._same_again(ended)
        elif before[-1].kind not in self._helped:
            # another refusal now: what the one before asked for has helped, and is believed once more
            self._helped.add(before[-1].kind)
            self._followed.pop(before[-1].kind, None)

    def _since_rollback(self) -> list[Ended]:
        """Return the commands before the last one, up to a rollback that ended well: it has made things otherwise."""
        found: list[Ended] = []
        for one in reversed(self._played.commands[:-1]):
            if one.command.startswith("rollback ") and not (one.exit or one.killed):
                break
            found.insert(0, one)
        return found

    def _hope_again(self) -> None:
        """Somebody did what was asked, so something is otherwise now: the same hints and tries count anew."""
        self._followed.clear()
        for kind in [k for k in self._tried if ": " in k]:
            del self._tried[kind]

    def _believe_again(self, command: str) -> None:
        """A command ended well: what its refusals asked for has helped, and is done again when they come back."""
        for counted in (self._followed, self._answered, self._tried):
            for kind in [k for k in counted if k.startswith(f"{command}: ")]:
                del counted[kind]

    def _same_again(self, ended: Ended) -> None:
        """The same refusal again: wait a day once, in case somebody mends its cause; then it is a dead end."""
        self._tried[ended.kind] = self._tried.get(ended.kind, 0) + 1
        if self._tried[ended.kind] >= 2 and not ended.command.endswith("--status"):
            self._played.dead_end = f"{ended.command}: {ended.refusal}"

    def _retry(self, command: str) -> str:
        self._tried[command] = self._tried.get(command, 0) + 1
        if command == "assess":
            return "plan"
        if self._tried[command] > 2:
            self._played.dead_end = f"{command}: {self._played.commands[-1].refusal}"
            return ""
        return command
