"""Worlds from the command line: `seeds`, `shrink` and `play`; `make worlds` and `make soak` call the first.

python -m tests.worlds seeds COUNT [FROM] [--write]   play seeds; --write writes docs/worlds.md
python -m tests.worlds shrink SEED [KIND] [NAME]      make a failing seed small, keep it; KIND: words of what broke
python -m tests.worlds play FILE                      play a history that is kept
python -m tests.worlds states COUNT                   play seeds, and write docs/states.md: which command leads where
"""

import hashlib
import subprocess
import sys
from pathlib import Path

from migrate.rehearse.worlds.coverage import Reached
from migrate.rehearse.worlds.generate import GENERATION, generate
from migrate.rehearse.worlds.history import History
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.told import told
from tests.worlds import kept, many, page, shrunk, states
from tests.worlds.known import KNOWN, expected
from tests.worlds.seeds import Outcome, watched

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / ".worlds"


def commit() -> str:
    """Return the commit whose worlds are played; with a digest of what differs from it."""
    code = ("migrate", "tests/worlds", ":!tests/worlds/known.py", ":!tests/worlds/histories")
    changed = _git("diff", "HEAD", "--", *code)
    for name in _git("ls-files", "--others", "--exclude-standard", "--", *code).split():
        changed += (ROOT / name).read_text(encoding="utf-8")
    mark = f"-{hashlib.sha256(changed.encode()).hexdigest()[:8]}" if changed else ""
    return _git("rev-parse", "--short=12", "HEAD").strip() + mark


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def seeds(count: int, first: int, *, write: bool) -> int:
    """Play seeds; print those that break something, and the story of the first of each kind."""
    progress, coverage = many.Progress(count), Reached()
    failing: list[Outcome] = []
    for results in many.all_of(first, count, RESULTS / commit()):
        progress.add(results)
        coverage.merge(results.coverage())
        failing += results.failing
    print(file=sys.stderr)
    failing.sort(key=lambda one: one.seed)
    _print_failing(failing)
    print("\n".join(page.lines(coverage)))
    if write:
        page.write(coverage, first)
    broken = sum(not expected(one.broken, KNOWN) for one in failing)
    print(
        f"worlds: {count} seeds, {broken} broken, {len(failing) - broken} expected, "
        f"{progress.rate():.0f} a minute"
    )
    return 1 if broken else 0


def _print_failing(failing: list[Outcome]) -> None:
    first: dict[str, int] = {}
    for one in failing:
        word = "expected" if expected(one.broken, KNOWN) else "broken"
        kinds = list(dict.fromkeys(b.kind for b in one.broken))
        print(f"{word}: seed {one.seed} of generation {GENERATION}: {'; '.join(kinds)}")
        for kind in kinds:
            first.setdefault(kind, one.seed)
    for kind, seed in first.items():
        print(f"\nseed {seed} of generation {GENERATION}:")
        _tell(generate(seed), kind)


def _tell(history: History, kind: str) -> Broken | None:
    """Play a history and print its story with the first broken promise of a kind."""
    seen: list[Played] = []
    found = [b for b in watched(history, seen.append) if b.kind == kind or not kind]
    if not found:
        print(f"nothing breaks{f' of the kind `{kind}`' if kind else ''}")
        return None
    lines = told(seen[0], found[0]) if seen else [f"broken: {found[0].kind}: {found[0].told}"]
    print("\n".join(lines))
    return found[0]


def shrink(seed: int, kind: str, name: str) -> int:
    """Make a failing seed small, keep it as a history, and print it."""
    history = generate(seed)
    found = [b for b in watched(history) if kind in f"{b.kind}: {b.told}"]
    if not found:
        print(f"seed {seed} of generation {GENERATION} breaks no promise of such a kind: {kind}")
        return 1

    def say(line: str) -> None:
        print(f"\r{line} ", end="", file=sys.stderr, flush=True)

    small, broken = shrunk.smaller(history, found[0], say)
    print(file=sys.stderr)
    file = kept.file_of(name or f"seed-{seed}")
    kept.write(
        file,
        kept.Kept(
            seed=seed,
            generation=GENERATION,
            kind=broken.kind,
            told=broken.told,
            history=small,
        ),
    )
    print(file.relative_to(ROOT))
    _tell(small, broken.kind)
    return 0


def play(file: Path) -> int:
    """Play a history that is kept, and print it; exit 1 where it breaks a promise."""
    one = kept.read(file)
    return 1 if _tell(one.history, one.kind) else 0


def main(arguments: list[str]) -> int:
    """Run one of the four."""
    write = "--write" in arguments
    match [a for a in arguments if a != "--write"]:
        case ["seeds", count, *first] if len(first) < 2:
            return seeds(int(count), int(first[0]) if first else 0, write=write)
        case ["shrink", seed, *more] if len(more) < 3:
            kind, name, *_ = [*more, "", ""]
            return shrink(int(seed), kind, name)
        case ["play", file]:
            return play(Path(file))
        case ["states", count]:
            states.write(int(count))
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
