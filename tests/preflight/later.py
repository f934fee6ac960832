"""Every refusal and failure that a cutover's steps behind the first stop can raise, found by walking their code.

A name leads to every function, method and class of that name in the rooms that steps may reach: too much is walked
rather than too little. `CannotTell` and its kinds are left out: a broker, a worker or a disk may stop answering at
any moment, nobody can know it before, and the same command goes on.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrate import errors
from migrate.stages.outline import LINES
from migrate.steps import SwitchClients
from migrate.steps.change import Change

HOME = Path(errors.__file__).parent
ROOMS = ("steps", "logs", "ports", "adapters/kafka", "adapters/connect")
FILES = ("adapters/client_files.py", "adapters/hooks.py", "adapters/map_files.py")
ASKED_BY_EXECUTOR = ("aim", "guard", "present", "again", "apply", "look_all", "apply_all")
BACKWARDS = ("undo", "guard_undo")
WAITS = ("wait", "settle")


def kinds() -> frozenset[str]:
    """The errors that refuse or fail."""
    named = {
        name: one
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, errors.KmigError)
    }
    return frozenset(n for n, one in named.items() if not issubclass(one, errors.CannotTell))


def behind_the_first_stop() -> frozenset[type[Change]]:
    """The kinds of steps that a cutover has from its first stop on."""
    lines = [line.kind for line in LINES if line.stage == "cutover"]
    return frozenset(lines[lines.index(SwitchClients) :])


@dataclass(frozen=True)
class Walk:
    """The functions of the rooms by name, and methods by their class."""

    functions: dict[str, list[ast.FunctionDef]]
    methods: dict[tuple[str, str], ast.FunctionDef]

    def reached(self) -> Iterator[ast.FunctionDef]:
        """Yield what the executor can come to in these steps, each once."""
        names = {kind.__name__ for kind in behind_the_first_stop()}
        todo = [
            self.methods[name, method]
            for name in sorted(names)
            for method in ASKED_BY_EXECUTOR
            if (name, method) in self.methods
        ]
        seen: set[int] = set()
        while todo:
            one = todo.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            yield one
            for name in _names(one):
                if name not in (*ASKED_BY_EXECUTOR, *BACKWARDS):
                    todo += self.functions.get(name, [])


@cache
def walk() -> Walk:
    """Read the rooms."""
    functions: dict[str, list[ast.FunctionDef]] = {}
    methods: dict[tuple[str, str], ast.FunctionDef] = {}
    paths = [path for room in ROOMS for path in sorted((HOME / room).rglob("*.py"))]
    for path in [*paths, *(HOME / name for name in FILES)]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                functions.setdefault(node.name, []).append(node)
            if isinstance(node, ast.ClassDef):
                own = [f for f in node.body if isinstance(f, ast.FunctionDef)]
                methods |= {(node.name, f.name): f for f in own}
    return Walk(functions, methods)


def found() -> frozenset[str]:
    """The messages, with … for what is put in; those of waits say what is waited for."""
    wanted = kinds()
    said = set()
    for function in walk().reached():
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                if node.func.id in wanted:
                    said.add(_text(node.args[0]))
                elif node.func.id in WAITS:
                    said.add(f"waiting for {_text(node.args[1])}")
    return frozenset(said)


def _names(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(v) if isinstance(v, ast.Constant) else "…" for v in node.values)
    if isinstance(node, ast.List):
        return _text(node.elts[0])
    return "…"


ASKED = {
    "MirrorMaker did not start: …": "await_pace",
    "a commit is missing on the source: …": "commits are there",
    "an ACL of the write gate already exists on the target, and this cutover did not create it: …": (
        "nobody may write on the target"
    ),
    "cannot read client file …: …": "files lead to the target",
    "cannot read commits on the source: …": "commits are there",
    "cannot read the commits of group … on the …: …": "commits are there",
    "cannot replace client file … by …: …": "files lead to the target",
    "cannot run hook `…`: …": "hooks can run",
    "connector … is missing: kmig started it, and Connect does not have it now": "await_pace",
    "connector … is not running: …": "await_pace",
    "group … committed … on …-… of the source, beyond the log's end at …": "commits are in their logs",
    "group … has a commit on …-…, which is not copied with its wave": "commits are on copied topics",
    "group … is a share group: it has no offsets that could be moved (KIP-932)": "groups have offsets",
    "group … is already at … on …-… of the target, beyond …: kmig never lowers a group's offset": (
        "the target has no other commits"
    ),
    "group … on …-… of the target: …": "prove_copies",
    "no exact offset on the target for group …, …-…: …": "offsets can be translated",
    "the addresses of Connect … are of two clusters: … uses Kafka cluster …, … uses …": "await_pace",
    "the copier has passed over …": "prove_copies",
    "the copy has failed: …": "await_pace",
    "the source now denies what the target would allow: …": "rights are as planned",
    "topic … does not exist any more on the …": "await_pace",
    "topic … does not exist on the target, so its configs cannot be restored": "await_pace",
    "waiting for transactions on the source to end": "transactions end",
    "… does not exist on the target, so nothing can be copied to it": "await_pace",
}
"""What is asked before, by the name of the question."""

_CLIENT = "a client may come to life at any moment after it was stopped"
_BROKERS = "brokers, and the copier, take what is written, or do not, when it is written"
_HERE = "another kmig may begin at any moment, a disk may fill, and a file be changed"
_HOOK = "what an operator's command does is known when it has run"
_KMIG = "no state of a cluster leads there: a command opens what its steps need"
_SUPER = "a super user passes a fence at any moment"
_PROOF = "it proves what was written a moment before"

LATER = {
    "a group without members still commits: …": _CLIENT,
    "another process has just begun the maps, with a key of its own": _HERE,
    "cannot append to …: …": _HERE,
    "cannot commit offsets of group …: its coordinator moves, and does not come to rest": _BROKERS,
    "cannot read file …: …": _HERE,
    "cannot …: expected …, got …: the response cannot be trusted": _BROKERS,
    "cannot …: the group has members: UNKNOWN_MEMBER_ID (25)": _CLIENT,
    "group … committed on …-… of the source while kmig translated: …, then …": _CLIENT,
    "group … is at … on …-… of the target, kmig committed …": _CLIENT,
    "group … is not empty on the …: …": _CLIENT,
    "hook `…` did not finish within … s and was killed: …": _HOOK,
    "hook `…` was not run: another one failed before it": _HOOK,
    "hook `…` exited with 0 and did not print `…`: …": _HOOK,
    "hook `…` failed with exit code …: …": _HOOK,
    "no exact offset back on the source for group …, …-…: …": "only a rollback asks it, of its own moment",
    "not every broker of the source shows the fence (the DENY ACLs of this wave)": _BROKERS,
    "not seen on every broker within … s: …": _BROKERS,
    "records were written to the source after the fence: …": _SUPER,
    "the source has lost records after the fence: …": "a broker may fail at any moment, and its last records with it",
    "the map of topic … is being made by another process": _HERE,
    "the next record of group … on …-… differs: the source has it at …, the target has another record at …": _PROOF,
    "the secret of User:… is not a reference: …": _KMIG,
    "this command may not change the source, the copy or the clients": _KMIG,
    "this command may not create secrets": _KMIG,
    "timed out after … s waiting for …: …": _BROKERS,
    "waiting for clients to consume on the target": "whether a program starts is known when it has started",
    "waiting for commits seen earlier to be listed again": _BROKERS,
    "waiting for configs of …": _BROKERS,
    "waiting for connector … to run": _BROKERS,
    "waiting for the commits of …": _BROKERS,
    "waiting for the connectors to stop": _BROKERS,
    "waiting for the connectors' offsets to stand still": _BROKERS,
    "waiting for the copy to pass every commit": _BROKERS,
    "waiting for the last records to be copied": _BROKERS,
    "waiting for the leaders' logs to end where clients see them end": _BROKERS,
    "waiting for the … credential of User:… to be deleted": "only a rotation asks it",
    "waiting for …": _HOOK,
    "waiting for … … ACLs": _BROKERS,
    "waiting for … … ACLs deleted": _BROKERS,
    "…-… of the target ended at … when its last record was compared, and ends at … now": _SUPER,
    "…": "a broker's own refusal, in its words, of what is asked of it then",
    "… rejected …: HTTP …: …": "Connect's own refusal, in its words, of what is asked of it then",
    "… was changed by another process while kmig replaced it": _HERE,
}
"""What nobody can know before, and why."""

PAGE = HOME.parent / "docs" / "behind-the-stop.md"
_HEAD = """# Behind the first stop

Once clients are stopped, a refusal costs a pause. Here is every refusal and failure that a cutover's steps can raise
from then on, found by reading the steps' code. [Preflight](verify.md#preflight) asks for the first list while
everybody runs. The second is what nobody can know before, with the reason.

Left out is what comes of a broker, a worker or a host that does not answer (exit 3): the same command goes on.
`python -m tests.preflight.later` writes this page; a refusal that is in neither list fails a test.

## Asked before

| behind the stop | the question of preflight |
|---|---|
"""
_BETWEEN = """
What is asked may change between preflight and the stop. Then the step refuses all the same, and `kmig rollback` or
the same command leads on.

## Nobody can know before

| behind the stop | why |
|---|---|
"""


def page() -> str:
    """The page."""
    asked = "".join(f"| {_cell(said)} | {one} |\n" for said, one in sorted(ASKED.items()))
    late = "".join(
        f"| {_cell(said)} | {why} |\n" for said, why in sorted(LATER.items()) if said != "…"
    )
    return f"{_HEAD}{asked}{_BETWEEN}{late}| any other of a broker | {LATER['…']} |\n"


def _cell(said: str) -> str:
    return said.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
