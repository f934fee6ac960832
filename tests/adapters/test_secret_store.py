"""Secrets of a rotation: kmig's own stand apart, and of a client's file only what the client reads changes."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import javaproperties
import pytest
from confluent_kafka import Consumer
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.adapters.secret_store import PropertiesSecrets
from migrate.adapters.secrets import Secrets
from migrate.errors import Refused, StepFailed
from migrate.model.own_files import SECRETS
from migrate.ports import Sites
from migrate.steps import IssueSecret

PLACE = ("app.properties", "sasl.password")
CLIENT = (
    "# the till's own file; Grüße\r\n"
    "bootstrap.servers = localhost:1\r\n"
    "\r\n"
    "! group\r\n"
    "group.id:till\r\n"
    "log_level=0\r\n"
    "security.protocol=SASL_PLAINTEXT\r\n"
    "sasl.username=till\r\n"
    "sasl.password = p=s:s#wörd\r\n"
    "sasl.mechanism=SCRAM-SHA-256"
)


@pytest.fixture
def store(tmp_path: Path) -> PropertiesSecrets:
    (tmp_path / "app.properties").write_bytes(CLIENT.encode())
    (tmp_path / "app.properties").chmod(0o640)
    return PropertiesSecrets(tmp_path)


def text(tmp_path: Path) -> str:
    return (tmp_path / "app.properties").read_bytes().decode()


def starts(properties: str) -> None:
    """A client whose configuration is every line of the file: librdkafka refuses what it does not know."""
    Consumer(javaproperties.loads(properties)).close()


def deliver(store: PropertiesSecrets) -> None:
    store.deliver(*PLACE, "sasl.mechanism", "SCRAM-SHA-512")


def withdraw(store: PropertiesSecrets) -> None:
    store.withdraw(*PLACE, "sasl.mechanism", "SCRAM-SHA-256")


STEPS: dict[str, Callable[[PropertiesSecrets], None]] = {
    "issue": lambda store: store.issue(*PLACE),
    "deliver": deliver,
    "the canary of the proof": lambda store: store.issue(PLACE[0], "kmig-canary"),
    "the canary is over": lambda store: store.forget(PLACE[0], "kmig-canary", which="pending"),
    "forget": lambda store: store.forget(*PLACE, which="old"),
}


def test_a_client_starts_with_its_own_file_after_each_step_of_a_rotation(
    store: PropertiesSecrets, tmp_path: Path
) -> None:
    starts(text(tmp_path))
    for name, step in STEPS.items():
        step(store)
        assert "kmig" not in text(tmp_path), name
        starts(text(tmp_path))


def test_only_the_secret_and_its_mechanism_change_byte_for_byte(
    store: PropertiesSecrets, tmp_path: Path
) -> None:
    store.issue(*PLACE)
    assert text(tmp_path) == CLIENT
    deliver(store)
    before, after = CLIENT.splitlines(), text(tmp_path).splitlines()
    assert after[:-2] == before[:-2]
    assert after[-2].startswith("sasl.password = ")
    assert after[-1] == "sasl.mechanism=SCRAM-SHA-512"
    assert text(tmp_path).count("\r\n") == CLIENT.count("\r\n")
    assert (tmp_path / "app.properties").stat().st_mode & 0o777 == 0o640
    withdraw(store)
    assert text(tmp_path) == CLIENT


def own(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / SECRETS).glob("*.properties"))


def test_what_only_kmig_reads_is_its_own_alone_and_git_does_not_see_it(
    store: PropertiesSecrets, tmp_path: Path
) -> None:
    store.issue(*PLACE)
    (file,) = own(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / SECRETS).stat().st_mode & 0o777 == 0o700
    assert (tmp_path / SECRETS / ".gitignore").read_text() == "*\n"
    deliver(store)
    store.forget(*PLACE, which="old")
    assert own(tmp_path) == []


def test_every_secret_is_read_where_the_store_says(
    store: PropertiesSecrets, tmp_path: Path
) -> None:
    secrets = Secrets({}, tmp_path)

    def held(which: str) -> str:
        return secrets.resolve(store.where(*PLACE, which=which))

    store.issue(*PLACE)
    old, new = held("current"), held("pending")
    deliver(store)
    assert (held("current"), held("old")) == (new, old)
    withdraw(store)
    assert (held("current"), held("pending")) == (old, new)


def test_files_of_one_name_and_keys_of_one_file_are_told_apart(tmp_path: Path) -> None:
    store = PropertiesSecrets(tmp_path)
    (tmp_path / "a").mkdir()
    elsewhere = str(tmp_path / "a" / "app.properties")
    for place in (("app.properties", "one"), ("app.properties", "two"), (elsewhere, "one")):
        store.issue(*place)
    assert len(own(tmp_path)) == 2
    store.deliver("app.properties", "one", "one.mechanism", "m")
    assert store.holds("app.properties", "two", which="pending")
    assert store.holds(elsewhere, "one", which="pending")
    assert not store.provided(elsewhere, "one")


def test_a_secret_that_somebody_changed_meanwhile_is_not_overwritten(
    store: PropertiesSecrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.issue(*PLACE)
    with monkeypatch.context() as patch:
        patch.setattr(PropertiesSecrets, "_edit", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver(store)
    changed = CLIENT.replace("p=s:s#wörd", "somebody's")
    (tmp_path / "app.properties").write_bytes(changed.encode())
    with pytest.raises(
        StepFailed, match=r"the secret `sasl.password` in app.properties was changed"
    ):
        deliver(store)
    assert text(tmp_path) == changed


def test_what_the_version_before_left_moves_out_with_the_next_write(
    store: PropertiesSecrets, tmp_path: Path
) -> None:
    left = "\nsasl.password.kmig-old=was\nother.kmig-pending=waits\nkmig-canary.kmig-pending=c\n"
    (tmp_path / "app.properties").write_bytes((CLIENT + left).encode())
    assert not store.apart(PLACE[0])
    place = store.where(*PLACE, which="old")
    assert (place.path, Secrets({}, tmp_path).resolve(place)) == ("app.properties", "was")
    store.issue(PLACE[0], "kmig-canary")
    assert store.apart(PLACE[0])
    assert text(tmp_path) == CLIENT + "\n"
    for key, which, value in (
        ("sasl.password", "old", "was"),
        ("other", "pending", "waits"),
        ("kmig-canary", "pending", "c"),
    ):
        place = store.where(PLACE[0], key, which=which)
        assert place.path.startswith(SECRETS)
        assert Secrets({}, tmp_path).resolve(place) == value


def test_an_earlier_rotation_that_still_keeps_its_old_secret_is_said_before_anything_is_made(
    store: PropertiesSecrets,
) -> None:
    store.issue(*PLACE)
    deliver(store)
    step = IssueSecret(because="test", user="till", file=PLACE[0], name=PLACE[1])
    nowhere: Any = None
    sites = Sites(nowhere, nowhere, nowhere, store=store)
    with pytest.raises(Refused, match=r"is still kept: \$\{file:.kmig-secrets/"):
        step.aim(sites)


_WORD = st.text("abk.\\:= \té#!", max_size=6)
_ROW = st.tuples(_WORD, st.sampled_from(["=", " = ", ":", " ", ""]), _WORD).map("".join)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        _ROW | st.sampled_from(["# c", "", "k=1", "k : 2", "k", "k\\\n  x=3"]), max_size=6
    ),
    ends=st.sampled_from(["\n", "\r\n"]),
    closed=st.booleans(),
    value=st.text("abk.\\:= \té#!\n\r", min_size=1, max_size=6),
)
def test_any_file_holds_the_new_value_and_everything_else_as_it_was(
    rows: list[str], ends: str, closed: bool, value: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "f"
        file.write_bytes((ends.join(rows) + ends * closed).encode())
        whole = file.read_bytes().decode()
        before = javaproperties.loads(whole)
        store = PropertiesSecrets(Path(folder))
        try:
            store._edit("f", {"k": value})
        except StepFailed:  # what follows a last line that goes on would be part of it
            assert whole.rstrip("\r\n").endswith("\\")
            assert file.read_bytes().decode() == whole
            return
        after = file.read_bytes().decode()
        assert javaproperties.loads(after) == {**before, "k": value}
        kept = [e.source for e in javaproperties.parse(whole) if getattr(e, "key", "") != "k"]
        assert all(line.rstrip("\r\n") in after for line in kept)
        store._edit("f", {"k": None})
        assert javaproperties.loads(file.read_bytes().decode()) == {
            key: held for key, held in before.items() if key != "k"
        }
