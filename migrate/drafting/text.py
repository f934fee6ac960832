"""A draft written into workloads.yaml as text: what people wrote stays byte for byte, and kmig's part is marked.

New workloads are inserted after the last one; questions and what has gone stand in one block of comments at the end,
which is written again each time. Positions come from the YAML parser's own marks.
"""

from collections.abc import Iterable, Iterator

import yaml

from migrate.drafting.proposal import Draft, Drafted
from migrate.errors import UsageError
from migrate.render.plain import joined, plain

_BEGIN = "# kmig asks (each `kmig inventory` rewrites these lines):"
_BEGIN_OF_ALL_VERSIONS = "# kmig asks ("
_END = "# kmig asks no more"
_GONE, _QUESTION = "# gone: ", "# ? "


def updated(text: str, draft: Draft) -> str:
    """The file's text with the draft in it; the same text when there is nothing to add."""
    if "\r\n" in text and text.count("\n") == text.count("\r\n"):
        return updated(text.replace("\r\n", "\n"), draft).replace("\n", "\r\n")
    own = _without_block(text)
    if draft.new:
        own = _inserted(own, draft.new)
    remarks = [_GONE + line for line in draft.gone] + [_QUESTION + q for q in draft.questions]
    if not remarks:
        return own
    block = joined([_BEGIN, *remarks, _END])
    return f"{own}{'' if own.endswith(chr(10)) or not own else chr(10)}{block}"


def _without_block(text: str) -> str:
    """Return the text without kmig's remarks; what a person wrote among them, or deleted of their frame, stays so."""
    own: list[str] = []
    within = False
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        if bare.startswith(_BEGIN_OF_ALL_VERSIONS):
            within = True
        elif within and bare == _END:
            within = False
        elif not (within and line.startswith((_GONE, _QUESTION))):
            own.append(line)
    return "".join(own)


def _inserted(text: str, entries: Iterable[Drafted]) -> str:
    node = _workloads(text)
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        if node is not None:  # `workloads:` with nothing after it
            return _after_line(text, node.start_mark.line + 1, _entries(entries, 2))
        head = f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}"
        return f"{head}workloads:\n{_entries(entries, 2)}"
    if not isinstance(node, yaml.SequenceNode) or (node.flow_style and node.value):
        raise UsageError(
            "workloads.yaml: `workloads` is not a list with one entry below the other",
            "begin each entry with `- name:`, then rerun `kmig inventory`",
        )
    if not node.value:  # an empty `[]`
        begin, end = node.start_mark.index, node.end_mark.index
        return (
            f"{text[:begin].rstrip(' ')}\n{_entries(entries, 2)}{text[end:].removeprefix(chr(10))}"
        )
    last = _last_line(node.value[-1])
    return _after_line(text, last + 1, _entries(entries, node.start_mark.column))


def _after_line(text: str, line: int, added: str) -> str:
    lines = text.splitlines(keepends=True)
    if lines and not lines[min(line, len(lines)) - 1].endswith("\n"):
        lines[-1] += "\n"
    return "".join([*lines[:line], added, *lines[line:]])


def _workloads(text: str) -> yaml.Node | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return None
    return next((value for key, value in root.value if key.value == "workloads"), None)


def _last_line(node: yaml.Node) -> int:
    """The line, from 0, on which the last word of a node stands; a block's own end mark lies behind its comments."""
    if not isinstance(node, yaml.CollectionNode) or not node.value or node.flow_style:
        mark = node.end_mark
        return int(mark.line if mark.column else mark.line - 1)
    last = node.value[-1]
    return max(_last_line(part) for part in (last if isinstance(last, tuple) else (last,)))


def _entries(entries: Iterable[Drafted], column: int) -> str:
    pad = " " * column
    return "".join(f"{pad}{line}\n" if line else "\n" for one in entries for line in _entry(one))


