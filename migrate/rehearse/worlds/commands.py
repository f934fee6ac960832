"""A command that was typed, what it printed, and which commands that names."""

import json
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Ended:
    """A command that was typed: how it ended, what it printed, and when. `killed` and `crashed` end no sentence."""

    command: str
    exit: int
    out: str
    err: str
    began: float
    ended: float
    calls: int = 0
    killed: bool = False
    crashed: str = ""

    @property
    def refusal(self) -> str:
        """The command's error, or the last line of its traceback."""
        lines = [line for line in self.err.splitlines() if line.startswith(("error:", "refused:"))]
        return lines[-1] if lines else (self.crashed.strip().splitlines() or [""])[-1]

    @property
    def kind(self) -> str:
        """The command and its error, without what is different each time; a file of another date is another one."""
        said = f"{self.command}: {self.refusal}"
        return _DIFFERENT.sub(lambda found: found["date"] or "N", said)


_DIFFERENT = re.compile(r"(?P<date>\d{4}-\d\d-\d\d \d\d:\d\d UTC)|\d+")
_HINTED = re.compile(
    r"kmig ((?:inventory|plan|apply|replicate|rollback|rotate|close|cutover)\b(?: \d+)?)"
)


def hints(last: Ended) -> list[str]:
    """Return the commands that a hint names, up to its first `or`; a wave that it leaves out is the command's own."""
    lines = [line.strip() for line in last.err.splitlines()]
    hint = next((line for line in lines if line.startswith(("hint:", "remedy:"))), "")
    wave = next((word for word in last.command.split()[1:] if word.isdigit()), "")
    parts = (_HINTED.findall(part) for part in re.split(r"; or |, or | or ", hint))
    found = []
    for command in next((some for some in parts if some), []):
        needs = command.split()[0] not in ("inventory", "plan") and " " not in command
        whole = f"{command} {wave}" if needs else command
        if whole != last.command and (wave or not needs):
            found.append(whole)
    return found


def next_of(asked: Ended) -> str:
    """Return the next command that `kmig status -o json` names, without `kmig`."""
    try:
        named = str(json.loads(asked.out)["next"])
    except (ValueError, KeyError):
        return ""
    return named.removeprefix("kmig ") if named.startswith("kmig ") else ""


def faults_of(watched: Ended) -> tuple[str, ...]:
    """Return what `watch --once -o json` found at fault, each with its check's name."""
    checks = json.loads(watched.out)["checks"] if watched.out.startswith("{") else ()
    return tuple(
        f"{check['name']}: {said}"
        for check in checks
        if check["verdict"] == "fail"
        for said in check["evidence"]
    )
