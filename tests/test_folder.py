"""The migration directory: atomic writes, edited documents, the chain, the torn line, the lock."""

import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from migrate.documents.authored import FORMS
from migrate.documents.config import Config
from migrate.documents.workloads import Workloads
from migrate.errors import Broken, Exit, KmigError, Refused, UsageError
from migrate.folder import INVENTORY, JOURNAL, LOCK, TORN, Folder
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile
from tests.estate import acls, inventory


def stamp(entry: Entry) -> Entry:
    fields = {**entry.__dict__, "at": datetime(2026, 1, 1, tzinfo=UTC), "by": "me"}
    return Entry(**fields)


def journal_of(folder: Folder, count: int) -> JournalFile:
    journal = folder.open_journal(stamp)
    for number in range(count):
        journal.append(event="run", command=f"kmig apply {number}")
    return journal


def test_a_document_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    saved = folder.save(INVENTORY, inventory(acl=acls("ALLOW READ on topic t to User:a")))
    assert folder.inventory() == saved
    assert (tmp_path / INVENTORY).stat().st_mode & 0o777 == 0o600


def test_an_edited_document_is_refused(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.save(INVENTORY, inventory(acl=acls("ALLOW READ on topic t to User:a")))
    path = tmp_path / INVENTORY
    path.write_text(path.read_text().replace("READ", "WRITE"))
    with pytest.raises(Broken, match="edited"):
        folder.inventory()


@pytest.mark.parametrize("text", ["{", "[]", '{"schema_version": 1}', '{"schema_version": 9}'])
def test_a_document_that_is_none_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / INVENTORY).write_text(text)
    with pytest.raises(Broken, match=INVENTORY):
        Folder(tmp_path).inventory()


def test_a_full_disk_leaves_the_old_document_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    before = folder.save(INVENTORY, inventory())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KmigError, match="No space left") as refused:
        folder.save(INVENTORY, inventory(acl=acls("ALLOW READ on topic t to User:a")))
    assert refused.value.exit is Exit.FAILED
    monkeypatch.undo()
    assert folder.inventory() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [INVENTORY]


def test_a_full_disk_stops_the_journal_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    journal = journal_of(folder, 1)
    monkeypatch.setattr(os, "write", lambda handle, data: 3)
    with pytest.raises(KmigError, match="No space left"):
        journal.append(event="run")
    assert len(journal.journal.entries) == 1


def test_the_chain_holds_and_names_the_line_that_was_changed(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    journal_of(folder, 5)
    assert folder.journal().fault is None
    path = tmp_path / JOURNAL
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], lines[2].replace("apply 2", "apply 7"), *lines[3:]]))
    assert folder.journal().fault == (3, "its content does not match its hash")
    with pytest.raises(Broken, match="line 3"):
        folder.open_journal(stamp)


@pytest.mark.parametrize("dropped", [0, 2])
def test_a_line_taken_out_is_noticed(tmp_path: Path, dropped: int) -> None:
    folder = Folder(tmp_path)
    journal_of(folder, 4)
    path = tmp_path / JOURNAL
    lines = path.read_text().splitlines(keepends=True)
    del lines[dropped]
    path.write_text("".join(lines))
    fault = folder.journal().fault
    assert fault is not None
    assert fault[0] == dropped + 1


