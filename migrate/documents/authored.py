"""Files that people write: YAML read strictly, and what is wrong with one by file, line, workload and key."""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from migrate.errors import UsageError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_Document = TypeVar("_Document", bound=BaseModel)


class StrictLoader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML that refuses a key written twice: the first would be lost in silence.

    What cannot be read is named by its line and never repeated: it may be a secret that begins with `!`.
    """

    def construct_object(self, node: yaml.Node, **deep: bool) -> Any:
        """Return the value of a node; PyYAML raises whatever a wrong date, number or tag makes of it."""
        try:
            return super().construct_object(node, **deep)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            dated = isinstance(error, ValueError) and node.tag == "tag:yaml.org,2002:timestamp"
            why = f"a value cannot be read: {error}; {_QUOTE}" if dated else _UNREADABLE
            raise _unreadable(why, node) from error


_QUOTE = "quote it if it is a text"
_UNREADABLE = f"a value cannot be read; {_QUOTE}"


def _unreadable(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _of_unknown_tag(_: Any, node: yaml.Node) -> Any:
    raise _unreadable(_UNREADABLE, node)


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _unreadable(
                "a key must be a text; quote a value that begins with `{` or `[`", key
            )
        if key.value in seen:
            raise _unreadable(f"key `{key.value}` is written twice", key)
        seen.add(key.value)
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
StrictLoader.add_constructor(None, _of_unknown_tag)


PHRASES = {
    "missing": "is required, but missing",
    "extra_forbidden": "is an unknown key",
    "literal_error": "must be one of {expected}",
    "single_literal": "must be exactly {expected}",
    "string_pattern_mismatch": "is not in the form that it needs: {pattern}",
    "string_too_short": "is too short: write {min_length} characters or more",
    "too_short": "has too few entries",
    "string_type": "must be a text: quote it",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of keys and values",
    "model_type": "must be a mapping of keys and values",
    "model_attributes_type": "must be a mapping of keys and values",
    "date_type": "must be a date: 2026-11-20",
    "date_parsing": "must be a date: 2026-11-20",
    "date_from_datetime_parsing": "must be a date: 2026-11-20",
}
"""What kmig says of each kind of fault that pydantic finds; the value is never repeated, it may be a secret.

`single_literal` is kmig's own kind: a `literal_error` of a key that takes one value.
"""


FORMS = {
    r"^[A-Za-z0-9._-]+$": "letters, digits, `.`, `_` and `-`",
    r"^[A-Za-z0-9._ -]+$": "letters, digits, spaces, `.`, `_` and `-`",
    r"^[^:]+:.+$": "Type:name, such as User:copier",
    r"^[A-Za-z0-9._/-]*$": "letters, digits, `.`, `_`, `-` and `/`",
    r"^\S+$": "no spaces",
    r"^[^:]*$": "no colon",
    r"^(local|(tcp|tls)://.+:\d+)$": "local, or tcp:// or tls:// with a host and a port",
    r"^https?://[^/@\s:]+(:\d{1,5})?(/[^@\s]*)?$": "http://HOST:PORT, without a user or a password",
}
"""The patterns of authored files in words."""


class Misplaced(ValueError):
    """A fault of one entry that only the whole file shows; `place` is the entry's path of keys and positions."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


def parse(text: str, kind: type[_Document]) -> _Document:
    """Return the document of a text; raise `yaml.YAMLError` or `ValidationError`."""
    raw = yaml.load(text, Loader=StrictLoader)
    return kind.model_validate(raw if raw is not None else {})


def read(path: Path, raw: bytes, kind: type[_Document]) -> _Document:
    """Return the document of a file's bytes; raises `UsageError` with the line of what is wrong."""
    text = ""
    try:
        # every line end becomes \n, as in a file that is opened as text
        text = raw.decode().replace("\r\n", "\n").replace("\r", "\n")
        return parse(text, kind)
    except yaml.YAMLError as error:
        where, problem = syntax(path, text, error)
        raise UsageError(f"{where}: not valid YAML: {problem}") from error
    except ValidationError as error:
        raise UsageError(faults(path, text, kind, error)) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{path}:{line}: the file is not UTF-8: {error.reason}", "save the file as UTF-8"
        ) from error
    except RecursionError as error:
        raise UsageError(f"{path}: brackets are nested too deep to be read") from error


