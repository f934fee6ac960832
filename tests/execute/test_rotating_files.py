"""A rotation on real files, killed at every point: whenever its client starts, its file is one that it accepts."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import javaproperties
import pytest
from confluent_kafka import Consumer

from migrate.adapters.secret_store import PropertiesSecrets
from migrate.adapters.secrets import Secrets
from migrate.errors import KmigError, StepFailed
from migrate.model.own_files import SECRETS
from migrate.model.reference import Reference, parse
from migrate.ports import Sites
from migrate.steps import DeliverSecret
from tests.estate import people
from tests.execute import moving
from tests.execute.moving import World, cut_over, opened, rotated, switched
from tests.execute.test_crash import killed, points, tick

CLIENT = """# ledger's own
bootstrap.servers=localhost:1
group.id=ledger
log_level=0
security.protocol=SASL_PLAINTEXT
sasl.username=ledger
sasl.password=old secret
sasl.mechanism=SCRAM-SHA-256
"""
PEOPLE = people(
    switched("till", writes=[{"topic": t} for t in moving.TOPICS]),
    switched(
        "ledger",
        reads=[{"topic": "paid"}],
        groups=["ledger"],
        credential={
            "mechanism": "SCRAM-SHA-256",
            "secret": "${file:app.properties:sasl.password}",
            "carry": True,
        },
        rotation={
            "strategy": "mechanism-overlap",
            "deliver": {
                "file": "app.properties",
                "key": "sasl.password",
                "mechanism_key": "sasl.mechanism",
            },
        },
    ),
    switched("old", reads=[{"topic": "seen"}], groups=["old"]),
)
CURRENT: list[list[int]] = [[]]
"""The countdown of the command at hand: everything that it makes durable may be the last."""


class Resolved(dict[str, str]):
    """What references hold, by their files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return Resolved, (self.folder,)

    def __getitem__(self, text: str) -> str:
        reference = parse(text)
        assert reference is not None
        return Secrets({}, self.folder).resolve(reference)

    def get(self, text: str, default: Any = None) -> Any:
        try:
            return self[text]
        except KmigError:
            return default


class FiledSecrets(PropertiesSecrets):
    """The real store, in a world whose other secrets are none."""

    values: dict[str, str] = {}  # noqa: RUF012


class SecretsOfBefore(FiledSecrets):
    """As the version before kept them: everything in the file that clients read."""

    def where(self, path: str, key: str, *, which: str) -> Reference:
        suffix = "" if which == "current" else f".kmig-{which}"
        return Reference(provider="file", path=path, key=key + suffix)

    def issue(self, path: str, key: str) -> None:
        if not self.holds(path, key, which="pending"):
            self._edit(path, {f"{key}.kmig-pending": f"new secret of {key}"})

    def deliver(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        there = self._read(path)
        if new := there.get(f"{key}.kmig-pending"):
            old = {f"{key}.kmig-old": there[key], f"{key}.kmig-pending": None}
            self._edit(path, {**old, key: new, mechanism_key: mechanism})

    def forget(self, path: str, key: str, *, which: str) -> None:
        self._edit(path, {f"{key}.kmig-{which}": None})


def filed(folder: Path, countdown: list[int], store: type[FiledSecrets] = FiledSecrets) -> World:
    CURRENT[0] = []
    if not (folder / "app.properties").exists():
        (folder / "app.properties").write_text(CLIENT)
        (folder / "app.properties").chmod(0o600)
    here = moving_world(folder, countdown)
    here.secrets = store(folder)  # type: ignore[assignment]
    here.source.secrets = here.target.secrets = Resolved(folder)

    def start(command: Any, facts: Any) -> None:
        text = (folder / "app.properties").read_text()
        if store is FiledSecrets and tuple(command) == ("start", "ledger") and "kmig" in text:
            raise StepFailed("No such configuration property")
        here.client(command, facts)

    here.hooks.effect = start
    CURRENT[0] = countdown
    return here


moving_world = moving.world


@pytest.fixture(autouse=True)
def on_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "PEOPLE", PEOPLE)
    monkeypatch.setattr(moving, "world", filed)
    monkeypatch.setattr("os.fsync", lambda _: tick(CURRENT[0]))


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """A wave that is cut over, to be copied for every point."""
    folder = tmp_path / "moved"
    folder.mkdir()
    cut_over(folder, [])
    return folder


def rotated_before(folder: Path, countdown: list[int]) -> None:
    """`kmig rotate` of the version before."""

    def of_before(folder: Path, countdown: list[int]) -> World:
        return filed(folder, countdown, SecretsOfBefore)

    def apply(self: DeliverSecret, sites: Sites) -> DeliverSecret:
        sites.secrets.deliver(self.file, self.name, self.mechanism_key, self.new)
        return self

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "world", of_before)
        patch.setattr(DeliverSecret, "apply", apply)
        rotated(folder, countdown)


def wherever(moved: Path, command: Any, chosen: Callable[[int], Iterable[int]]) -> Iterator[Path]:
    """The folder as each kill of the command leaves it, with all its points behind it."""
    whole = shutil.copytree(moved, moved.parent / "whole")
    total = points(command, whole)
    assert total > 40
    for point in chosen(total):
        folder = shutil.copytree(moved, moved.parent / str(point))
        assert killed(command, folder, point)
        yield folder
    yield whole


def require_login(folder: Path) -> dict[str, str]:
    """What the client finds in its file now logs in on the target."""
    held: dict[str, str] = javaproperties.loads((folder / "app.properties").read_text())
    _, password = filed(folder, []).target.scram["ledger", held["sasl.mechanism"]]
    assert password == held["sasl.password"], folder
    return held


def require_over(folder: Path) -> None:
    """The rotation is over: proven, one credential, and nothing of kmig's own is left."""
    assert require_login(folder)["sasl.mechanism"] == "SCRAM-SHA-512"
    assert list(filed(folder, []).target.scram) == [("ledger", "SCRAM-SHA-512")], folder
    text = (folder / "app.properties").read_text()
    assert "kmig" not in text
    assert text.splitlines()[:-2] == CLIENT.splitlines()[:-2]
    assert not list((folder / SECRETS).glob("*.properties")), folder
    done = [e.key for e in opened(folder, []).journal.entries if e.event == "done"]
    assert "forget_secret ledger" in done


def test_a_client_may_start_at_any_point_of_a_rotation_and_the_rotation_goes_on(
    moved: Path, a_third: Callable[[int], Iterable[int]]
) -> None:
    seen: dict[frozenset[str], dict[str, str]] = {}
    for folder in wherever(moved, rotated, a_third):
        held = require_login(folder)
        seen[frozenset(held)] = held
        rotated(folder, [])
        require_over(folder)
    for held in seen.values():
        Consumer(held).close()  # librdkafka refuses what it does not know


def test_a_rotation_that_the_version_before_began_goes_on(
    moved: Path, a_third: Callable[[int], Iterable[int]]
) -> None:
    for folder in wherever(moved, rotated_before, a_third):
        rotated(folder, [])
        require_over(folder)
