"""Names come from whoever may use a cluster. Whatever is in them, what kmig prints and writes for people stays text.

An example estate gets hostile text into every name, everything that needs no cluster is typed, and each line of it is
compared with that of the same estate with harmless names: nothing but the layout's own line breaks leaves kmig.
"""

import json
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from migrate.adapters.clock import SystemClock
from migrate.assess.rule import RULES
from migrate.cli import evidence
from migrate.cli.main import main
from migrate.cli.session import Session, say
from migrate.cli.terminal import guarded
from migrate.documents.inventory import Inventory, State
from migrate.documents.report import Report
from migrate.execute.run import Progress
from migrate.execute.timeline import Timeline
from migrate.folder import INVENTORY, Folder
from migrate.journal.pauses import Stopwatch
from migrate.logs.pace import CopyPace
from migrate.logs.translate import Translation
from migrate.model.check import Check, Verdict
from migrate.model.probe import Outcome
from migrate.model.use import ExposedSecret
from migrate.render import inventory as shown
from migrate.render import tables
from migrate.render.columns import columns_of
from migrate.render.plain import plain
from migrate.steps import DeleteAcls
from migrate.wiring.machine import Machine
from tests.estate import inventory, section
from tests.execute.test_crash import stamp
from tests.thorough import examples

PLANS = Path(__file__).parents[2] / "plans"
LARGE, BYOC = "payments-to-automq", "byoc-export"
HOSTILE = (
    *("\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "|", "`", "\\", "x", "\U0001f600", "\U000e0041"),
    *"\r\n\t\x01\x08\x0b\x0c\x1c\x7f\x85\xad\u061c\u200b\u200d\u200e\u200f\u2028\u2029",
    *"\u202a\u202e\u2066\u2069\ue000\ufeff",
)
WORDS = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=9).map(tuple)
NOW = datetime.now(UTC)
few = settings(
    max_examples=examples(20, 2),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # one is enough, and smaller ones would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
Words = tuple[str, ...]


def altered(name: str, words: Words) -> str:
    """The name with some of the words at its end; always the same for one name."""
    first = zlib.crc32(name.encode())
    return name + "".join(words[(first + i) % len(words)] for i in range(min(3, len(words))))


class Estate:
    """An example with other names, in a folder of its own."""

    def __init__(self, folder: Path, words: Words, example: str = LARGE) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PLANS / example, folder)
        self.folder, self.words = Folder(folder), words
        inventory = json.loads((folder / INVENTORY).read_bytes())
        names = {t["name"] for t in inventory["topics"]["found"]}
        names |= {g["name"] for g in inventory["groups"]["found"]}
        names |= {c["user"] for c in inventory["scram"]["found"]}
        names |= {c["name"] for c in inventory["connect"]["found"]["connectors"]}
        names |= {a["principal"].partition(":")[2] for a in inventory["acls"]["found"]}
        names -= {"*", "kmig", "copier", "kmig-writer", "admin", "broker"}
        # Streams knows its inner topics by the name of its group
        names = {n for n in names if not n.startswith(("profile", "sessionizer"))}
        listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        # a connector's group is named after it
        self._names = re.compile(rf"(?<![\w.-])(connect-)?({listed})(?![\w.-])")
        self._write(inventory)

    def _write(self, inventory: dict[str, Any]) -> None:
        place = self.folder.path
        for one in inventory["connect"]["found"]["connectors"]:
            one |= {
                "state": "FAILED",
                "error": self.named("org.example.Trace"),
                "tasks": ["FAILED"],
            }
        for one in inventory["groups"]["found"]:
            member = {"client_id": self.named("client"), "host": self.named("/10.0.0.1")}
            one["members"] = [member]
        found = Inventory.model_validate(self.renamed(inventory) | {"taken_at": datetime.now(UTC)})
        self.folder.save(INVENTORY, found)
        people = yaml.safe_load((place / "workloads.yaml").read_text())
        own = people["workloads"]
        people = self.renamed(people)
        for workload, was in zip(people["workloads"], own, strict=True):
            kept = [
                "name",
                "before",
                "after",
                "together",
                "credential",
                "rotation",
                "external",
                "switch",
            ]
            workload |= {key: was[key] for key in kept if key in was}
            workload["owner"] = self.named("owner")
        (place / "workloads.yaml").write_text(yaml.safe_dump(people, allow_unicode=False))
        config = yaml.safe_load((place / "kmig.yaml").read_text())
        config["principals"] = self.renamed(config.get("principals", {}))
        config.get("policy", {})["pilots"] = []  # a drafted workload has another name
        (place / "kmig.yaml").write_text(yaml.safe_dump(config, allow_unicode=False))

    def later(self) -> None:
        """What a review differs by: ACLs, a broker's lifetime, a copy."""
        found = self.folder.inventory()
        acls = found.acls.model_copy(update={"found": found.acls.found[::2]})
        exposed = {"file": self.named("/srv/ticket"), "line": 1, "found": self.named("equal")}
        secrets = [w.credential.secret for w in self.folder.workloads().workloads if w.credential]
        copies = tuple(ExposedSecret(**exposed, of=secret) for secret in secrets)
        changed = {"acls": acls, "copies": section(copies)}
        self.folder.save(INVENTORY, found.model_copy(update=changed))

    def named(self, name: str) -> str:
        return altered(name, self.words)

    def renamed(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._names.sub(lambda m: (m[1] or "") + self.named(m[2]), value)
        if isinstance(value, list):
            return [self.renamed(one) for one in value]
        if isinstance(value, dict):
            return {self.renamed(key): self.renamed(one) for key, one in value.items()}
        return value

    def journal(self) -> None:
        """Something that failed, in a worker's own words."""
        made = self.folder.open_journal(stamp)
        steps = self.folder.plan().waves[0].prepare
        made.append(event="run", command="kmig apply 1", wave=1, stage="prepare", target="t")
        made.append(event="started", wave=1, stage="prepare", step=steps[0])
        detail = self.named("a worker's error")
        made.append(event="failed", wave=1, stage="prepare", step=steps[0], detail=detail)


COMMANDS = (
    *("assess", "assess --all", "plan", "plan --why order-api", "plan --diff plan.json", "status"),
    *("status --report", "apply 1", "apply 1 --export kafka-acls", "apply 1 --export terraform"),
    *("approve 1 --as owner", "cutover 1", "replicate 1", "rotate 1", "close 1", "rollback 1"),
    *("audit", "audit --check", "apply 9", "verify acls", "probe order-api"),
    *("show topics", "show topics --all --wave 1", "show acls", "show groups --workload order-api"),
    *("show groups", "show connectors", "show users --name order"),
    *("review", "review search-indexer"),
    *("trace order-api", "trace order-api --leaked", "trace --all"),
)
WRITTEN = ("runbook.md", "report.html", "workloads.yaml")


def said(estate: Estate, capsys: pytest.CaptureFixture[str], command: str) -> str:
    main(["-C", str(estate.folder.path), *command.split()])
    out, err = capsys.readouterr()
    return out + err


def everything(estate: Estate, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What is printed, by command, and what is written for people, by file."""
    found = {}
    for command in COMMANDS:
        found[command] = said(estate, capsys, command)
        if command == "plan --diff plan.json":
            estate.journal()
    for rule in {f.rule for f in estate.folder.assessment().findings} & set(RULES):
        found[f"assess --why {rule}"] = said(estate, capsys, f"assess --why {rule}")
    estate.later()
    found["changed"] = said(estate, capsys, "review")
    assert "−" in found["changed"]
    people = estate.folder.path / "workloads.yaml"
    people.write_text("workloads: []\n")
    found["gone"] = said(estate, capsys, "review")
    found["drafted"] = evidence.drafted(estate.folder, estate.folder.inventory())
    found["blocked"] = said(estate, capsys, "plan")
    for file in WRITTEN:
        found[file] = (estate.folder.path / file).read_text(encoding="utf-8")
    return found


def unseen(text: str) -> set[str]:
    """Characters that move, reorder, hide or break, but for the layout's own line breaks."""
    return {c for c in text if not c.isprintable()} - {"\n"}


def hostile(found: dict[str, str]) -> dict[str, set[str]]:
    return {what: bad for what, text in found.items() if (bad := unseen(text))}


def lines(found: dict[str, str]) -> dict[str, int]:
    return {what: text.count("\n") for what, text in found.items()}


def cells(runbook: str) -> list[int]:
    """How many each row of its tables has."""
    rows = (line for line in runbook.split("\n") if line.startswith("|"))
    return sorted(len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows)


@pytest.fixture(autouse=True)
def unwrapped() -> Iterator[None]:
    """The runbook's lines as long as they are: where one is broken depends on how long its names are."""
    with patch("migrate.render.wrap.WIDTH", 1_000_000):
        yield


def harmless(words: Words) -> Words:
    """Letters that take the same room where they are printed: a line is wrapped by it."""
    return tuple("x" * columns_of(plain(word)) for word in words)


@few
@example(words=HOSTILE)
@given(words=WORDS)
def test_no_name_paints_hides_or_breaks_a_line(
    words: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = everything(Estate(tmp_path / "one", words), capsys)
    same = everything(Estate(tmp_path / "one", harmless(words)), capsys)
    assert hostile(made) == {}
    assert lines(made) == lines(same)
    assert cells(made["runbook.md"]) == cells(same["runbook.md"])


@few
@example(words=HOSTILE)
@given(words=WORDS)
def test_no_name_breaks_a_file_that_other_tools_read(
    words: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def written(words: Words) -> dict[str, str]:
        folder = Estate(tmp_path / "one", words, BYOC).folder.path
        assert main(["-C", str(folder), "plan"]) == 0, capsys.readouterr().err
        files = [folder / "runbook.md", *folder.glob("export/*/*")]
        return {str(file): file.read_text(encoding="utf-8") for file in files}

    made = written(words)
    assert len(made) > 2
    assert hostile(made) == {}
    assert lines(made) == lines(written(harmless(words)))


@pytest.mark.parametrize("command", ["assess", "plan", "audit", "show groups", "trace --all"])
def test_json_is_the_same_document_without_what_a_terminal_acts_on(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estate = Estate(tmp_path / "one", HOSTILE)
    assert main(["-C", str(estate.folder.path), "plan"]) == 0
    estate.journal()
    capsys.readouterr()
    main(["-C", str(estate.folder.path), "-o", "json", *command.split()])
    out = capsys.readouterr().out
    assert unseen(out) == set()
    found = json.loads(out)
    if command == "audit":
        assert found["entries"][-1]["detail"] == estate.named("a worker's error")
    elif command == "show groups":
        groups = [group.name for group in estate.folder.inventory().groups.found]
        assert [row["name"] for row in found["rows"]] == groups
    elif command == "trace --all":
        names = {one["credential"]["name"] for one in found["credentials"]}
        assert {c.principal for c in estate.folder.inventory().scram.found} <= names
    else:
        file = "assessment.json" if command == "assess" else "plan.json"
        assert found == json.loads((estate.folder.path / file).read_bytes())


def report(name: str) -> Report:
    """With each of its parts."""
    check = Check(name=name, verdict=Verdict.FAIL, evidence=(name, f"more of {name}"))
    outcome = {"probe": "p", "client": "requests", "result": "fail", "seconds": 1}
    place = {"topic": name, "partition": 0, "source": 1, "target": 1, "lag": 0}
    known = {"method": "none", "proof": "unknown", "evidence": name}
    return Report(
        name="acls",
        made_at=NOW,
        waves=(1,),
        checks=(check,),
        probes=(Outcome.model_validate(outcome | {"evidence": name, "needed_by": (name,)}),),
        translations={name: (Translation.model_validate(place | known),)},
    )


def refused(name: str) -> Inventory:
    """With sections that were refused, in somebody's words."""
    found = section((), State.REFUSED, name).model_copy(update={"hint": name})
    return inventory().model_copy(update={"acls": found, "scram": found, "principal": name})


@few
@example(words=HOSTILE)
@given(words=WORDS)
def test_what_takes_a_cluster_is_printed_by_lines_too(
    words: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(words: Words) -> dict[str, str]:
        name = altered("name", words)
        here = Session(Folder(tmp_path), Machine({}), "table")
        pace = CopyPace(topic=name, behind=99, unread=99, produced=1, copied=0)
        step = DeleteAcls(part=name, because="b", acls=())
        here.show(tables.report(report(name)), {})
        here.show(shown.text(refused(name)), {})
        here.show(tables.paces([pace]), {})
        line = Timeline(say, SystemClock(), Stopwatch())
        line.show(Progress("failed", step, name))
        line.tell(name)
        say(name, name)
        out, err = capsys.readouterr()
        return {"out": out, "err": err}

    made = printed(words)
    assert hostile(made) == {}
    assert lines(made) == lines(printed(harmless(words)))


def test_a_shells_completions_keep_their_columns() -> None:
    raw = BytesIO()
    inner = TextIOWrapper(raw, encoding="utf-8")
    stream = guarded(inner)
    stream.write("plan\twaves\n\x1b[2J")
    stream.flush()
    assert raw.getvalue() == b"plan\twaves\n\\x1b[2J"


UNKNOWN = "import sys; sys.argv[1:] = [{!r}]; from migrate.__main__ import run; run()"
BUG = (
    "import sys; sys.argv[1:] = ['status']; import migrate.cli.main as m\n"
    "def main(_): raise ValueError({!r})\n"
    "m.main = main; from migrate.__main__ import run; run()"
)


@pytest.mark.parametrize("script", [UNKNOWN, BUG], ids=["usage error", "traceback"])
def test_what_others_print_for_kmig_is_text_too(script: str) -> None:
    name = "na\x1b[2J\x9b\u202e\x08me"
    ran = subprocess.run(
        [sys.executable, "-c", script.format(name)], capture_output=True, text=True, check=False
    )
    assert "\\x1b[2J" in ran.stderr
    assert unseen(ran.stderr) == set()
