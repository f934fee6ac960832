"""Authorizer logs into observed use, in bounded memory: the format of KRaft and those of ZooKeeper since Kafka 2.0.

A decision is one line, and a busy broker writes millions of equal ones. The part that matters is cut out as bytes and
counted; only the distinct parts are parsed.

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
    r"Principal = (?P<principal>.+?) is (?P<verdict>Allowed|Denied) [Oo]peration = (?P<operation>\S+) "
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
"""The resource name that brokers write when they ask about any resource of a type (KIP-679)."""

_HOSTS = 10
MOST = 500_000
"""Distinct uses that are kept; further ones are only counted, and the section is partial."""

_Key = tuple[str, str, str, str, DecisionReason]


@dataclass
class _Tally:
    allowed: int = 0
    denied: int = 0
    hosts: set[str] = field(default_factory=set)
    more: bool = False


@dataclass
class AuthorizerLogReader:
    """Counts the decisions of authorizer logs: `add` takes lines, `section` returns the observed use."""

    parts: dict[bytes, int] = field(default_factory=dict)
    supers: set[str] = field(default_factory=set)
    opened: set[tuple[str, str]] = field(default_factory=set)
    first: bytes = b""
    last: bytes = b""
    lines: int = 0
    left_out: int = 0
    long: int = 0

    def add(self, lines: Iterable[bytes], show: Callable[[int], None] = lambda _: None) -> None:
        """Count the decisions in these lines; other lines are only counted. `show` gets the progress in lines."""
        parts = self.parts
        earliest = latest = b""
        read = 0
        for line in lines:
            read += 1
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
            if not read % 1_000_000:
                show(read)
        self.lines += read
        self._window(earliest, latest)

    def _window(self, *moments: bytes) -> None:
        for moment in moments:
            if match := _TIME.match(moment):
                self.first = min(self.first or match.group(1), match.group(1))
                self.last = max(self.last, match.group(1))

    def _remark(self, line: bytes) -> None:
        """Note a reason that ZooKeeper's authorizer writes on a line of its own."""
        if match := _SUPER.search(line):
            self.supers.add(_text(match.group(1)))
        elif match := _OPEN.search(line):
            self.opened.add((_snake(_text(match.group(1))), _text(match.group(2))))

    def section(self, files: int, faults: Iterable[str] = ()) -> Section[Observed]:
        """Return the observed use; `faults` are what could not be read of the files."""
        tallies: dict[_Key, _Tally] = {}
        any_topic: set[str] = set()
        unread = 0
        for part, times in self.parts.items():
            decision, _, rule = part.partition(b"\0")
            match = _DECISION.fullmatch(_text(decision))
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
        reason: DecisionReason = next(
            (known for start, known in _REASONS.items() if rule.startswith(start)), "unsaid"
        )
        if principal in self.supers:
            reason = "super"
        elif (kind, name) in self.opened and match["verdict"] == "Allowed":
            reason = "default"
        tally = tallies.setdefault(
            (principal, _snake(match["operation"]), kind, name, reason), _Tally()
        )
        if match["verdict"] == "Allowed":
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
            yield f"{count(unread, 'decision')} in an unknown format"
        if self.long > _MOST_LONG:
            yield f"{count(self.long - _MOST_LONG, 'decision')} left out: too long"
        if self.parts and not self.first:
            yield "window unknown: the lines do not begin with a time"
        if self.left_out:
            yield f"more than {MOST:,} distinct uses: {self.left_out:,} lines left out"


_LONG, _MOST_LONG = 64 * 1024, 100
"""Size in bytes of an unusually long decision, and how many of them are kept: more would fill the memory."""


def _significant(line: bytes, begin: int) -> bytes:
    """Return principal, decision, operation, host, resource and the kind of rule, without request and count."""
    rule = line.find(_RULE, begin)
    end = line.find(_REQUEST, begin)
    if end < 0:
        end = rule if rule >= 0 else line.find(_LOGGER, begin)
    decision = line[begin:end] if end >= 0 else line[begin:].rstrip(b"\r\n")
    if rule < 0:
        return decision
    rule += len(_RULE)
    return decision + b"\0" + line[rule : rule + 11]


def _use(key: _Key, tally: _Tally) -> Use:
    principal, operation, kind, name, reason = key
    return Use(
        principal=principal,
        operation=operation,
        resource_type=kind,
        resource_name=name,
        ground=reason,
        allowed=tally.allowed,
        denied=tally.denied,
        hosts=tuple(sorted(tally.hosts)),
        more_hosts=tally.more,
    )


_DEBUG = (
    "set kafka.authorizer.logger to DEBUG on every broker: allowed operations are logged only then"
)


def _judged(observed: Observed, faults: list[str]) -> Section[Observed]:
    hint = ""
    if not observed.decisions:
        faults.append("no authorizer decisions in these files")
        hint = _DEBUG
    elif not any(use.allowed for use in observed.uses):
        faults.append("only denied operations: allowed ones were not logged")
        hint = _DEBUG
    standing = State.PARTIAL if faults else State.COMPLETE
    return Section(standing=standing, error="; ".join(faults), hint=hint, found=observed)


def _snake(name: str) -> str:
    """Return the one spelling of an operation that is logged as `DescribeConfigs` and as `DESCRIBE_CONFIGS`."""
    if name.isupper():
        return name
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="backslashreplace")
