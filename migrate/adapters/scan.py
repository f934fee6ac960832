"""Files searched for secrets that nobody manages: by their shape, by their key, and as exact copies of known ones.

What comes out is file, line and what it was recognised by. A known secret is searched as it is, in base64, and as
URLs and JSON write it.
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
"""A known secret shorter than this would be found everywhere."""

_PAIR = re.compile(
    r"""(?:^[\s\-"'{,]*(?:export\s+)?|[{,]\s*["']?)(?P<key>[\w.\-/]+)["']?\s*[:=]\s*(?P<value>"[^"]*"|'[^']*'|[^"',}\n]*)"""
)
_NAME = re.compile(r"""[\s\-{,]name\s*:\s*["']?(?P<name>[\w.\-]+)""")
_VALUE = re.compile(r"""[\s\-{,]value\s*:\s*["']?(?P<value>[^"'}\n]+)""")
_MANAGED = re.compile(
    # a variable, a template, a reference to a store, or a stand-in for a value
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
    """Every file at or below the names; `UsageError` for a name that is not there.

    Links to files are followed, links to directories are not. `fault` hears of directories that cannot be read.
    """
    for name in names:
        top = Path(name)
        if top.is_file():
            yield top
            continue
        if not top.is_dir():
            raise UsageError(f"{name}: no such file or directory")
        for folder, inside, here in os.walk(
            top, onerror=lambda e: fault(f"{e.filename}: {e.strerror}")
        ):
            inside[:] = sorted(set(inside) - _SKIPPED)
            for one in sorted(here):
                path = Path(folder) / one
                if path.is_file():
                    yield path
                elif path.is_symlink() and not path.exists():
                    fault(f"{path}: a link to nothing")


def scan(path: Path, known: Mapping[str, str]) -> tuple[ExposedSecret, ...]:
    """What stands in one file; `known` maps a reference to its secret. Raises `OSError` where it cannot be read."""
    if path.stat().st_size > _LARGEST:
        raise OSError(f"larger than {_LARGEST // 1024 // 1024} MiB")
    raw = path.read_bytes()
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            raw = raw.decode(encoding, errors="replace").encode()
    copies = {(c.line, c.of): c for c in _copies(path, raw, known)}
    lines = {c.line for c in copies.values()}
    found = [] if b"\0" in raw[:4096] else [c for c in _literals(path, raw) if c.line not in lines]
    return tuple(sorted([*copies.values(), *found], key=lambda c: (c.line, c.of)))


def _copies(path: Path, raw: bytes, known: Mapping[str, str]) -> Iterator[ExposedSecret]:
    for reference, whole in known.items():
        secret = whole.removesuffix("\n")  # files of one secret often end with a line
        if len(secret) < SHORTEST:
            continue
        for form, text in _forms(secret).items():
            at = raw.find(text)
            while at >= 0:
                line = raw.count(b"\n", 0, at) + 1
                yield ExposedSecret(
                    file=str(path), line=line, found=f"a copy, {form}", of=reference
                )
                at = raw.find(text, at + len(text))


def _forms(secret: str) -> dict[str, bytes]:
    """The ways in which a secret is written; each once."""
    plain = secret.encode()
    forms = {
        "as it is": plain,
        "in base64": base64.b64encode(plain).rstrip(b"="),
        "in base64 for URLs": base64.urlsafe_b64encode(plain).rstrip(b"="),
        "escaped for a URL": quote(secret, safe="").encode(),
        "escaped for a form": quote_plus(secret, safe="").encode(),
        "escaped for JSON": json.dumps(secret)[1:-1].encode(),
    }
    seen: set[bytes] = set()
    return {k: v for k, v in forms.items() if not (v in seen or seen.add(v))}  # type: ignore[func-returns-value]


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
            found = f"provider {provider['name']} without allowed.paths"
            yield ExposedSecret(file=str(path), line=number, found=found)


def _reason(line: str, *, inside_secret: bool) -> str:
    """By what a line is recognised as holding a secret; empty when it is not."""
    pairs = ((m["key"], m["value"].strip().strip("\"'").strip()) for m in _PAIR.finditer(line))
    shapes = shaped(line)
    plain = ((key, value) for key, value in pairs if not shapes or value in shapes)
    reasons = (_of(key, value, inside_secret=inside_secret) for key, value in plain)
    if named := next((reason for reason in reasons if reason), ""):
        return named
    found = [part for part in shapes if not _MANAGED.match(part)]
    return "a secret by its shape" if found else ""


def _of(key: str, value: str, *, inside_secret: bool) -> str:
    """By what a key and its value are recognised."""
    if not value or _MANAGED.match(value):
        return ""
    if inside_secret:
        return f"a value of a Secret manifest, key `{key}`"
    return f"a literal, key `{key}`" if names_a_secret(key.replace("_", ".")) else ""
