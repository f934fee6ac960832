"""Connect's REST behind TLS and logins, at several addresses: what is proven, what is sent, and to whom."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from migrate.adapters.connect import workers as module
from migrate.adapters.connect.copies import ConnectCopy
from migrate.adapters.connect.reader import ConnectRest
from migrate.adapters.connect.workers import Access, Workers
from migrate.adapters.tls import TlsStores
from migrate.errors import CannotTell, NotAuthorized, StepFailed, Unreachable
from migrate.rehearse.lab.disposable.certificates import CertificateAuthority

PASSWORD = "hunter2-is-here"
BASIC = f"Basic {base64.b64encode(f'kmig:{PASSWORD}'.encode()).decode()}"
NOBODY = Access()
ROOT = {"version": "4.3.1", "kafka_cluster_id": "k"}


class Server:
    """A worker that notes what it is asked; `pages` are its answers by method and path, the last one stays."""

    def __init__(self, tls: ssl.SSLContext | None = None, path: str = "") -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.pages: dict[str, list[tuple[int, bytes, dict[str, str]]]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                login = self.headers.get("Authorization", "")
                outer.asked.append((self.command, self.path, login))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                known = outer.pages.get(f"{self.command} {self.path}", [(404, b"{}", {})])
                code, body, headers = known.pop(0) if len(known) > 1 else known[0]
                if code < 0:  # hang up
                    self.close_connection = True
                    return
                self.send_response(code)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = _answer

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.http.server_port}{path}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        self.http.serve_forever(0.01)

    def page(self, request: str, *answers: tuple[int, object], **headers: str) -> None:
        self.pages[request] = [(code, json.dumps(body).encode(), headers) for code, body in answers]

    def close(self) -> None:
        self.http.shutdown()
        self._thread.join()
        self.http.server_close()


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    made: list[Server] = []
    yield made
    for server in made:
        server.close()


def served(servers: list[Server], tls: ssl.SSLContext | None = None, path: str = "") -> Server:
    server = Server(tls, path)
    servers.append(server)
    server.page(f"GET {path}/", (200, ROOT))
    server.page(f"GET {path}/connector-plugins?connectorsOnly=false", (200, []))
    return server


def certified(
    authority: CertificateAuthority, folder: Path, *, asks: bool = False, of: str = "127.0.0.1"
) -> ssl.SSLContext:
    pem, ca = folder / "server.pem", folder / "ca.pem"
    pem.write_bytes(authority.issue(of))
    ca.write_bytes(authority.certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(ca) if asks else None)
    context.load_cert_chain(pem)
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def trusting(authority: CertificateAuthority) -> ssl.SSLContext:
    return TlsStores(trusted=authority.certificate.decode()).context()


def reader(*addresses: str, access: Access = NOBODY) -> ConnectRest:
    return ConnectRest("main", Workers(addresses, 2.0, access, name="main"))


def test_a_private_authority_and_a_password(servers: list[Server], tmp_path: Path) -> None:
    authority = CertificateAuthority()
    server = served(servers, certified(authority, tmp_path), "/connect")
    access = Access.of(trusting(authority), user="kmig", password=PASSWORD)
    found = reader(server.url, access=access).describe()
    assert (found.url, found.version, found.silent) == (server.url, "4.3.1", ())
    assert {login for _, _, login in server.asked} == {BASIC}
    assert PASSWORD not in repr(access)


def test_the_end_of_each_certificate_is_noted(servers: list[Server], tmp_path: Path) -> None:
    tonight = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)
    authority = CertificateAuthority(until=tonight)
    server = served(servers, certified(authority, tmp_path))
    plain = served(servers)
    found = reader(server.url, plain.url, access=Access(trusting(authority))).describe()
    assert found.certificates == {server.url: tonight}


def test_a_certificate_that_nobody_vouches_for_is_named(
    servers: list[Server], tmp_path: Path
) -> None:
    server = served(servers, certified(CertificateAuthority(), tmp_path))
    for access in (Access(), Access(trusting(CertificateAuthority()))):
        with pytest.raises(Unreachable, match="its certificate is not trusted: ") as caught:
            reader(server.url, access=access).describe()
        assert "`tls` of that Connect cluster in kmig.yaml" in caught.value.hint
    assert server.asked == []


def test_a_certificate_of_another_address_is_named(servers: list[Server], tmp_path: Path) -> None:
    authority = CertificateAuthority()
    server = served(servers, certified(authority, tmp_path, of="127.0.0.2"))
    with pytest.raises(Unreachable, match="not valid for '127"):
        reader(server.url, access=Access(trusting(authority))).describe()


def test_a_worker_that_asks_for_a_certificate(servers: list[Server], tmp_path: Path) -> None:
    authority = CertificateAuthority()
    server = served(servers, certified(authority, tmp_path, asks=True))
    with pytest.raises(Unreachable, match="it wants a client certificate that it trusts"):
        reader(server.url, access=Access(trusting(authority))).describe()
    # a change that TLS refused did not happen, although it was sent
    with pytest.raises(Unreachable, match="it wants a client certificate that it trusts"):
        ConnectCopy(Workers([server.url], 2.0, Access(trusting(authority)))).stop("c")
    own = tmp_path / "own.pem"
    own.write_bytes(authority.issue("127.0.0.1"))
    context = trusting(authority)
    context.load_cert_chain(own)
    assert reader(server.url, access=Access(context)).describe().version == "4.3.1"


@pytest.mark.parametrize(
    ("tls", "said"), [(True, "request GET / failed: "), (False, "it does not speak TLS there")]
)
def test_http_and_https_confused(
    servers: list[Server], tmp_path: Path, *, tls: bool, said: str
) -> None:
    authority = CertificateAuthority()
    server = served(servers, certified(authority, tmp_path) if tls else None)
    port = server.url.rpartition(":")[2]
    url = f"http{'' if tls else 's'}://127.0.0.1:{port}"
    with pytest.raises(Unreachable, match=said):
        reader(url, access=Access(None if tls else trusting(authority))).describe()


@pytest.mark.parametrize(
    ("access", "hint"),
    [
        (Access(), "name kmig's login to that Connect cluster in kmig.yaml"),
        (Access.of(None, token="t0ken"), "correct kmig's login to that Connect cluster"),
    ],
)
def test_a_login_that_is_missing_or_refused(
    servers: list[Server], access: Access, hint: str
) -> None:
    server = served(servers)
    server.page("GET /", (401, {}))
    with pytest.raises(NotAuthorized, match=r"HTTP 401 to GET /") as caught:
        reader(server.url, access=access).describe()
    assert caught.value.hint.startswith(hint)
    server.page("GET /", (403, {}))
    with pytest.raises(NotAuthorized, match=r"HTTP 403") as caught:
        reader(server.url, access=access).describe()
    assert "the right to that request" in caught.value.hint


def test_a_login_goes_to_no_host_that_was_not_named(
    servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    named, elsewhere = served(servers), served(servers)
    headers = {"Location": elsewhere.url.replace("//", f"//kmig:{PASSWORD}@") + "/?a=b"}
    named.page("GET /", (307, {}), **headers)
    named.page("PUT /connectors/c/stop", (308, {}), **headers)
    access = Access.of(None, user="kmig", password=PASSWORD)
    for ask in (
        lambda: reader(named.url, access=access).describe(),
        lambda: ConnectCopy(Workers([named.url], 2.0, access)).stop("c"),
    ):
        with pytest.raises(Unreachable, match="redirects") as caught:
            ask()
        assert named.url in caught.value.message
        assert elsewhere.url in caught.value.message
        assert PASSWORD not in caught.value.message
    # nor by a proxy of the environment
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    monkeypatch.setenv("http_proxy", elsewhere.url)
    named.page("GET /", (200, ROOT))
    reader(named.url, access=access).describe()
    assert elsewhere.asked == []


DEAD = "http://127.0.0.1:1"


def test_one_dead_worker_is_no_dead_cluster(servers: list[Server]) -> None:
    first, second = served(servers), served(servers)
    found = reader(DEAD, first.url, second.url).describe()
    assert found.url == DEAD
    assert found.silent == (f"cannot reach Connect main at {DEAD}: Connection refused",)
    assert ("GET", "/", "") in first.asked
    assert ("GET", "/", "") in second.asked, "each is asked"
    with pytest.raises(Unreachable, match="none of 2 addresses of Connect main answers: cannot re"):
        reader(DEAD, "http://127.0.0.1:2").describe()


def test_who_answered_is_asked_first_from_then_on(servers: list[Server]) -> None:
    first, second = served(servers), served(servers)
    workers = Workers([first.url, second.url], 2.0)
    first.page("GET /", (503, {}))
    assert workers.ask("GET", "/") == ROOT
    workers.ask("GET", "/")
    assert (len(first.asked), len(second.asked)) == (1, 2)


def test_a_change_that_did_not_leave_goes_to_the_next_worker(servers: list[Server]) -> None:
    server = served(servers)
    server.page("PUT /connectors/c/stop", (202, {}))
    ConnectCopy(Workers([DEAD, server.url], 2.0)).stop("c")
    assert [request for *request, _ in server.asked] == [["PUT", "/connectors/c/stop"]]


def test_two_clusters_under_one_name_are_refused(servers: list[Server]) -> None:
    first, second = served(servers), served(servers)
    second.page("GET /", (200, {**ROOT, "kafka_cluster_id": "other"}))
    with pytest.raises(StepFailed, match="are of two clusters") as caught:
        reader(first.url, second.url).describe()
    assert first.url in caught.value.message
    assert second.url in caught.value.message


FORWARD = {"error_code": 500, "message": "IO Error trying to forward REST request: refused"}


def test_a_lost_leader_is_waited_for(
    servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = served(servers)
    server.page("PUT /connectors/c/stop", (500, FORWARD), (500, FORWARD), (202, {}))
    copies = ConnectCopy(Workers([server.url], 2.0))
    copies.stop("c")
    assert len(server.asked) == 3
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.3)
    server.page("PUT /connectors/c/stop", (500, FORWARD))
    with pytest.raises(CannotTell, match=r"for 0\.3 s: IO Error trying to forward"):
        copies.stop("c")


def test_a_name_that_is_taken_is_no_rebalance(servers: list[Server]) -> None:
    server = served(servers)
    taken = {"error_code": 409, "message": "Connector c already exists"}
    server.page("GET /connectors/c/config", (404, {"error_code": 404}))
    server.page("POST /connectors", (409, taken))
    with pytest.raises(StepFailed, match="Connector c already exists"):
        ConnectCopy(Workers([server.url], 2.0)).put("c", {})


def test_a_change_without_an_answer_is_looked_at_and_sent_again(servers: list[Server]) -> None:
    """The connector was made, and the answer lost: the second time it is there, and gets its config."""
    server = served(servers)
    server.page("GET /connectors/c/config", (404, {"error_code": 404}), (200, {}))
    server.page("PUT /connectors/c/config", (200, {}))
    server.pages["POST /connectors"] = [(-1, b"", {})]
    ConnectCopy(Workers([server.url], 2.0)).put("c", {"a": "b"})
    assert [(method, path) for method, path, _ in server.asked] == [
        ("GET", "/connectors/c/config"),
        ("POST", "/connectors"),
        ("GET", "/connectors/c/config"),
        ("PUT", "/connectors/c/config"),
    ]