def test_every_byte_of_the_journal_is_covered(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    journal_of(folder, 2)
    path = tmp_path / JOURNAL
    good = path.read_bytes()
    for position in range(len(good)):
        for flipped in (1, 32):  # 32 turns a letter's case
            changed = bytes([good[position] ^ flipped])
            path.write_bytes(good[:position] + changed + good[position + 1 :])
            assert folder.journal().fault is not None, f"byte {position} can be changed unseen"


def test_a_torn_last_line_is_set_aside_and_recorded(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    journal_of(folder, 2)
    with (tmp_path / JOURNAL).open("ab") as handle:
        handle.write(b'{"seq":3,"at":"20')
    assert folder.journal().torn == b'{"seq":3,"at":"20'
    journal = folder.open_journal(stamp)
    assert [entry.event for entry in journal.journal.entries] == ["run", "run", "torn"]
    assert (tmp_path / TORN).read_bytes() == b'{"seq":3,"at":"20\n'
    assert folder.journal().fault is None
    assert folder.journal().torn == b""


def test_one_kmig_at_a_time(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from migrate.folder import Folder\n"
        "with Folder(pathlib.Path(sys.argv[1])).locked('apply 1'):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    assert holder.stdin
    try:
        assert holder.stdout.readline() == "held\n"
        expected = f"pid {holder.pid}, kmig apply 1"
        with pytest.raises(Refused, match=expected), Folder(tmp_path).locked("plan"):
            pass
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    with Folder(tmp_path).locked("plan"):  # a killed holder holds nothing
        pass


STORE = '{name: vault, token: "${env:TOKEN}", kind: vault, address: "http://v:8200"}'
GOOD = """\
version: 1
name: x
source: {bootstrap_servers: "s:9092"}
target: {bootstrap_servers: "t:9092"}
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            GOOD + "polcy: {}\n",
            ":5: `polcy` is an unknown key (did you mean `policy`?)",
            id="unknown key",
        ),
        pytest.param(
            GOOD + "policy: {separate_zone: true}\n",
            ":5: `policy.separate_zone` is an unknown key (did you mean `separate_zones`?)",
            id="unknown key within another",
        ),
        pytest.param(
            GOOD.replace("version: 1", "version: one"),
            ":1: `version` must be exactly 1",
            id="wrong type",
        ),
        pytest.param(
            GOOD.replace("s:9092", "s"),
            ":3: `source.bootstrap_servers`: `s` is not an address of the form host:port",
            id="address",
        ),
        pytest.param(
            GOOD.replace("s:9092", "SASL_SSL://u:hunter2@s:9092"),
            ":3: `source.bootstrap_servers`: `…@s:9092` is not an address of the form host:port",
            id="a password before an address",
        ),
        pytest.param(GOOD.replace("s:9092", "..:9"), "`..:9` is not an address", id="no host"),
        pytest.param(GOOD.replace("s:9092", "a" * 70 + ".b:9"), "host:port", id="long host"),
        pytest.param(
            GOOD.replace("name: x\n", ""), ":1: `name` is required, but missing", id="missing key"
        ),
        pytest.param(
            GOOD + "name: y\n", ":5: not valid YAML: key `name` is written twice", id="twice"
        ),
        pytest.param(GOOD + "  bad: [\n", ":5: not valid YAML: did not find", id="not YAML"),
        pytest.param("- a\n", ":1: the file must be a mapping of keys and values", id="a list"),
        pytest.param(
            GOOD.replace("name: x", "name: 2024-99-99"),
            ":2: not valid YAML: a value cannot be read: month must be in 1..12; quote it",
            id="a date that is none",
        ),
        pytest.param(
            GOOD + "? {a: b}\n: c\n",
            ":5: not valid YAML: a key must be a text",
            id="a mapping as a key",
        ),
        pytest.param(
            GOOD.replace("name: x", "name: {{ name }}"),
            ":2: not valid YAML: a key must be a text; quote a value that begins with `{`",
            id="a template in braces",
        ),
        *(
            pytest.param(
                GOOD.replace("name: x", f"name: {value}"),
                ":2: not valid YAML: a value cannot be read; quote it if it is a text",
                id=value[:20],
            )
            for value in (
                "!hunter2",
                "!hunter2 x",
                "!!int hunter2",
                "!!float hunter2",
                "!!bool hunter2",
                "!!timestamp hunter2",
                "=",
                "9" * 5000,
            )
        ),
        pytest.param(
            GOOD + "é: \x1b\n",
            ":5: not valid YAML: a control character (0x1b)",
            id="a control character",
        ),
        pytest.param(
            GOOD + "connect: " + "[" * 900 + "]" * 900,
            "kmig.yaml: brackets are nested too deep",
            id="deep",
        ),
        pytest.param(
            GOOD + 'connect: [{name: c, source: "http://user:hunter2@host:8083"}]\n',
            ":5: `connect.source.addresses` is not in the form that it needs: http://HOST:PORT, without a user",
            id="a password in an address",
        ),
        pytest.param(
            GOOD + "sensitivity: [a, a]\n", ":5: `sensitivity` must name each", id="class twice"
        ),
        pytest.param(
            GOOD + 'principals: {"User:a": "User:c", "User:b": "User:c"}\n',
            ":5: `principals` maps two names to `User:c`: their rights would merge",
            id="two principals into one",
        ),
        pytest.param(
            GOOD + 'principals:\n  "User:a": "Group:c"\n',
            ":6: `principals.User:a` maps to `Group:c`: the target has principals of type User",
            id="a principal of another type",
        ),
        *(
            pytest.param(GOOD + f"stores: [{entries}]\n", says, id=f"a store {name}")
            for name, entries, says in (
                ("twice", f"{STORE}, {STORE}", ":5: `stores` names two stores `vault`: a "),
                (
                    "named as a provider",
                    STORE.replace("name: vault", "name: file"),
                    ":5: `stores.name`: `file` is a provider that kmig reads itself: name ",
                ),
                (
                    "with its token",
                    STORE.replace("${env:TOKEN}", "hunter2"),
                    ":5: `stores.token`: not a reference: write ${env:NAME}",
                ),
                (
                    "with a password in its address",
                    STORE.replace("//v", "//u:hunter2@v"),
                    ":5: `stores.address` is not in the form that it needs: http://HOST:PORT",
                ),
                (
                    "with a namespace of an address",
                    STORE.replace('8200"}', '8200", namespace: "a b"}'),
                    ":5: `stores.namespace` is not in the form that it needs: letters, digits, `.`",
                ),
            )
        ),
    ],
)
def test_a_wrong_kmig_yaml_says_where_and_what(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "kmig.yaml").write_text(text)
    with pytest.raises(UsageError) as error:
        Folder(tmp_path).config()
    assert says in f"{error.value.message} {error.value.hint}"
    assert "hunter2" not in error.value.message
    assert error.value.exit is Exit.USAGE


def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "kmig.yaml").write_bytes(GOOD.encode() + "# é\n".encode("latin-1"))
    with pytest.raises(UsageError, match=r"kmig\.yaml:5: the file is not UTF-8: "):
        Folder(tmp_path).config()


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / ".kmig.lock").mkdir()
    with pytest.raises(KmigError, match="cannot open"), Folder(tmp_path).locked("plan"):
        pass
    (tmp_path / JOURNAL).mkdir()
    with pytest.raises(KmigError, match="cannot read"):
        Folder(tmp_path).journal()


def test_a_missing_file_names_the_command_that_comes_first(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        Folder(tmp_path).plan()
    assert error.value.hint == "run `kmig inventory` first"
    (tmp_path / INVENTORY).touch()
    with pytest.raises(UsageError) as error:
        Folder(tmp_path).plan()
    assert error.value.hint == "run `kmig plan` first"


def test_a_missing_kmig_yaml_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"kmig\.yaml does not exist") as error:
        Folder(tmp_path).config()
    assert "kmig init" in error.value.hint


def test_every_pattern_of_an_authored_file_has_words() -> None:
    schemas = json.dumps([Config.model_json_schema(), Workloads.model_json_schema()])
    patterns = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', schemas))
    assert {json.loads(pattern) for pattern in patterns} == set(FORMS)


WORKLOAD = """\
workloads:
  - {name: a, kind: service, owner: o, sensitivity: public, principal: "User:a", groups: [g]}
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            WORKLOAD + WORKLOAD.partition("\n")[2].replace("name: a", "name: b"),
            ":3: workload b: `groups` repeats `g` of workload a: only one workload may have it",
            id="two workloads claim one group",
        ),
        pytest.param(
            WORKLOAD + WORKLOAD.partition("\n")[2].replace("[g]", "[h]"),
            ":3: workload a: `name` repeats `a` of workload a: only one",
            id="two workloads of one name",
        ),
        pytest.param(
            WORKLOAD.replace("groups: [g]", "zone: z"),
            ":2: workload a: `zone` names an unknown zone: `z` is not in `zones`",
            id="zone",
        ),
        pytest.param(
            WORKLOAD.replace("User:a", "a"),
            ":2: workload a: `principal`: `a` is not a principal of the form Type:name",
            id="principal",
        ),
        pytest.param(
            "workloads:\n- kind: sink\n  owner: o\n  name: a\n  switch:\n    command:\n      stop: [x]\n",
            ":6: workload a: `switch.command.start` is required, but missing",
            id="a key deep in an entry",
        ),
        pytest.param(
            "workloads:\n- kind: service\n",
            ":2: workload number 1: `name` is required, but missing",
            id="an entry without a name",
        ),
        pytest.param(
            WORKLOAD.replace("groups: [g]", "writes: [{topics: t}]"),
            ":2: workload a: `writes.topics` is an unknown key (did you mean `topic`?)",
            id="unknown key within a list",
        ),
        pytest.param(
            WORKLOAD.replace(
                "groups: [g]", "switch: {batch: at night, file: {path: p, target: ./p}}"
            ),
            ":2: workload a: `switch.file`: `target` must be another file than `path`",
            id="a file that would replace itself",
        ),
        pytest.param(
            WORKLOAD.replace("groups: [g]", "switch: {batch: at night, file: {path: p, target: q}}")
            + "  - {name: b, kind: service, owner: o, sensitivity: public, principal: 'User:b',\n"
            "     switch: {batch: at night, file: {path: ./p, target: r}}}\n",
            ":4: workload b: `switch.file` replaces ./p by r, but workload a by q: a file can have one",
            id="two replacements of one file",
        ),
        pytest.param(
            WORKLOAD.replace(
                "groups: [g]",
                "connector: c/d, switch: {batch: at night, file: {path: p, target: q}}",
            ),
            ":2: workload a: a connector needs `switch.command`",
            id="a connector that nobody stops or starts",
        ),
        pytest.param(
            WORKLOAD.replace(
                "groups: [g]",
                'credential: {mechanism: SCRAM-SHA-512, secret: "${file:s:k}"}, rotation: {strategy: '
                "mechanism-overlap, deliver: {file: s, key: k, mechanism_key: m}}",
            ),
            ":2: workload a: `rotation` needs `switch.command`",
            id="what an entry lacks as a whole",
        ),
        pytest.param(
            "workloads:\n- a\n",
            ":2: workload number 1: the entry must be a mapping of keys and values",
            id="an entry that is a text",
        ),
        pytest.param(
            WORKLOAD.replace("groups: [g]", "after: [b]"),
            ":2: workload a: `after` names an unknown workload: `b`",
            id="an unknown workload",
        ),
        pytest.param(
            WORKLOAD.replace("groups: [g]", "after: [a]"),
            ":2: workload a: `after` names the workload itself",
            id="itself",
        ),
        pytest.param("leave_behind: [{because: 'no use'}]", "exactly one of", id="about nothing"),
        pytest.param(
            "leave_behind: [{group: g}]",
            ":1: `leave_behind.because` is required, but missing",
            id="left behind without reason",
        ),
        pytest.param(
            "leave_behind: [{acl: {}, because: 'all of it'}]", "empty filter", id="empty filter"
        ),
        pytest.param(
            "leave_behind: [{acl: {principal: }, because: 'oops'}]",
            "empty filter",
            id="blank filter",
        ),
        pytest.param("leave_behind: [{group: , because: 'oops'}]", "exactly one", id="blank group"),
        pytest.param(
            "shared: [{group: g, decision: replay, because: 'oops'}]",
            "only an acl, a quota or a topic",
            id="a group replayed without an owner",
        ),
    ],
)
def test_a_wrong_workloads_yaml_says_where_and_what(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "workloads.yaml").write_text(text)
    with pytest.raises(UsageError) as error:
        Folder(tmp_path).workloads()
    assert says in error.value.message


