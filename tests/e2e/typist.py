"""Types a page: its file blocks are written, its console blocks are typed in terminals of bash.

    ```python clients/client.py     a file; its path is relative to the reader's folder
    ```console                      the first terminal
    ```console worker               another one, by name

In a console block `$ ` begins what is typed and `^C` is Control-C. The rest is what must be seen, all of it; `…`
stands for anything. What follows a question (`[y/N]`, `password of …:`) on its line is the reader's answer.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAIN = "main"
_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANSWER = re.compile(
    r"^(.*(?:\[y/N\]|password of the user \S+ \(not shown\):) )(\S+)$", re.MULTILINE
)
_QUESTION = re.compile(r"(?:\[y/N\]|password of the user \S+ \(not shown\):) \Z")
_PROMPT = re.compile(r"reader (\d+)> \Z")
_LONGEST = 120.0


@dataclass(frozen=True)
class Typed:
    """A line that is typed, and what is seen then."""

    line: str
    seen: str

    @property
    def answers(self) -> list[tuple[str, str]]:
        """Questions and what is answered, in order."""
        return _ANSWER.findall(self.seen)

    @property
    def code(self) -> int:
        """The exit code that is seen; 0 where none is."""
        last = self.seen.rstrip("\n").rpartition("\n")[2]
        return int(last.removeprefix("exit ")) if re.fullmatch(r"exit \d+", last) else 0

    def matches(self, out: str) -> bool:
        """Whether this was printed, however wide its columns are; a terminal may hide the answers."""
        parts = _bare(self.seen).split("…")
        return bool(re.fullmatch(".*".join(map(re.escape, parts)), _bare(out), re.DOTALL))


@dataclass(frozen=True)
class Block:
    """A block of the page: of a file, or of a terminal."""

    heading: str
    language: str
    name: str
    text: str

    @property
    def typed(self) -> list[Typed]:
        """Its lines that are typed."""
        chunks = re.split(r"^(?=\$ |\^C$)", self.text, flags=re.MULTILINE)
        pairs = (chunk.partition("\n") for chunk in chunks if chunk)
        return [Typed(line.removeprefix("$ "), seen) for line, _, seen in pairs]


def blocks(page: str) -> list[Block]:
    """Every block of a page that is written or typed."""
    found = []
    for match in _FENCE.finditer(page):
        language, name, text = match.groups()
        if language == "console" or name:
            heading = re.findall(r"^## (.*)$", page[: match.start()], re.MULTILINE)
            found.append(Block(heading[-1], language, name or MAIN, text))
    return found


def _sits_at_its_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # what starts the tests in the background may ignore Control-C, and a shell cannot take that back
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """Bash in a terminal of 100 columns, as a person has it."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._killed = False
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"],
            cwd=folder,
            env={**environ, "PS1": "reader $?> ", "TERM": "dumb"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_sits_at_its_terminal,
        )
        os.close(theirs)
        self._read(Typed("", ""), until_seen=False)

    def type(self, typed: Typed, *, stays: bool = False) -> None:
        """Type a line and see that the page is right; one that `stays` goes on after all of it was seen."""
        stopping = typed.line == "^C"
        os.write(self._ours, b"\x03" if stopping else f"{typed.line}\n".encode())
        raw, code = self._read(typed, until_seen=stays and not stopping)
        # a terminal breaks no line after the ^C that it shows
        echo, shown, out = raw.partition("^C" if stopping else "\n")
        assert typed.line in echo + shown, (typed.line, raw)
        if self._killed:
            assert code == 128 + signal.SIGKILL, f"{out}\nexit {code}"
            self._killed = False
            return
        assert typed.matches(out), f"$ {typed.line}\n{out}\n--- the page says\n{typed.seen}"
        if stopping:
            assert code in (0, 130), f"{out}\nexit {code}"
        elif code is not None or not stays:
            assert code == typed.code, f"$ {typed.line}\n{out}\nexit {code}"

    def write(self, file: Path, text: str) -> None:
        """Write a file as an editor started here would, with the shell's umask."""
        status = Path(f"/proc/{self._shell.pid}/status").read_text()
        umask = int(re.findall(r"^Umask:\s+(\d+)$", status, re.MULTILINE)[0], 8)
        file.touch(0o666 & ~umask)
        file.write_text(text)

    def _read(self, typed: Typed, *, until_seen: bool) -> tuple[str, int | None]:
        out, answered, answers = "", 0, iter(typed.answers)
        deadline = time.monotonic() + _LONGEST
        while time.monotonic() < deadline:
            if typed.line == "^C" and time.monotonic() > deadline - _LONGEST / 2:
                self._kill_java()
            ready, _, _ = select.select([self._ours], [], [], 0.2)
            if ready:
                out += os.read(self._ours, 65536).decode(errors="replace")
                out = out.replace("\r\n", "\n")
            if _QUESTION.search(out) and len(out) > answered:
                question, answer = next(answers, ("", ""))
                assert question, f"{out}\n--- the page has no answer"
                assert out.endswith(question.rpartition("…")[2]), f"{out}\n--- {question}"
                os.write(self._ours, f"{answer}\n".encode())
                answered = len(out)
            elif prompt := _PROMPT.search(out):
                return out[: prompt.start()], int(prompt[1])
            elif until_seen and not ready and typed.matches(out.partition("\n")[2]):
                return out, None
        raise AssertionError(f"$ {typed.line}\n{out}\nnot done within {_LONGEST:.0f} s")

    def _kill_java(self) -> None:
        """Kill a program of Kafka that does not end: Connect 4.3.1 has stood still in its own shutdown."""
        group = os.tcgetpgrp(self._ours)
        if not self._killed and Path(f"/proc/{group}/comm").read_text().strip() == "java":
            os.killpg(group, signal.SIGKILL)
            self._killed = True

    def close(self) -> None:
        """End the shell, and what it runs, as a closed window does."""
        os.close(self._ours)
        try:
            self._shell.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._shell.pid, signal.SIGKILL)
            self._shell.wait()


def _bare(text: str) -> str:
    lines = (" ".join(line.split()) for line in _ANSWER.sub(r"\1", text).splitlines())
    return "\n".join(lines).strip()
