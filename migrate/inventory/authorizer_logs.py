"""Authorizer logs into observed use: every format since Kafka 2.0 and KRaft's, in memory that does not grow.

One decision is one line, and a busy broker writes millions that differ in nothing that matters. What matters is cut
out as bytes and counted; only each different part is taken apart.

Formats: AclAuthorizer.logAuditMessage (ZooKeeper) and StandardAuthorizerData.buildAuditMessage (KRaft).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from migrate.documents.inventory import Section, State
from migrate.model.use import DecisionReason, Observed, Use
from migrate.model.words import count

_BEGIN, _REQUEST, _RULE, _LOGGER = (
    b"Principal = ",
    b" for request = ",
    b" based on rule ",
    b" (kafka.authorizer.logger)",
)
_DECISION = re.compile(
    r"Principal = (?P<principal>.+?) is (?P<said>Allowed|Denied) [Oo]peration = (?P<operation>\S+) "
    r"from host = (?P<host>\S+) on resource = (?P<type>\w+):(?:(?:LITERAL|PREFIXED):)?(?P<name>.*)",
    re.DOTALL,
)
_TIME = re.compile(rb"\[?(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)")
_SUPER = re.compile(rb"principal = (.+) is a super user, allowing operation without checking acls")
_OPEN = re.compile(
    rb"No acl found for resource .*?resourceType=(\w+), name=(.*?), patternType=\w+\), authorized = true"
)
_REASONS: dict[bytes, DecisionReason] = {
    b"SuperUser": "super",
    b"MatchingAcl": "acl",
    b"Default": "default",
}
_ANY_TOPIC = "hardcode"
"""The name that brokers before 3.x write for a question about any resource of a type."""

_HOSTS = 10
MOST = 500_000
"""Different uses that are kept; more are counted, and the section is partial."""

_Key = tuple[str, str, str, str, DecisionReason]


@dataclass
class _Tally:
    allowed: int = 0
    denied: int = 0
    hosts: set[str] = field(default_factory=set)
    more: bool = False


@dataclass
class AuthorizerLogReader:
    """Lines in, `section` out."""

    parts: dict[bytes, int] = field(default_factory=dict)
    supers: set[str] = field(default_factory=set)
    opened: set[tuple[str, str]] = field(default_factory=set)
    first: bytes = b""
    last: bytes = b""
    lines: int = 0
    left_out: int = 0
    long: int = 0

    def add(self, lines: Iterable[bytes], show: Callable[[int], None] = lambda _: None) -> None:
        """Count the decisions of these lines; others are counted and passed over."""
        parts = self.parts
        earliest = latest = b""
        seen = 0
        for line in lines:
            seen += 1
            begin = line.find(_BEGIN)
            if begin < 0:
                self._remark(line)
                continue
            part = _significant(line, begin)
            if len(part) > _LONG:
                self.long += 1
                if self.long > _MOST_LONG:
                    continue
            known = parts.get(part)
            if known is not None:
                parts[part] = known + 1
            elif len(parts) < MOST:
                parts[part] = 1
            else:
                self.left_out += 1
            moment = line[:24]
            if not earliest or moment < earliest:
                earliest = moment
            if moment > latest:
                latest = moment
            if not seen % 1_000_000:
                show(seen)
        self.lines += seen
        self._window(earliest, latest)

    def _window(self, *moments: bytes) -> None:
        for moment in moments:
            if match := _TIME.match(moment):
                self.first = min(self.first or match.group(1), match.group(1))
                self.last = max(self.last, match.group(1))

    def _remark(self, line: bytes) -> None:
        """ZooKeeper's authorizer explains some decisions on lines of their own."""
        if match := _SUPER.search(line):
            self.supers.add(_text(match.group(1)))
        elif match := _OPEN.search(line):
            self.opened.add((_snake(_text(match.group(1))), _text(match.group(2))))

    def section(self, files: int, faults: Iterable[str] = ()) -> Section[Observed]:
        """What was seen."""
        tallies: dict[_Key, _Tally] = {}
        any_topic: set[str] = set()
        unread = 0
        for part, times in self.parts.items():
            said, _, rule = part.partition(b"\0")
            match = _DECISION.fullmatch(_text(said))
            if match is None:
                unread += times
            elif match["name"] == _ANY_TOPIC:
                any_topic.add(match["principal"])
            else:
                self._tally(tallies, match, rule, times)
        observed = Observed(
            first=_text(self.first),
            last=_text(self.last),
            files=files,
            lines=self.lines,
            decisions=sum(self.parts.values()) - unread,
            uses=tuple(_use(key, tallies[key]) for key in sorted(tallies)),
            any_topic=tuple(sorted(any_topic)),
        )
        return _judged(observed, [*faults, *self._faults(unread)])

    def _tally(
        self, tallies: dict[_Key, _Tally], match: re.Match[str], rule: bytes, times: int
    ) -> None:
        principal, kind, name = match["principal"], _snake(match["type"]), match["name"]
        ground: DecisionReason = next(
            (g for start, g in _REASONS.items() if rule.startswith(start)), "unsaid"
        )
        if principal in self.supers:
            ground = "super"
        elif (kind, name) in self.opened and match["said"] == "Allowed":
            ground = "default"
        tally = tallies.setdefault(
            (principal, _snake(match["operation"]), kind, name, ground), _Tally()
        )
        if match["said"] == "Allowed":
            tally.allowed += times
        else:
            tally.denied += times
        host = match["host"].removeprefix("/")
        if len(tally.hosts) < _HOSTS:
            tally.hosts.add(host)
        elif host not in tally.hosts:
            tally.more = True

    def _faults(self, unread: int) -> Iterable[str]:
        if unread:
            yield f"{count(unread, 'decision')} of a form that is not known"
        if self.long > _MOST_LONG:
            yield f"{count(self.long - _MOST_LONG, 'decision')} too long to be kept"
        if self.parts and not self.first:
            yield "the time is not where logs have it: the window is not known"
        if self.left_out:
            yield f"more than {MOST:,} different uses: {self.left_out:,} lines were left out"


