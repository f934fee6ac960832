"""Files searched for exposed secrets: by form, by key, and for the values of known references.

The result is file, line and by what a secret was recognised, never the secret. The value of a reference is searched
as it is, in base64, and escaped as in URLs and JSON.
"""

import base64
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, quote_plus

from migrate.errors import UsageError
from migrate.model.secrecy import names_a_secret, shaped
from migrate.model.use import ExposedSecret

_LARGEST = 64 * 1024 * 1024
_LONGEST_LINE = 64 * 1024
_SKIPPED = {".git", ".venv", "node_modules", "__pycache__"}
SHORTEST = 6
"""The value of a shorter secret would be found everywhere."""

_PAIR = re.compile(
    r"""(?:^[\s\-"'{,]*(?:export\s+)?|[{,]\s*["']?)(?P<key>[\w.\-/]+)["']?\s*[:=]\s*(?P<value>"[^"]*"|'[^']*'|[^"',}\n]*)"""
)
_NAME = re.compile(r"""[\s\-{,]name\s*:\s*["']?(?P<name>[\w.\-]+)""")
_VALUE = re.compile(r"""[\s\-{,]value\s*:\s*["']?(?P<value>[^"'}\n]+)""")
_MANAGED = re.compile(
    # a variable, a template, a reference to a store, or a placeholder for a value
    r"^\s*(\$[{(]|(?-i:\$[A-Z_])|%\(|\{\{|<[^>]+>|\*+\s*$|x{3,}\s*$|null\s*,?$|none\s*,?$|true\s*,?$|false\s*,?$|\[|\{|\||>|!|ENC\[|vault:|arn:)",
    re.IGNORECASE,
)
_PROVIDER = re.compile(
    r"\s*config\.providers\.(?P<name>\w+)\.class\s*[=:].*\b(File|Directory)ConfigProvider\b"
)
_SECRET_KIND = re.compile(
    r"""^\s*[\s"'\-]*kind["']?\s*:\s*["']?Secret["']?\s*,?\s*$""", re.MULTILINE
)
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def files(names: Sequence[str], fault: Callable[[str], None] = lambda _: None) -> Iterator[Path]:
    """Yield every file at or below the names; raises `UsageError` for a name that does not exist.

    Links to files are followed, links to directories are not. `fault` is called for what cannot be read.
    """
    for name in names:
        top = Path(name)
        if top.is_file():
            yield top
            continue
        if not top.is_dir():
            raise UsageError(
                f"{name}: no such file or directory", "name an existing file or directory"
            )
        for folder, folders, names_here in os.walk(
            top, onerror=lambda e: fault(f"{e.filename}: {e.strerror}")
        ):
            folders[:] = sorted(set(folders) - _SKIPPED)
            for file in sorted(names_here):
                path = Path(folder) / file
                if path.is_file():
                    yield path
                elif path.is_symlink() and not path.exists():
                    fault(f"{path}: a broken link")


def scan(path: Path, known: Mapping[str, str]) -> tuple[ExposedSecret, ...]:
    """Return the exposed secrets of one file; `known` maps a reference to its secret. Raises `OSError`."""
    if path.stat().st_size > _LARGEST:
        raise OSError(f"larger than {_LARGEST // 1024 // 1024} MiB")
    raw = path.read_bytes()
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            raw = raw.decode(encoding, errors="replace").encode()
    values = {(s.line, s.of): s for s in _values(path, raw, known)}
    lines = {s.line for s in values.values()}
    binary = b"\0" in raw[:4096]
    literals = [] if binary else [s for s in _literals(path, raw) if s.line not in lines]
    return tuple(sorted([*values.values(), *literals], key=lambda s: (s.line, s.of)))


def _values(path: Path, raw: bytes, known: Mapping[str, str]) -> Iterator[ExposedSecret]:
    for reference, whole in known.items():
        secret = whole.removesuffix("\n")  # files of one secret often end with a line feed
        if len(secret) < SHORTEST:
            continue
        for form, text in _forms(secret).items():
            at = raw.find(text)
            while at >= 0:
                line = raw.count(b"\n", 0, at) + 1
                yield ExposedSecret(file=str(path), line=line, found=form, of=reference)
                at = raw.find(text, at + len(text))


def _forms(secret: str) -> dict[str, bytes]:
    """Return the forms in which a secret is written, equal ones once."""
    plain = secret.encode()
    forms = {
        "the value": plain,
        "the base64 value": base64.b64encode(plain).rstrip(b"="),
        "the URL-safe base64 value": base64.urlsafe_b64encode(plain).rstrip(b"="),
        "the URL-encoded value": quote(secret, safe="").encode(),
        "the form-encoded value": quote_plus(secret, safe="").encode(),
        "the JSON-escaped value": json.dumps(secret)[1:-1].encode(),
    }
    first = {text: form for form, text in reversed(forms.items())}
    return {form: text for form, text in forms.items() if first[text] == form}


def _literals(path: Path, raw: bytes) -> Iterator[ExposedSecret]:
    text = raw.decode("utf-8", errors="replace")
    in_secret = bool(_SECRET_KIND.search(text))
    data, named = False, ""
    for number, whole in enumerate(text.splitlines(), 1):
        line = whole[:_LONGEST_LINE]
        if in_secret and not line.startswith((" ", "\t")):
            data = line.startswith(("data:", "stringData:"))
        reason = _reason(line, inside_secret=data and line.startswith((" ", "\t")))
        if match := _NAME.search(f" {line}"):
            named = match["name"]
        if (match := _VALUE.search(f" {line}")) and named:
            reason = reason or _of(named, match["value"].strip(), inside_secret=False)
            named = ""
        if reason:
            yield ExposedSecret(file=str(path), line=number, found=reason)
        provider = _PROVIDER.match(line)
        if provider and f"config.providers.{provider['name']}.param.allowed.paths" not in text:
            reason = f"provider {provider['name']} without allowed.paths"
            yield ExposedSecret(file=str(path), line=number, found=reason)


def _reason(line: str, *, inside_secret: bool) -> str:
    """Return by what a line is recognised as holding a secret; empty when it holds none."""
    pairs = ((m["key"], m["value"].strip().strip("\"'").strip()) for m in _PAIR.finditer(line))
    shapes = shaped(line)
    plain = ((key, value) for key, value in pairs if not shapes or value in shapes)
    reasons = (_of(key, value, inside_secret=inside_secret) for key, value in plain)
    if by_key := next((reason for reason in reasons if reason), ""):
        return by_key
    literal = [part for part in shapes if not _MANAGED.match(part)]
    return "text in the form of a secret" if literal else ""


def _of(key: str, value: str, *, inside_secret: bool) -> str:
    """Return by what a key and its value are recognised; empty when they are no secret."""
    if not value or _MANAGED.match(value):
        return ""
    if inside_secret:
        return f"key `{key}` of a Secret manifest"
    return f"the literal value of key `{key}`" if names_a_secret(key.replace("_", ".")) else ""