def _entry(drafted: Drafted) -> Iterator[str]:
    """Return an entry in the order in which a person fills it in; a key that facts do not give is a comment."""
    asks: dict[str, list[str]] = {}
    for key, ask in drafted.asks:
        asks.setdefault(key, []).append(ask)

    def asked(key: str) -> str:
        return f"  # ? {plain('; '.join(asks[key]))}" if key in asks else ""

    yield ""
    yield f"- name: {_scalar(drafted.name)}  # drafted from {plain(drafted.principal)}"
    yield f"  kind: {drafted.kind}"
    yield f'  owner: "?"{asked("owner")}'
    yield "  # security_owner: TEAM  # who else consents, where kmig.yaml asks for it in policy.approvals"
    yield f"  sensitivity: {_scalar(drafted.sensitivity)}{asked('sensitivity')}"
    yield "  # zone: ZONE  # one of `zones`, if network boundaries are to be tested"
    yield f"  principal: {_scalar(drafted.principal)}"
    for key, selectors in (("reads", drafted.reads), ("writes", drafted.writes)):
        inside = ", ".join(f"{{{how}: {_scalar(name)}}}" for how, name in selectors)
        if inside or key in asks:
            yield f"  {key}: [{inside}]{asked(key)}"
    for key, names in (
        ("groups", drafted.groups),
        ("transactional_ids", drafted.transactional_ids),
    ):
        if names:
            yield f"  {key}: [{', '.join(map(_scalar, names))}]"
    if drafted.connector:
        yield f"  connector: {_scalar(drafted.connector)}"
    elif "connector" in asks:
        yield f"  # connector:{asked('connector')}"
    yield from _login(drafted, asked("credential"))
    yield from _switch(drafted)


def _login(drafted: Drafted, asked: str) -> Iterator[str]:
    """Return its credential, for a SCRAM user, with both forms of what becomes of it."""
    if not drafted.mechanisms:
        return
    yield f"  # credential:{asked}"
    yield f"  #   mechanism: {drafted.mechanisms[0]}"
    yield f'  #   secret: "{_secret(drafted)}"  # or ${{env:NAME}}, ${{dir:PATH:FILE}}'
    yield "  #   carry: true  # the same secret on the target; or `issue: true` for a new one"


def _switch(drafted: Drafted) -> Iterator[str]:
    """Return how its clients change sides and how its credential is rotated, as comments."""
    name = _scalar(drafted.name)
    seen = "" if drafted.groups else f", health: [COMMAND, is-working, {name}]"
    yield "  # switch:  # how its clients are stopped, pointed at the target, and started"
    yield f"  #   command: {{stop: [COMMAND, stop, {name}], start: [COMMAND, start, {name}]{seen}}}"
    yield "  #   file: {path: CLIENT.properties, target: CLIENT.properties.target}  # needed if they read a file"
    yield '  #   batch: "WHEN IT RUNS"  # in place of `command`, for a job that a scheduler starts'
    if drafted.mechanisms:
        key = _key(drafted)
        yield "  # rotation:  # how its secret is replaced on the target; needs `credential` and `switch.command`"
        yield "  #   strategy: mechanism-overlap"
        yield f"  #   deliver: {{file: {_SECRETS}, key: {key}, mechanism_key: {key}.mechanism}}"


_SECRETS = "secrets/clients.properties"
"""Where a drafted reference points: a person corrects it."""


def _secret(drafted: Drafted) -> str:
    return f"${{file:{_SECRETS}:{_key(drafted)}}}"


def _key(drafted: Drafted) -> str:
    """Return the workload's name: it needs no escape in a reference or a properties file."""
    return drafted.name


def _scalar(text: str) -> str:
    """The text as YAML takes it back, in quotes where it would be read as something else."""
    plain = text.isascii() and text.replace(".", "").replace("-", "").replace("_", "").isalnum()
    if plain and text[0].isalpha() and yaml.safe_load(text) == text:
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=False, width=1 << 30)
    return quoted.strip()
