"""Connect's REST, against a server that answers what a test wants: faults that cannot be provoked in a real one."""

import json
import socket
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from migrate.adapters import connector_config
from migrate.adapters.connect.copies import ConnectCopy
from migrate.adapters.connect.reader import ConnectRest
from migrate.adapters.connect.workers import Workers
from migrate.errors import (
    CannotTell,
    Indeterminate,
    KmigError,
    NotAuthorized,
    StepFailed,
    Unreachable,
)

SECRET = "hunter2-is-here"
UNKNOWN = b'{"error_code":404,"message":"HTTP 404 Not Found"}'
"""Connect's own 404."""

STARTING = b"<html> <head> <title>Error 404 Not Found</title> </head> </html>"
"""What a worker of 3.9.1 and 4.3.1 answers to everything for half a second of its start: it listens before its REST
resources are there (KAFKA-8418)."""


class Answers(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, tuple[int, bytes]]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(f"GET {self.path}")
        code, body = self.pages.get(self.path, (404, UNKNOWN))
        self.send_response(code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def reading(url: str, timeout: float) -> ConnectRest:
    return ConnectRest("main", Workers([url], timeout, name="main"))


def copying(url: str, timeout: float) -> ConnectCopy:
    return ConnectCopy(Workers([url], timeout))


@pytest.fixture
def rest() -> Iterator[ConnectRest]:
    Answers.pages.clear()
    Answers.asked.clear()
    page("/connectors", [])
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield reading(f"http://127.0.0.1:{server.server_port}", 2.0)
    server.shutdown()
    thread.join()
    server.server_close()


def page(path: str, body: object, code: int = 200) -> None:
    Answers.pages[path] = (code, json.dumps(body).encode())


CONFIG = {
    "connector.class": "x.Sink",
    "topics": "b, a",
    "connection.url": f"jdbc:x://host/db?password={SECRET}",
    "auth": SECRET,
    "user.password": "${env:PW}",
    "plain": "hello",
}


def test_values_never_come_out(rest: ConnectRest) -> None:
    page(
        "/connectors?expand=info&expand=status",
        {
            "s": {
                "info": {"config": CONFIG, "type": "sink"},
                "status": {"connector": {"state": "RUNNING"}, "tasks": [{"state": "FAILED"}]},
            }
        },
    )
    page("/connector-plugins/x.Sink/config", [{"name": "auth", "type": "PASSWORD"}])
    (found,) = rest.connectors()
    assert found.topics == ("a", "b")
    assert {(u.key, u.secrecy) for u in found.secrets} == {
        ("auth", "literal"),
        ("connection.url", "literal"),
        ("user.password", "reference"),
    }
    assert SECRET not in found.model_dump_json()
    assert not any("validate" in line for line in Answers.asked)


def test_a_worker_that_still_joins_is_waited_for(rest: ConnectRest) -> None:
    page("/connectors?expand=info&expand=status", {})
    assert rest.connectors() == ()
    assert Answers.asked[0] == "GET /connectors/kmig/config"


@pytest.mark.parametrize(
    ("code", "body", "why"),
    [
        (404, STARTING, "the worker is still starting, or the address is not a Connect worker"),
        (503, b"", "the service is unavailable"),
    ],
)
def test_a_worker_that_is_not_ready_says_nothing_about_connectors(
    rest: ConnectRest, monkeypatch: pytest.MonkeyPatch, code: int, body: bytes, why: str
) -> None:
    monkeypatch.setattr("migrate.adapters.connect.workers.BUSY_SECONDS", 0.2)
    monkeypatch.setattr("migrate.adapters.connect.workers.STARTING_SECONDS", 0.2)
    copies = copying(rest._workers.addresses[0], 2.0)
    # connectors are listed as none until it has joined its group
    page("/connectors?expand=info&expand=status", {})
    for path in ("/", "/connectors/kmig/config", "/connectors/c/config"):
        Answers.pages[path] = (code, body)
    for ask in (rest.connectors, rest.describe, copies.kafka_cluster_id, lambda: copies.copy("c")):
        with pytest.raises(CannotTell, match=rf"is not ready: HTTP {code} to .* for 0\.2 s: {why}"):
            ask()


def test_a_connector_is_found_once_its_worker_has_started(rest: ConnectRest) -> None:
    copies = copying(rest._workers.addresses[0], 2.0)
    Answers.pages["/connectors/c/config"] = (404, STARTING)
    threading.Timer(0.3, page, ("/connectors/c/config", {"a": "b"})).start()
    found = copies.copy("c")
    assert found is not None
    assert found.config == {"a": "b"}


def test_a_copy_without_status_is_there_and_its_state_unknown(rest: ConnectRest) -> None:
    copies = copying(rest._workers.addresses[0], 2.0)
    assert copies.copy("c") is None
    page("/connectors/c/config", {"a": "b"})
    found = copies.copy("c")
    assert found is not None
    assert found.shown == "unknown: Connect has no status of it yet"
    assert (found.running, found.quiet) == (False, False)
    assert Answers.asked[0] == "GET /connectors/c/config"
    page("/connectors/c/status", {"connector": {"state": "UNASSIGNED"}, "tasks": []})
    found = copies.copy("c")
    assert found is not None
    assert found.shown == "UNASSIGNED, 0 tasks"


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (401, b"", NotAuthorized),
        (500, b"", StepFailed),
        (200, b"<html>", Unreachable),
    ],
)
def test_other_answers_are_errors_with_the_address(
    rest: ConnectRest, code: int, body: bytes, kind: type[KmigError]
) -> None:
    Answers.pages["/"] = (code, body)
    with pytest.raises(kind, match="Connect main at http://127"):
        rest.describe()


