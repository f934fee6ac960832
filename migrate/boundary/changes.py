"""What changed in the boundary of a credential between two reviews, each difference by its name.

What moves by itself is no change: the times of a look, a measured pause, a number of tasks, the order of a list, the
error of something that was unknown before. A line is gone only where everything that shows it was read; else it is
unknown now.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from migrate.boundary.ending import PAUSE, SESSIONS, TASKS
from migrate.boundary.readers import MORE_READERS
from migrate.boundary.trace import NOT_LISTED
from migrate.boundary.view import View
from migrate.documents.boundary import Boundary, Change, Line, Rights, Role
from migrate.documents.inventory import State
from migrate.model.acl import ANYONE
from migrate.model.words import count

_MADE_FROM: Mapping[str, tuple[str, ...]] = {
    "stored": ("connect", "scram"),
    "readers": ("connect", "groups", "acls"),
    "systems": ("connect", "acls"),
    "beside": ("connect",),
    "restarts": ("connect",),
    "death": ("cluster", "scram"),
}
"""The inventory's sections that show the lines of a boundary's section."""

_RIGHTS = ("rights on the source", "rights on the target")
_ORDER = (
    *("accountable", "issued", "stored", "readers", *_RIGHTS, "systems", "beside"),
    *("restarts", "death", "reach"),
)
"""As a page of `kmig trace` has them, and its reach."""

_MORE_READERS = ("readers of ${", MORE_READERS)
_NUMBER = re.compile(r"\d[\d,]*( topics?)?")


class _Fact(NamedTuple):
    """One line to be compared: two with the same `same` are equal, two with one `subject` are before and after."""

    section: str
    subject: str
    same: str
    text: str
    known: bool = True


def changes(view: View, role: Role, before: Boundary, after: Boundary) -> Iterator[Change]:
    """Yield what is new, gone or different in a credential's boundary by sections; `view` is the estate now."""
    was, now = _by_section(_facts(before, after)), _by_section(_facts(after, before))
    for section in (one for one in _ORDER if one in was or one in now):
        of = {"role": role, "credential": after.credential.name, "section": section}
        doubts = tuple(_incomplete(view, section))
        for what, old, new in _differences(was.get(section, {}), now.get(section, {}), doubts):
            yield Change(**of, what=what, before=old, after=new)


