"""What an inventory takes from files: observed use from authorizer logs, and exposed secrets."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from migrate.adapters import log_files, scan
from migrate.adapters.secrets import Secrets
from migrate.cli.session import say
from migrate.documents.inventory import EVIDENCE, Inventory, Section, State
from migrate.documents.workloads import Workloads
from migrate.errors import KmigError, UsageError
from migrate.folder import INVENTORY, WORKLOADS, Folder
from migrate.inventory.authorizer_logs import AuthorizerLogReader
from migrate.journal.standing import restorable
from migrate.model.own_files import BEFORE, SECRETS
from migrate.model.reference import parse
from migrate.model.use import ExposedSecret, Observed
from migrate.model.words import count


def gather(folder: Folder, given: Mapping[str, Sequence[str]]) -> dict[str, Section[Any]]:
    """The sections that files were given for."""
    made: dict[str, Section[Any]] = {}
    if names := given["observed"]:
        made["observed"] = observed(names)
    if names := given["copies"]:
        known, stores, faults = _known(folder)
        made["copies"] = copies(names, known, stores | _own(folder), faults)
    return made


def kept(folder: Folder, cluster_id: str) -> dict[str, Section[Any]]:
    """Return the evidence of the last inventory, if that was of the same cluster."""
    if not folder.mentions(INVENTORY, EVIDENCE):
        return {}
    try:
        last = folder.inventory()
    except KmigError:
        return {}  # of another version, or damaged: it is made again in any case
    if last.cluster.found.cluster_id != cluster_id:
        return {}  # what was seen elsewhere says nothing here
    sections: dict[str, Section[Any]] = last.sections()
    return {name: sections[name] for name in EVIDENCE if name in sections}


def observed(names: Sequence[str]) -> Section[Observed]:
    """Return the observed use; a file that cannot be read to its end makes it partial."""
    files = log_files.expand(names)
    reading, faults = AuthorizerLogReader(), []
    for name in files:
        say(f"reading {name}")
        try:
            reading.add(log_files.lines(name), lambda seen: say(f"  {seen:,} lines"))
        except OSError as error:
            faults.append(f"{name}: {error.strerror or error}")
    return reading.section(len(files), faults)


def copies(
    names: Sequence[str], known: Mapping[str, str], stores: frozenset[Path], unknown: Sequence[str]
) -> Section[tuple[ExposedSecret, ...]]:
    """Return the exposed secrets; `stores` are files where secrets belong, and are passed over."""
    found: list[ExposedSecret] = []
    faults = list(unknown)
    short = sum(len(secret.strip()) < scan.SHORTEST for secret in known.values())
    if short:
        faults.append(f"{count(short, 'secret')} too short to search for")
    searched = 0
    for path in scan.files(names, faults.append):
        if path.resolve() in stores:
            continue
        searched += 1
        try:
            found += scan.scan(path, known)
        except OSError as error:
            faults.append(f"{path}: {error.strerror or error}")
    say(f"searched {count(searched, 'file')}")
    standing = State.PARTIAL if faults else State.COMPLETE
    return Section(standing=standing, error="; ".join(faults), found=tuple(found))


def _known(folder: Folder) -> tuple[dict[str, str], frozenset[Path], list[str]]:
    """Secrets by the references of the workloads file, the files they stand in, and which do not resolve."""
    if not folder.has(WORKLOADS):
        return {}, frozenset(), []
    secrets = Secrets(os.environ, folder.path)
    known: dict[str, str] = {}
    stores: set[Path] = set()
    faults = []
    for text in folder.workloads().references:
        reference = parse(text)
        if reference is None:
            continue
        if reference.provider in ("file", "dir"):
            place = folder.path / reference.path
            stores.add((place / reference.key if reference.provider == "dir" else place).resolve())
        try:
            value = secrets.resolve(reference)
        except KmigError as error:
            faults.append(error.message)
            continue
        if parse(value.strip()):  # as a text it stands wherever the other secret is referred to
            faults.append(f"{text} holds a reference in place of a secret: files were not searched")
        else:
            known[text] = value
    return known, frozenset(stores), faults


def _own(folder: Folder) -> frozenset[Path]:
    """Return the files that kmig still needs: secrets of a rotation, and files that a rollback may restore."""
    switched = restorable(folder.journal().journal)
    kept = ((folder.path / path).resolve() for path in switched)
    before = (path.with_name(path.name + BEFORE) for path in kept)
    return frozenset((*before, *(folder.path / SECRETS).resolve().glob("*.properties")))


def drafted(folder: Folder, inventory: Inventory) -> str:
    """Write what is new into workloads.yaml; returns what was done, in a few words."""
    from migrate.drafting.propose import draft
    from migrate.drafting.text import updated
    from migrate.estate import Estate

    path = folder.path / WORKLOADS
    drafted_before = folder.has(WORKLOADS)
    people = folder.workloads() if drafted_before else Workloads()
    text = folder.disk.read(path).decode() if drafted_before else ""  # with its own line ends
    made = draft(Estate(folder.config(), inventory, people))
    try:
        after = updated(text, made)
        if after != text:
            Workloads.model_validate(yaml.safe_load(after) or {})
    except (yaml.YAMLError, ValidationError):
        raise UsageError(
            f"{path}: the drafted workloads cannot be inserted; the file was not changed",
            "write `workloads` as a list with one `- name:` entry below the other",
        ) from None
    if after != text:
        folder.write(WORKLOADS, after)
    asked = len(made.questions) + sum(len(one.asks) for one in made.new)
    parts = ((len(made.new), "new"), (len(made.gone), "gone"))
    said = [f"{number} {what}" for number, what in parts if number]
    return ", ".join([*said, *([count(asked, "question")] if asked else [])]) or "nothing new"