@pytest.mark.parametrize(
    "body",
    [
        ["a", "b"],
        {"a": None},
        {"a": {"info": {"config": {"p": SECRET}}}},
        {"a": {"info": {"config": [SECRET]}, "status": {}}},
        {"message": SECRET},
        "text",
        7,
        None,
    ],
)
def test_json_of_another_shape_is_one_message_without_a_value(
    rest: ConnectRest, body: object
) -> None:
    page("/", body)
    page("/connector-plugins", body)
    page("/connectors?expand=info&expand=status", body)
    with pytest.raises(Unreachable, match="answered in an unexpected form") as caught:
        rest.connectors()
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    if body != ["a", "b"]:
        with pytest.raises(Unreachable, match="answered in an unexpected form"):
            rest.describe()


def test_a_rebalance_is_waited_for_and_named(
    rest: ConnectRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.adapters.connect.workers.BUSY_SECONDS", 1.5)
    page("/", {}, 409)
    with pytest.raises(CannotTell, match=r"HTTP 409 to GET / for 1\.5 s: the worker rebalances"):
        rest.describe()
    assert len(Answers.asked) > 1


EXPECTED = {
    "error_code": 500,
    "message": "Request cannot be completed because a rebalance is expected",
}


def test_a_rebalance_is_also_an_error_500_with_a_message(
    rest: ConnectRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # seen on 3.9.1 where a config is asked for just after another request changed something
    monkeypatch.setattr("migrate.adapters.connect.workers.BUSY_SECONDS", 0.3)
    page("/", EXPECTED, 500)
    with pytest.raises(
        CannotTell, match=r"HTTP 500 to GET / for 0\.3 s: Request cannot be completed"
    ):
        rest.describe()
    copies = copying(rest._workers.addresses[0], 2.0)
    page("/connectors/c/config", EXPECTED, 500)
    later = threading.Timer(0.4, page, ("/connectors/c/config", {"a": "b"}))
    later.start()
    found = copies.copy("c")
    assert found is not None
    assert Answers.asked.count("GET /connectors/c/config") > 1
    page("/connectors/c/config", {"message": "something else"}, 500)
    with pytest.raises(StepFailed, match="something else"):
        copies.copy("c")


def test_a_config_of_ten_thousand_keys(rest: ConnectRest) -> None:
    config = {f"transforms.t{n}.password": f"{SECRET}-{n}" for n in range(5_000)}
    config |= {f"transforms.t{n}.value": "x" * 200 for n in range(5_000)}
    status = {"connector": {"state": "RUNNING"}, "tasks": []}
    page(
        "/connectors?expand=info&expand=status",
        {"wide": {"info": {"config": {"connector.class": "x.S", **config}}, "status": status}},
    )
    page("/connector-plugins/x.S/config", [])
    (found,) = rest.connectors()
    assert len(found.secrets) == 5_000
    assert {use.secrecy for use in found.secrets} == {"literal"}
    assert SECRET not in found.model_dump_json()


def test_equal_secrets_are_equal_however_they_are_written(rest: ConnectRest) -> None:
    """One stands in a URL, with its escapes; the other by itself."""
    config = {
        "a.password": "p@ss/w rd",
        "b.url": "https://u:p%40ss%2Fw%20rd@h:1",
        "c.password": "p",
    }
    uses = connector_config.secrets(config, frozenset(), b"key")
    marks = {use.key: use.fingerprint for use in uses}
    assert marks["a.password"] == marks["b.url"] != marks["c.password"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:1", "Connection refused"),
        ("http://nowhere.invalid:1", "the name does not resolve here: "),
        ("http://[::1", "not an address"),
    ],
)
def test_nobody_there(url: str, why: str) -> None:
    with pytest.raises(Unreachable) as caught:
        reading(url, 1.0).describe()
    assert caught.value.message.startswith(f"cannot reach Connect main at {url}: {why}")
    with pytest.raises(Unreachable) as caught:
        copying(url, 1.0).copy("c")
    assert caught.value.message.startswith(f"cannot reach Connect at {url}: {why}")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "no answer within 0.3 s"),
        (b"", "the connection was closed, or the answer is not HTTP"),
        (b"SSH-2.0-x\r\n\r\n", "the connection was closed, or the answer is not HTTP"),
    ],
)
def test_who_was_asked_what_and_what_happened(answer: bytes | None, why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        threading.Thread(target=_serve, args=(server, answer), daemon=True).start()
        with pytest.raises(Unreachable) as caught:
            reading(url, 0.3).describe()
        assert caught.value.message == f"Connect main at {url}: request GET / failed: {why}"
        copies = copying(url, 0.3)
        with pytest.raises(Unreachable) as caught:
            copies.copy("c")
        path = "GET /connectors/c/config"
        assert caught.value.message == f"Connect at {url}: request {path} failed: {why}"
        with pytest.raises(Indeterminate) as unsure:
            copies.stop("c")
        sent = "request PUT /connectors/c/stop failed after it was sent"
        assert unsure.value.message == f"Connect at {url}: {sent}: {why}"
        assert "joined its group" in caught.value.hint
        assert "the change may have happened" in unsure.value.hint


def _serve(server: socket.socket, answer: bytes | None) -> None:
    """Four connections, each read, and answered or left without an answer until the asker hangs up."""
    for _ in range(4):
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            if answer is None:
                connection.recv(1)
            else:
                connection.sendall(answer)


def test_a_connector_that_is_listed_and_not_described_is_a_fault(rest: ConnectRest) -> None:
    page("/connectors?expand=info&expand=status", {})
    page("/connectors", ["late"])
    (found,) = rest.connectors()
    assert (found.id, found.error.partition(",")[0]) == ("main/late", "Connect lists it")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("x.schema.registry.url", f"http://sr1:8081,svc:{SECRET}@sr2:8081"),
        ("x.schema.registry.url", f"user:{SECRET}@sr:8081"),
        ("x.schema.registry.url", f"https://user:pa,{SECRET}@sr:8081"),
        ("x.schema.registry.url", f"https://user:12/{SECRET}@sr:8081"),
        ("connection.uri", f"mongodb://app:4711/{SECRET}@db:27017/x"),
        ("proxy.auth", "alice:48213"),
        ("server.login", "elastic:98765@es:9200"),
    ],
)
def test_no_address_carries_a_part_of_a_password(key: str, value: str) -> None:
    found = connector_config.registries({key: value}) + connector_config.systems({key: value})
    assert not any(part in one for one in found for part in (SECRET, "4711", "48213", "98765"))


@pytest.mark.parametrize(
    ("jaas", "user"),
    [
        ('x required username="u" password="p";', "User:u"),
        ("${file:/s:jaas}", "?"),
        ("x required username='u' password='p';", "?"),
        ('x required username="${file:/s:u}" password="p";', "?"),
    ],
)
def test_a_user_that_cannot_be_read_is_a_question_mark(jaas: str, user: str) -> None:
    config = {"consumer.override.sasl.jaas.config": jaas}
    assert connector_config.principals(config) == (user,)