def _differences(
    was: Mapping[str, _Fact], now: Mapping[str, _Fact], doubts: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    """Yield subject, before and after: a line that became another one, then what is gone, then what is new."""
    gone = [fact for same, fact in was.items() if same not in now]
    new = [fact for same, fact in now.items() if same not in was]
    became = _became(gone, new)
    yield from ((old.subject, old.text, fact.text) for old, fact in became.items())
    gone = [fact for fact in gone if fact not in became]
    new = [fact for fact in new if fact not in became.values()]
    yield from _gone(gone, new, (*doubts, *_always_more(now.values())))
    explained = any(fact.known for fact in gone)
    unlisted = "; ".join(_unlisted(was.values()))
    for fact in new:
        if fact.known or not explained:
            yield fact.subject, unlisted, fact.text


def _became(gone: Iterable[_Fact], new: Iterable[_Fact]) -> dict[_Fact, _Fact]:
    """Return what took the place of what: where one line about a subject went, and one came."""
    before, after = _by_subject(gone), _by_subject(new)
    return {
        lines[0]: after[subject][0]
        for subject, lines in before.items()
        if len(lines) == len(after.get(subject, ())) == 1
    }


def _by_subject(facts: Iterable[_Fact]) -> dict[str, list[_Fact]]:
    found: dict[str, list[_Fact]] = {}
    for fact in facts:
        found.setdefault(fact.subject, []).append(fact)
    return found


def _gone(
    gone: Iterable[_Fact], new: Iterable[_Fact], doubts: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    """Yield the lines that no longer stand there; those that were known are unknown where not everything was read."""
    unknown = (*(fact.text for fact in new if not fact.known), *doubts)
    for fact in gone:
        yield fact.subject, fact.text, "; ".join(dict.fromkeys(unknown)) if fact.known else ""


def _always_more(facts: Collection[_Fact]) -> Iterator[str]:
    """Yield the lines that say of a list that it may be longer."""
    for fact in facts:
        more = " more " in f" {fact.subject} " or fact.subject.startswith(_MORE_READERS)
        if not fact.known and (more or fact.section in _RIGHTS):
            yield fact.text
    yield from _unlisted(facts)


def _unlisted(facts: Iterable[_Fact]) -> Iterator[str]:
    return (f"unknown: one of {fact.text}" for fact in facts if fact.subject == _OTHERS)


def _incomplete(view: View, section: str) -> Iterator[str]:
    sections = view.estate.inventory.sections()
    for name in _MADE_FROM.get(section, ()):
        if sections[name].standing is not State.COMPLETE:
            yield f"unknown: section {name} is {sections[name].standing.value}"


def _by_section(facts: Iterable[_Fact]) -> dict[str, dict[str, _Fact]]:
    found: dict[str, dict[str, _Fact]] = {}
    for fact in facts:
        found.setdefault(fact.section, {}).setdefault(fact.same, fact)
    return found


def _facts(boundary: Boundary, beside: Boundary) -> Iterator[_Fact]:
    """Yield every line of a boundary that `beside`, the same one in the other review, is compared by."""
    for section, lines in boundary.sections().items():
        yield from (_line(section, line) for line in lines)
        if section == "readers":
            for title, mine, other in zip(_RIGHTS, *map(_sides, (boundary, beside)), strict=True):
                yield from _rights(title, mine, other) if mine else ()
    yield from _reach(boundary)


def _sides(boundary: Boundary) -> tuple[Rights | None, Rights | None]:
    return boundary.source, boundary.target


def _line(section: str, line: Line) -> _Fact:
    """Return a line as it is compared: of an unknown one only what is unknown, for why changes with every look."""
    if not line.known:
        reason = line.evidence if line.what.startswith(MORE_READERS) else ""
        return _unknown(section, line.what, line.evidence, reason)
    subject, text = line.what.partition(": ")[0], f"{line.what} ({line.evidence})"
    same = text
    if section == "restarts" and line.evidence == TASKS:
        same = text = line.what.rpartition(": ")[0]
    elif subject == PAUSE:
        same = PAUSE
    elif section == "death" and line.what.startswith(SESSIONS):
        subject, same = SESSIONS, line.what
    elif section == "beside" and line.evidence.endswith(NOT_LISTED):
        subject = _OTHERS
    return _Fact(section, subject, same, text)


_OTHERS = "more credentials"
"""How many others stand behind the listed ones: a line may move between them and the list."""


def _unknown(section: str, what: str, why: str, reason: str = "") -> _Fact:
    """Return an unknown line; `reason` is the part of why that tells it from others about the same."""
    text = f"unknown: {what}" + (f" ({why})" if why else "")
    same = _NUMBER.sub("", f"unknown: {what} {reason}")
    return _Fact(section, what, same, text, known=False)


def _rights(title: str, rights: Rights, other: Rights | None) -> Iterator[_Fact]:
    """Yield each operation on each resource, and the ACLs that say so; who may do everything has one line for it."""
    for why in rights.unknown:
        # behind the colon stands an error, or how much is meant: both move
        what, _, rest = why.partition(": ")
        yield _unknown(title, what, rest)
    if rights.everything or (other and other.everything):
        text = f"everything: {rights.everything}" if rights.everything else f"only {_sum(rights)}"
        yield _Fact(title, "everything", text, text)
        return
    for on, allowed in (
        ("topic ", rights.topics),
        ("group ", rights.groups),
        ("transactional id ", rights.transactional_ids),
        ("user ", rights.users),
        ("the cluster", {"": rights.cluster}),
    ):
        for name, operations in allowed.items():
            for operation in operations:
                text = f"{operation} on {on}{name}"
                yield _Fact(title, f"{operation.partition(' ')[0]} on {on}{name}", text, text)
    for acl in rights.evidence:
        # a DENY for everyone is listed only where it takes something: the operations above tell that
        if not (acl.startswith("DENY ") and f" to {ANYONE} from " in f"{acl} from "):
            yield _Fact(title, f"ACL {acl}", f"ACL {acl}", f"ACL {acl}")


def _sum(rights: Rights) -> str:
    writes, reads = len(rights.topics_for("WRITE")), len(rights.topics_for("READ"))
    return f"{count(writes, 'topic')} to write, {count(reads, 'topic')} to read"


def _reach(boundary: Boundary) -> Iterator[_Fact]:
    reach, least = boundary.reach, "" if boundary.reach.certain else "at least "
    by_workers = f"{'' if reach.workers_certain else 'at least '}{reach.through_worker:,}"
    numbers = {
        "topics that it writes": f"{least}{reach.writes:,}",
        "topics that it reads": f"{least}{reach.reads:,}",
        "systems that it opens": f"{reach.systems:,}",
        "topics and systems that only its workers open": by_workers,
        "highest sensitivity beyond its own": reach.beyond or "–",
    }
    for what, number in numbers.items():
        text = f"{what}: {number}"
        yield _Fact("reach", what, text, text)
    if change := boundary.advice:
        less = count(change.less, "topic or system", "topics and systems")
        text = f"the change that shrinks it most: {change.change} (−{less}): {change.how}"
        # how much it removes follows from the numbers above
        same = f"{change.change}: {change.how}"
        yield _Fact("reach", "the change that shrinks it most", same, text)
