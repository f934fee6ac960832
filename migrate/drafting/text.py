"""A draft written into workloads.yaml as text: what people wrote stays byte for byte, and kmig's part is marked.

New workloads are inserted after the last one; questions and what has gone stand in one block of comments at the end,
which is made anew each time. Positions come from the YAML parser's own marks.
"""

from collections.abc import Iterable, Iterator

import yaml

from migrate.drafting.proposal import Draft, Drafted
from migrate.errors import UsageError
from migrate.render.plain import joined, plain

_BEGIN = "# kmig asks (these lines are made anew by each `kmig inventory`):"
_END = "# kmig asks no more"


def updated(text: str, draft: Draft) -> str:
    """The file's text with the draft in it; the same text when there is nothing to add."""
    own = _without_block(text)
    if draft.new:
        own = _inserted(own, draft.new)
    remarks = [f"# gone: {line}" for line in draft.gone] + [f"# ? {q}" for q in draft.questions]
    if not remarks:
        return own
    block = joined([_BEGIN, *remarks, _END])
    return f"{own}{'' if own.endswith(chr(10)) or not own else chr(10)}{block}"


def _without_block(text: str) -> str:
    begin = text.find(_BEGIN)
    end = text.find(_END, begin)
    if begin < 0 or end < 0:
        return text
    return text[:begin] + text[end + len(_END) :].removeprefix("\n")


def _inserted(text: str, entries: Iterable[Drafted]) -> str:
    node = _workloads(text)
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        if node is not None:  # `workloads:` with nothing after it
            line = text.count("\n", 0, node.start_mark.index) + 1
            return _after_line(text, line, _entries(entries, 2))
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


def _entry(one: Drafted) -> Iterator[str]:
    asks: dict[str, list[str]] = {}
    for key, ask in one.asks:
        asks.setdefault(key, []).append(ask)

    def asked(key: str) -> str:
        return f"  # ? {plain('; '.join(asks[key]))}" if key in asks else ""

    yield f"- name: {_scalar(one.name)}  # drafted from {plain(one.principal)}"
    yield f"  kind: {one.kind}"
    yield f'  owner: "?"{asked("owner")}'
    yield f"  sensitivity: {_scalar(one.sensitivity)}{asked('sensitivity')}"
    yield f"  principal: {_scalar(one.principal)}"
    for key, selectors in (("reads", one.reads), ("writes", one.writes)):
        inside = ", ".join(f"{{{how}: {_scalar(name)}}}" for how, name in selectors)
        if inside or key in asks:
            yield f"  {key}: [{inside}]{asked(key)}"
    for key, names in (("groups", one.groups), ("transactional_ids", one.transactional_ids)):
        if names:
            yield f"  {key}: [{', '.join(map(_scalar, names))}]"
    if one.connector:
        yield f"  connector: {_scalar(one.connector)}"
    elif "connector" in asks:
        yield f"  # connector:{asked('connector')}"
    if "credential" in asks:
        yield f"  # credential:{asked('credential')}"


def _scalar(text: str) -> str:
    """The text as YAML takes it back, in quotes where it would be read as something else."""
    plain = text.isascii() and text.replace(".", "").replace("-", "").replace("_", "").isalnum()
    if plain and text[0].isalpha() and yaml.safe_load(text) == text:
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=False, width=1 << 30)
    return quoted.strip()
