"""ACL policies of Vault and OpenBao: their rules read from HCL or JSON, and who of several decides on a path.

Matching: https://developer.hashicorp.com/vault/docs/concepts/policies#priority-matching. A policy in any other
syntax is an error: a rule that was not understood may be the one that decides.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    |(?P<heredoc><<-?(?P<mark>\w+)\n.*?\n[ \t]*(?P=mark)(?=\n|$))
    |(?P<text>"(?:[^"\\\n]|\\.)*")
    |(?P<word>[A-Za-z_][\w.-]*)
    |(?P<number>-?\d[\w.]*)
    |(?P<sign>[={}\[\],:])""",
    re.VERBOSE | re.DOTALL,
)
_OLD_POLICIES = {
    "read": {"read", "list"},
    "write": {"create", "read", "update", "delete", "list"},
    "sudo": {"create", "read", "update", "delete", "list", "sudo"},
    "deny": {"deny"},
}
"""The attribute `policy`, which `capabilities` replaced in Vault 0.5 and which still works."""

_TEMPLATE = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True)
class Rule:
    """One `path` of a policy."""

    path: str
    capabilities: frozenset[str]

    @property
    def templated(self) -> bool:
        """Whether the path depends on who asks: `{{identity.entity.name}}`."""
        return bool(_TEMPLATE.search(self.path))

    def may_match(self, path: str) -> bool:
        """Whether some entity's templated path could match."""
        glob = "*" if self.path.endswith("*") else ""
        return _matches_wild(_TEMPLATE.sub("*", self.path.removesuffix("*")) + glob, path)


def _matches_wild(pattern: str, path: str) -> bool:
    """Whether `*` as any text, and `+` as any text without a slash, make the pattern the path.

    All ways to match are followed at once: a regular expression would try one after the other, for hours.
    """
    reached = {0}
    for character in pattern:
        if character in "*+":
            reached = _spread(reached, path, to="/" if character == "+" else "")
        else:
            reached = {at + 1 for at in reached if path.startswith(character, at)}
    return len(path) in reached


def _spread(reached: set[int], path: str, to: str) -> set[int]:
    """Return where a text that begins at one of these places may end: anywhere, or before the next `to`."""
    found: set[int] = set()
    for at in range(len(path) + 1):
        if at in reached or (at - 1 in found and (not to or path[at - 1] != to)):
            found.add(at)
    return found


Value = str | list[str] | None
Block = list[tuple[str, str, "Value | Block"]]
"""Of HCL: key, label and value of each attribute and block; objects are blocks."""


def rules(text: str) -> tuple[Rule, ...]:
    """Return the rules of a policy; raises `ValueError` for a syntax that kmig does not know."""
    try:
        pairs = _json_paths(text) if text.lstrip().startswith("{") else _hcl_paths(text)
        return tuple(_rule(path, fields) for path, fields in pairs)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
        raise ValueError("kmig does not know its syntax") from None


