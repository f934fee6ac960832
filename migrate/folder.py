"""The migration directory: what is read from it and written to it, and the lock on it.

Documents are written whole or not at all (temporary file, fsync, rename) with mode 0600, and carry a digest of their
own content, so that an edited one is recognised. The journal only grows, a durable line at a time.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from migrate import sealed
from migrate.adapters.local_disk import LOCAL_DISK
from migrate.adapters.whole_file import Unsynced, make_folder, put, replace
from migrate.errors import Broken, KmigError, Refused, UsageError
from migrate.parsed import Parsed

if TYPE_CHECKING:
    # a document is imported by who reads it: the whole of them is a third of a short command's time
    from migrate.documents.assessment import Assessment
    from migrate.documents.boundary import Review
    from migrate.documents.config import Config
    from migrate.documents.inventory import Inventory
    from migrate.documents.plan import Plan
    from migrate.documents.report import Report
    from migrate.documents.watched import Watched
    from migrate.documents.workloads import Workloads
    from migrate.journal.entry import Entry
    from migrate.journal.file import JournalFile, JournalRead
    from migrate.journal.standing import Journal
    from migrate.ports.disk import Disk

_Document = TypeVar("_Document", bound=BaseModel)
_Sealed = TypeVar("_Sealed", "Assessment", "Inventory", "Plan", "Report", "Review", "Watched")

CONFIG, WORKLOADS, WORKER = "kmig.yaml", "workloads.yaml", "worker.properties"
INVENTORY, ASSESSMENT, PLAN = "inventory.json", "assessment.json", "plan.json"
RUNBOOK, REPORT, REPORTS, REVIEWS = "runbook.md", "report.html", "reports", "reviews"
EXPORT, JOURNAL, TORN, LOCK = "export", "journal.jsonl", "journal.torn", ".kmig.lock"
WATCHED, IGNORED, MAPS = "watch.json", ".gitignore", "maps"


class Folder:
    """One migration directory."""

    def __init__(self, path: Path, disk: "Disk" = LOCAL_DISK, known: Parsed | None = None) -> None:
        self.path = path
        self.disk = disk
        self._known = known or Parsed()

    def config(self) -> "Config":
        """kmig.yaml; `UsageError` says which key is wrong."""
        from migrate.documents.config import Config

        return self._authored(CONFIG, Config, "run `kmig init`: it writes a commented one")

    def workloads(self) -> "Workloads":
        """workloads.yaml; an empty file is no workload."""
        from migrate.documents.workloads import Workloads

        return self._authored(WORKLOADS, Workloads, "run `kmig init`: it writes a commented one")

    def inventory(self) -> "Inventory":
        """inventory.json as kmig wrote it."""
        from migrate.documents.inventory import Inventory

        return self._sealed(INVENTORY, Inventory, "kmig inventory")

    def plan(self, at: Path | None = None) -> "Plan":
        """plan.json as kmig wrote it; another one where `at` says so."""
        from migrate.documents.plan import Plan

        return self._sealed(str(at.absolute()) if at else PLAN, Plan, "kmig plan")

    def plan_to_compare(self, at: Path) -> "tuple[Plan, bool]":
        """Return a plan as its file has it, and whether it was edited after kmig wrote it: never to act on."""
        from migrate.documents.plan import Plan

        return self._loaded(str(at.absolute()), Plan, "kmig plan")

    def assessment(self) -> "Assessment":
        """assessment.json as kmig wrote it."""
        from migrate.documents.assessment import Assessment

        return self._sealed(ASSESSMENT, Assessment, "kmig assess")

    def reports(self) -> tuple[str, ...]:
        """The names of the reports that were written, oldest first."""
        found = self._names(REPORTS)
        return tuple(f"{REPORTS}/{name}" for name in found if name.endswith(".json"))

    def watched(self) -> "Watched | None":
        """watch.json as `kmig watch` wrote it last; None where it never ran, or the file is damaged."""
        if not self.has(WATCHED):
            return None
        from migrate.documents.watched import Watched

        try:
            return self._sealed(WATCHED, Watched, "kmig watch")
        except (Broken, UsageError):
            return None

    def review(self, name: str) -> "Review":
        """Return a review as kmig wrote it, of this directory or at an absolute path: it cannot be made again."""
        from migrate.documents.boundary import Review

        try:
            return self._sealed(name, Review, "kmig review")
        except (Broken, UsageError) as error:
            raise type(error)(error.lines, _OTHER_REVIEW) from error

    def has(self, name: str) -> bool:
        """Return whether a file exists."""
        return self.disk.exists(self.path / name)

    def mentions(self, name: str, keys: Iterable[str]) -> bool:
        """Return whether a document exists with a value under one of these keys; it may be damaged otherwise."""
        try:
            raw = json.loads(self.disk.read(self.path / name))
        except (OSError, ValueError, RecursionError):
            return False
        return isinstance(raw, dict) and any(raw.get(key) is not None for key in keys)

    def save(self, name: str, document: _Sealed) -> _Sealed:
        """Write a document with the digest of its content; returns it as written.

        What tells of an earlier plan is removed before a new one takes its place: nobody is to type from a runbook,
        or to apply grants, of a plan that is gone.
        """
        body = sealed.body(document)
        digest = sealed.digest(body)
        text = body.replace(sealed.UNSEALED, b'"digest": "%s"' % digest.encode(), 1) + b"\n"
        self.write(name, text, instead_of=self._told() if name == PLAN else ())
        return document.model_copy(update={"digest": digest})

    def write(self, name: str, text: str | bytes, instead_of: Iterable[Path] = ()) -> None:
        """Replace a file as a whole, and remove others just before; or leave it as it was and raise."""
        path = self.path / name
        try:
            make_folder(self.disk, path.parent)
            arriving = self.disk.temporary(path)
            self.disk.create(arriving)
        except OSError as error:
            raise KmigError(f"cannot write file {path}: {error.strerror}") from error
        content = text.encode() if isinstance(text, str) else text
        try:
            put(self.disk, arriving, content, path, instead_of=instead_of)
        except Unsynced as error:
            raise KmigError(
                f"cannot sync the directory of file {path}: {error.strerror}",
                "check its disk, then rerun the command",
            ) from error
        except OSError as error:
            raise KmigError(
                f"cannot write file {path}: {error.strerror}",
                "the file is as it was; free disk space, then rerun the command",
            ) from error

    def publish(self, path: str, text: str) -> None:
        """Replace a file for other programs, wherever it is; it keeps the owner and the mode that it has."""
        try:
            replace(self.disk, self.path / path, text.encode())
        except OSError as error:
            raise KmigError(
                f"cannot write file {self.path / path}: {error.strerror}",
                "correct its folder's permissions, or `watch.metrics` in kmig.yaml",
            ) from error

    def _told(self) -> list[Path]:
        """Files made of the plan for people and other tools."""
        exports = [self.path / EXPORT / name for name in self._names(EXPORT)]
        grants = [place / "grants.tf" for place in exports if self.disk.is_folder(place)]
        return [self.path / RUNBOOK, self.path / REPORT, *grants]

    def _names(self, folder: str) -> tuple[str, ...]:
        """Return the names in a folder that may not exist."""
        try:
            return self.disk.names(self.path / folder)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return ()

    @contextmanager
    def locked(self, command: str) -> Iterator[None]:
        """Hold the directory: one kmig acts on it at a time."""
        path = self.path / LOCK
        with ExitStack() as held:
            try:
                held.enter_context(self.disk.lock(path))
            except BlockingIOError as holder:
                raise Refused(
                    f"another kmig works on {self.path}: {holder.strerror}",
                    "wait until that process ends",
                ) from holder
            except OSError as error:
                raise KmigError(f"cannot open lock {path}: {error.strerror}") from error
            try:
                self.disk.truncate(path, 0)
                self.disk.append(path, f"pid {self.disk.process()}, kmig {command}\n".encode())
            except OSError as error:
                raise KmigError(
                    f"cannot write lock {path}: {error.strerror}",
                    "nothing was changed; free disk space, then rerun the command",
                ) from error
            yield

    def journal(self) -> "JournalRead":
        """The journal as it is, with what is wrong with it."""
        from migrate.journal.file import read_journal

        path = self.path / JOURNAL
        try:
            raw = self.disk.read(path) if self.disk.exists(path) else b""
        except OSError as error:
            raise KmigError(f"cannot read journal {path}: {error.strerror}") from error
        return self._known.once(JOURNAL, raw, lambda: read_journal(raw))

    def executed(self, read: "JournalRead | None" = None) -> "Journal":
        """The journal, to go by, read unless it was; raises `Broken` where its chain does not hold."""
        found = read or self.journal()
        if found.fault:
            line, why = found.fault
            raise Broken(
                broken(line, why),
                "restore journal.jsonl from a backup; `kmig audit --check` checks it",
            )
        return found.journal

    def open_journal(self, stamp: "Callable[[Entry], Entry]") -> "JournalFile":
        """The journal for writing: a torn last line is set aside and recorded; a broken chain is refused."""
        from migrate.journal.file import JournalFile, append

        found = self.journal()
        journal = JournalFile(self.path / JOURNAL, self.executed(found), stamp, self.disk)
        if found.torn:
            append(self.disk, self.path / TORN, found.torn + b"\n", new=True)
            journal.cut(len(found.torn))
            journal.append(event="torn", detail=f"{len(found.torn)} bytes set aside in {TORN}")
        return journal

    def _authored(self, name: str, kind: type[_Document], hint: str) -> _Document:
        from migrate.documents.authored import read

        path = self.path / name
        try:
            raw = self.disk.read(path)
        except FileNotFoundError as error:
            raise UsageError(f"file {name} does not exist in {self.path}", hint) from error
        except OSError as error:
            raise UsageError(f"cannot read file {path}: {error.strerror}") from error
        return self._known.once(kind, raw, lambda: read(path, raw, kind))

    def _sealed(self, name: str, kind: type[_Sealed], maker: str) -> _Sealed:
        document, edited = self._loaded(name, kind, maker)
        if edited:
            raise Broken(
                f"{self.path / name} was edited after kmig wrote it",
                f"change the files that it is made from, then rerun `{maker}`",
            )
        return document

    def _loaded(self, name: str, kind: type[_Sealed], maker: str) -> tuple[_Sealed, bool]:
        """Return a document as its file has it, and whether it was edited after kmig wrote it."""
        path = self.path / name
        try:
            raw = self.disk.read(path)
            return self._known.once(kind, raw, lambda: _document(raw, kind))
        except FileNotFoundError as error:
            first = maker if self.has(INVENTORY) else "kmig inventory"
            raise UsageError(
                f"file {name} does not exist in {self.path}", f"run `{first}` first"
            ) from error
        except (ValueError, OSError, RecursionError) as error:
            from migrate.documents.authored import shape

            known = shape(path, error) if isinstance(error, ValidationError) else ()
            raise Broken(
                known or f"cannot read {path} as kmig writes it: {error}", f"rerun `{maker}`"
            ) from error


def _document(raw: bytes, kind: type[_Sealed]) -> tuple[_Sealed, bool]:
    """Return the document of a file's bytes, and whether they were edited after kmig wrote them."""
    document = kind.model_validate_json(raw)
    return document, sealed.edited(document, raw, document.digest)


def broken(line: int, why: str) -> str:
    """Return the message about a journal whose hash chain does not hold."""
    return f"journal.jsonl is broken at line {line}: {why}"


_OTHER_REVIEW = "restore it from a backup, or compare with another one: kmig review --since FILE"
