"""A store that cannot be asked: each of its references says why, nothing waits twice, and no token is repeated."""

import socket
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from migrate.adapters.vault_api import Answer
from migrate.documents.config import Config
from migrate.folder import Folder
from migrate.ports.stores import ReferenceUse
from migrate.wiring.inventory_source import places
from tests.estate import config

REFERENCE = "${vault:secret/data/payments:password}"


def stores(address: str, **changes: Any) -> Config:
    store = {"name": "vault", "kind": "vault", "address": address, "token": "${env:VAULT_TOKEN}"}
    return config(stores=[{**store, **changes}])


def why(folder: Path, address: str, *references: str, token: str = "s.token") -> list[str]:
    opened = places(Folder(folder), stores(address), {"VAULT_TOKEN": token}, b"k")
    told = [opened.look(ReferenceUse(one, declared=True)) for one in references or (REFERENCE,)]
    assert not any(one.readers for one in told)
    return [one.unknown for one in told]


def test_without_its_library_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hvac", None)
    found = why(tmp_path, "http://127.0.0.1:1")
    assert found == ["cannot read store `vault`: the library hvac is not installed"]


def test_a_token_that_does_not_exist_is_named_by_its_reference(tmp_path: Path) -> None:
    (found,) = why(tmp_path, "http://127.0.0.1:1", token="")
    assert found == "cannot resolve ${env:VAULT_TOKEN}: it does not exist or is empty"


@pytest.mark.parametrize("token", ["s.to\nken", "s.to ken", "s.tök", "s.to\x00ken", "\x7f"])
def test_no_token_is_repeated(tmp_path: Path, token: str) -> None:
    (found,) = why(tmp_path, "http://127.0.0.1:1", token=token)
    assert found == "cannot read store `vault`: its token holds a character that no token has"


def test_a_line_feed_at_the_end_of_a_token_is_none_of_it(tmp_path: Path) -> None:
    (found,) = why(tmp_path, "http://127.0.0.1:1", token="s.token\n")
    assert found == "cannot reach store `vault` at http://127.0.0.1:1: Connection refused"


def test_a_silent_server_is_waited_for_once(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        site = {"bootstrap_servers": "s:9092", "timeout_seconds": 0.5}
        changed = stores(address).model_dump(mode="json") | {"source": site}
        opened = places(Folder(tmp_path), Config(**changed), {"VAULT_TOKEN": "t"}, b"k")
        began = time.monotonic()
        found = {opened.look(ReferenceUse(f"${{vault:a/{n}:k}}", True)).unknown for n in range(20)}
        assert time.monotonic() - began < 3
    assert found == {f"cannot reach store `vault` at {address}: no answer within 0.5 s"}


def test_a_certificate_authority_that_does_not_exist_is_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hvac.v1.VAULT_CACERT", "/none.pem")
    (found,) = why(tmp_path, "https://127.0.0.1:1")
    assert found.startswith("cannot reach store `vault` at https://127.0.0.1:1: ")
    assert "/none.pem" in found


@pytest.mark.parametrize("data", [None, [], "text", 7, {"keys": 7}, {"keys": {"a": 1}}])
def test_an_answer_of_another_form_is_empty(data: object) -> None:
    answer = Answer(data)
    assert (answer.text("keys", "x") or "7") == "7"
    assert answer.texts("keys") == ()
    assert answer.time("keys") is None
    assert answer.inner("none").table() == {}
    assert answer.table("none") == {}
    assert not answer.flag("keys")
