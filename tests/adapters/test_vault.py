"""A store that cannot be asked: each of its references says why, nothing waits twice, and no token is repeated."""

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


@contextmanager
def serving(code: int, body: bytes, **headers: str) -> Iterator[tuple[str, list[str | None]]]:
    """A server with one answer; yields its address and the tokens that it was sent."""
    tokens: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers["X-Vault-Token"])
            self.send_response(code)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", tokens
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (200, b"<html>log in</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"data": []}'),
        (200, b'{"data": {"path": "\\ud800"}}'),
        (201, b'{"data": {}}'),
        (500, b"[]"),
        (500, b'"text"'),
    ],
)
def test_what_is_no_answer_of_a_store_is_none_that_says_nothing_is_there(
    tmp_path: Path, code: int, body: bytes
) -> None:
    with serving(code, body) as (address, _):
        (found,) = why(tmp_path, address)
    asked = "sys/internal/ui/mounts/secret/data/payments"
    assert found == f"store `vault` at {address} gave no answer of a secret store to read {asked}"


def test_no_token_goes_where_an_answer_points(tmp_path: Path) -> None:
    with (
        serving(200, json.dumps({"data": {}}).encode()) as (other, stolen),
        serving(307, b"", Location=f"{other}/v1/x") as (address, _),
    ):
        (found,) = why(tmp_path, address)
    assert stolen == []
    assert "gave no answer of a secret store" in found


def test_a_time_that_no_calendar_has_is_none() -> None:
    assert Answer({"t": "9999-12-31T23:59:59-10:00"}).time("t") is None