_LONG, _MOST_LONG = 64 * 1024, 100
"""Decisions longer than that are no ordinary ones; so many of them are kept, and more would fill the memory."""


def _significant(line: bytes, begin: int) -> bytes:
    """Who, what, from where, on what; then the kind of rule. Requests and counts are left out."""
    rule = line.find(_RULE, begin)
    end = line.find(_REQUEST, begin)
    if end < 0:
        end = rule if rule >= 0 else line.find(_LOGGER, begin)
    said = line[begin:end] if end >= 0 else line[begin:].rstrip(b"\r\n")
    if rule < 0:
        return said
    rule += len(_RULE)
    return said + b"\0" + line[rule : rule + 11]


def _use(key: _Key, tally: _Tally) -> Use:
    principal, operation, kind, name, ground = key
    return Use(
        principal=principal,
        operation=operation,
        resource_type=kind,
        resource_name=name,
        ground=ground,
        allowed=tally.allowed,
        denied=tally.denied,
        hosts=tuple(sorted(tally.hosts)),
        more_hosts=tally.more,
    )


def _judged(observed: Observed, faults: list[str]) -> Section[Observed]:
    hint = ""
    if not observed.decisions:
        faults.append("no decision of an authorizer in these files")
        hint = "allowed use is logged only at DEBUG: set kafka.authorizer.logger on every broker"
    elif not any(use.allowed for use in observed.uses):
        faults.append("only refusals: what is allowed was not logged")
        hint = "allowed use is logged only at DEBUG: set kafka.authorizer.logger on every broker"
    standing = State.PARTIAL if faults else State.COMPLETE
    return Section(standing=standing, error="; ".join(faults), hint=hint, found=observed)


def _snake(name: str) -> str:
    """`DescribeConfigs` and `DESCRIBE_CONFIGS` are one operation."""
    if name.isupper():
        return name
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="backslashreplace")