def syntax(path: Path, text: str, error: yaml.YAMLError) -> tuple[str, str]:
    """Return the file and line at which a file stops to be YAML, and why."""
    if isinstance(error, yaml.reader.ReaderError):
        # libyaml counts bytes, PyYAML's own reader counts characters
        read = text.encode() if yaml.__with_libyaml__ else [ord(character) for character in text]
        line = list(read[: error.position]).count(ord("\n")) + 1
        return f"{path}:{line}", f"a control character (0x{error.character:02x})"
    mark = getattr(error, "problem_mark", None)
    return f"{path}:{mark.line + 1}" if mark else str(path), getattr(error, "problem", "")


def faults(path: Path, text: str, kind: type[BaseModel], error: ValidationError) -> list[str]:
    """Return a line for each of the first five faults: file, line, workload, key, and what is wrong."""
    root = yaml.compose(text, Loader=StrictLoader)
    lines = []
    for fault in error.errors(include_input=False, include_url=False)[:5]:
        cause = _cause(fault)
        place = (*fault["loc"], *(cause.place if isinstance(cause, Misplaced) else ()))
        line, workload = _located(root, place)
        keys = ".".join(str(part) for part in place if isinstance(part, str))
        keys = keys.removeprefix("workloads.") if workload else keys
        key = f"`{keys}`" if keys else "the file"
        separator = ": " if cause and not isinstance(cause, Misplaced) else " "
        subject = f"{key}{separator}"
        if workload and keys == "workloads":  # its entry as a whole; kmig's own words name the keys
            subject = "" if cause else "the entry "
        lines.append(f"{path}:{line}: {workload}{subject}{_phrase(fault, kind)}")
    return lines


def shape(path: Path, error: ValidationError) -> list[str]:
    """Return a line for each of the first five faults of a file that kmig wrote: only its path of keys is known."""
    return [
        f"{path}: {'.'.join(map(str, fault['loc'])) or 'the file'} is not as kmig writes it: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)[:5]
    ]


def _phrase(fault: "ErrorDetails", kind: type[BaseModel]) -> str:
    if cause := _cause(fault):
        return str(cause)
    context = fault.get("ctx", {})
    if "pattern" in context:
        context = {**context, "pattern": FORMS.get(context["pattern"], context["pattern"])}
    what = fault["type"]
    if what == "literal_error" and " or " not in context["expected"]:
        what = "single_literal"
    phrase = PHRASES.get(what, fault["msg"]).format(**context)
    if what != "extra_forbidden":
        return phrase
    near = get_close_matches(str(fault["loc"][-1]), _keys(kind, fault["loc"][:-1]), 1)
    return f"{phrase} (did you mean `{near[0]}`?)" if near else phrase


def _cause(fault: "ErrorDetails") -> Exception | None:
    """Return what a validator of kmig's raised."""
    cause = fault.get("ctx", {}).get("error")
    return cause if isinstance(cause, Exception) else None


def _located(root: yaml.Node | None, place: tuple[str | int, ...]) -> tuple[int, str]:
    """Return the line of a place, as near as the file has it, and whose entry of `workloads` it is in."""
    line, workload, node = 1, "", root
    for depth, part in enumerate(place):
        key, node = _child(node, part)
        if node is None:
            break
        line = (key or node).start_mark.line + 1
        if depth == 1 and place[0] == "workloads":
            name = _child(node, "name")[1]
            named = name.value if isinstance(name, yaml.ScalarNode) else f"number {int(part) + 1}"
            workload = f"workload {named}: "
    return line, workload


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Return the key's node, where there is one, and the value's node."""
    if isinstance(node, yaml.MappingNode):
        return next(((k, v) for k, v in node.value if k.value == str(part)), (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None, None


def _keys(kind: Any, place: tuple[str | int, ...]) -> list[str]:
    """Return the keys that a model takes at a place."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields
        if not place:
            return [field.alias or name for name, field in fields.items()]
        field = fields.get(str(place[0]))
        return _keys(field.annotation, place[1:]) if field else []
    # what a list, a mapping or an optional value holds: a position or a name stands for one of it
    inner = [arg for arg in get_args(kind) if arg not in (type(None), str, ...)]
    skip = 1 if get_origin(kind) in (tuple, dict) else 0
    return _keys(inner[0], place[skip:]) if inner else []