def _rule(path: str, fields: Mapping[str, object]) -> Rule:
    capabilities: set[str] = set()
    given = fields.get("capabilities", [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise ValueError("capabilities")
    capabilities |= {one.lower() for one in given}
    if "policy" in fields:
        capabilities |= _OLD_POLICIES[str(fields["policy"])]
    if "control_group" in fields:
        raise ValueError("control_group")  # reads wait for an approval
    plain = path.removeprefix("/")
    if "+*" in plain:
        raise ValueError("+*")
    return Rule(plain, frozenset(capabilities))


def _json_paths(text: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    whole = json.loads(text, object_pairs_hook=_each_once)
    given = whole.get("path", {})
    for group in given if isinstance(given, list) else [given]:
        for path, fields in group.items():
            for one in fields if isinstance(fields, list) else [fields]:
                yield path, dict(one)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object; of a key that is written twice, Vault would take both."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def _hcl_paths(text: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    for key, label, block in _Hcl(text).read():
        if key == "name" and not label and isinstance(block, str):
            continue
        if key != "path" or not isinstance(block, list):
            raise ValueError(key)
        if label:
            yield label, _fields(block)
            continue
        for part in block:  # path = {"a/b" = {...}}
            if isinstance(part, str):
                raise ValueError(key)
            path, _, inner = part
            yield path, _fields(inner)


def _fields(block: object) -> dict[str, object]:
    if not isinstance(block, list) or any(isinstance(one, str) for one in block):
        raise ValueError("no block")
    return {key: value for key, _, value in block}


class _Hcl:
    """A reader of HCL 1, as far as policies use it."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def read(self) -> Block:
        return self._block(end="")

    def _block(self, end: str) -> Block:
        found: Block = []
        while self._sign() != end:
            key, label = self._name(), ""
            if self._kind() == "text":
                label = self._name()
            if self._sign() in ("=", ":"):
                self._at += 1
            found.append((key, label, self._value()))
            if self._sign() == ",":
                self._at += 1
        self._at += 1
        return found

    def _value(self) -> "Value | Block":
        if self._sign() == "{":
            self._at += 1
            return self._block(end="}")
        if self._sign() == "[":
            self._at += 1
            return self._list()
        return self._next("text", "heredoc", "word", "number")

    def _list(self) -> "Value | Block":
        texts: list[str] = []
        while self._sign() != "]":
            if self._sign() == "{":  # a list of objects: no attribute that decides is one
                self._value()
            else:
                texts.append(self._next("text", "word", "number"))
            if self._sign() == ",":
                self._at += 1
            elif self._sign() != "]":
                raise ValueError("list")
        self._at += 1
        return texts

    def _name(self) -> str:
        return self._next("text", "word")

    def _next(self, *kinds: str) -> str:
        kind, text = self._tokens[self._at]
        if kind not in kinds:
            raise ValueError(kind)
        self._at += 1
        return str(json.loads(text)) if kind == "text" else text

    def _kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _sign(self) -> str:
        """Return the sign that comes next; empty at the end, a blank before anything else."""
        if self._at >= len(self._tokens):
            return ""
        kind, text = self._tokens[self._at]
        return text if kind == "sign" else " "


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError("character")
        at = match.end()
        kind = match.lastgroup if match.lastgroup != "mark" else "heredoc"
        if kind not in (None, "space"):
            yield str(kind), match.group()


def may_read(policies: Iterable[tuple[Rule, ...]], path: str) -> bool:
    """Whether the holder of all these policies may read a path: the rule with the highest priority decides."""
    granted: dict[str, set[str]] = {}
    for policy in policies:
        for rule in policy:
            if not rule.templated and matches(rule.path, path):
                granted.setdefault(rule.path, set()).update(rule.capabilities)
    if not granted:
        return False
    capabilities = granted[max(granted, key=_priority)]
    return "read" in capabilities and "deny" not in capabilities


def matches(pattern: str, path: str) -> bool:
    """Whether a rule's path matches: `+` is one segment, a `*` at the end any rest."""
    glob = pattern.endswith("*")
    wanted, given = pattern.removesuffix("*").split("/"), path.split("/")
    if len(given) < len(wanted) or (not glob and len(given) > len(wanted)):
        return False
    last = len(wanted) - 1
    return all(
        want in ("+", have) or (glob and at == last and have.startswith(want))
        for at, (want, have) in enumerate(zip(wanted, given, strict=False))
    )


def _priority(pattern: str) -> tuple[bool | int | str, ...]:
    """Return the documented order: later wildcard, no `*`, fewer `+`, longer, lexicographically greater."""
    glob = pattern.endswith("*")
    body = pattern.removesuffix("*")
    at = _first_plus(body)
    first = min(at if at >= 0 else len(pattern), len(body) if glob else len(pattern))
    exact = at < 0 and not glob
    segments = body.split("/").count("+")
    return (exact, first, not glob, -segments, len(pattern), pattern)


def _first_plus(pattern: str) -> int:
    match = re.search(r"(?:^|(?<=/))\+(?=/|$)", pattern)
    return match.start() if match else -1