def test_a_secret_written_in_place_of_a_reference_is_not_repeated(tmp_path: Path) -> None:
    secret = "hunter2-and-more"
    text = WORKLOAD.replace(
        "groups: [g]", f"credential: {{mechanism: SCRAM-SHA-512, secret: {secret}}}"
    )
    (tmp_path / "workloads.yaml").write_text(text)
    with pytest.raises(UsageError) as error:
        Folder(tmp_path).workloads()
    assert "not a reference" in error.value.message
    assert secret not in str(error.value) + error.value.hint


def test_a_document_of_a_kmig_that_knew_fewer_keys_is_as_it_was_written(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.save(INVENTORY, inventory())
    raw = json.loads((tmp_path / INVENTORY).read_text())
    del raw["copies"], raw["digest"]  # as if that key had come later
    body = {"schema_version": raw.pop("schema_version"), "digest": "", **raw}
    text = json.dumps(body, indent=1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    sealed = text.replace('"digest": ""', f'"digest": "{digest}"', 1)
    (tmp_path / INVENTORY).write_text(sealed + "\n")
    assert folder.inventory().copies is None
    (tmp_path / INVENTORY).write_text(
        sealed.replace('"principal": "User:kmig"', '"principal": "User:b"')
    )
    with pytest.raises(Broken, match="was edited"):
        folder.inventory()


def test_a_lock_with_any_bytes_is_refused_in_words(tmp_path: Path) -> None:
    with Folder(tmp_path).locked("plan"):
        (tmp_path / LOCK).write_bytes(b"\xff\x1b[2J\n")
        with pytest.raises(Refused, match="another kmig works on"), Folder(tmp_path).locked("plan"):
            pass


def test_a_file_is_parsed_once_as_long_as_its_bytes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    written = folder.save(INVENTORY, inventory())
    (tmp_path / "workloads.yaml").write_text("workloads: []\n")
    before = folder.inventory(), folder.workloads()
    with monkeypatch.context() as patched:
        patched.setattr(yaml, "load", lambda *_, **__: pytest.fail("parsed again"))
        assert (folder.inventory(), folder.workloads()) == before
        assert folder.inventory() is before[0]

    (tmp_path / INVENTORY).write_text(
        (tmp_path / INVENTORY).read_text().replace(written.digest, "0" * 64)
    )
    with pytest.raises(Broken, match="was edited"):
        folder.inventory()
    (tmp_path / "workloads.yaml").write_text("workloads: [{name: a, name: b}]\n")
    with pytest.raises(UsageError, match="`name` is written twice"):
        folder.workloads()
    with pytest.raises(UsageError, match="`name` is written twice"):
        folder.workloads()
