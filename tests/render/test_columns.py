"""Every table of kmig fits 100 columns, on an estate of 5,000 workloads and whatever its names are."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.adapters.clock import SystemClock
from migrate.documents.assessment import TESTS, Assessment, Blocks, Finding, Readiness
from migrate.documents.inventory import State
from migrate.documents.plan import Placement, Plan, Wave
from migrate.documents.report import Report
from migrate.execute.run import Progress
from migrate.execute.timeline import Listing, Timeline
from migrate.journal.pauses import Stopwatch
from migrate.journal.standing import Journal
from migrate.logs.pace import CopyPace
from migrate.logs.translate import Translation
from migrate.model.check import Check, Verdict
from migrate.model.cluster import Broker
from migrate.model.dependency import Registry
from migrate.model.probe import Outcome
from migrate.plan.differences import differences
from migrate.rehearse import play
from migrate.rehearse.records import FaultCount, GroupJudgement, Judgement
from migrate.render import assessment, tables
from migrate.render import inventory as inventories
from migrate.render.columns import WIDTH, columns_of, prose, table, wrapped
from migrate.stages.rotate import CASES
from migrate.steps import CreateTopic, DeleteAcls, RevokeCredential, SwitchClients
from tests.estate import acls, group, inventory, section, topic
from tests.journal.history import history

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOST = 9_223_372_036_854_775_807
"""The largest offset that there is."""

LONG = "payments." + "x" * 246
"""As long as a topic's name may be."""

HOSTILE = "\x1b[2J\u202e\n" * 40
WIDE = "課金チーム" * 30
NAMES = ("billing", "payments.orders-enriched.v2", LONG, HOSTILE, WIDE, "")
ERROR = f"GROUP_AUTHORIZATION_FAILED on prefix `{LONG}`: Not authorized to access group: {HOSTILE}"


def workloads(count: int = 5_000) -> list[str]:
    return [f"svc-{n:05}" for n in range(count - 1)] + ["w" * 255]


def too_long(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if columns_of(line) > WIDTH]


def plan(count: int = 5_000, waves: int = 25) -> Plan:
    names = workloads(count)
    made = tuple(
        Wave(
            number=number,
            name=f"{WIDE if number == 3 else 'confidential'}-{number}",
            workloads=tuple(
                Placement(workload=name, owner=LONG, reasons=(f"{ERROR} {name}", "rule"))
                for name in names[number - 1 :: waves]
            ),
            principals=(),
            prepare=(
                CreateTopic(
                    name=LONG, partitions=MOST, replication_factor=3, configs={}, because=""
                ),
            ),
            not_before=date(2027, 1, 11),
        )
        for number in range(1, waves + 1)
    )
    return Plan(
        migration="large",
        as_of=NOW,
        source_cluster="src",
        inputs={},
        waves=made,
        accounts=(),
        notes=(f"connector main/{LONG} of {WIDE}: kmig moves neither its config", ERROR),
    )


PLAN = plan()


def assessed() -> Assessment:
    """Each workload breaks a rule of its own kind, in turn of every severity."""
    found, ready = [], []
    for number, name in enumerate(workloads()):
        ready.append(
            Readiness(
                workload=name,
                signals=dict.fromkeys(TESTS, "warning" if number % 2 else "ready"),
                facts={},
            )
        )
        found.append(
            Finding(
                rule=("offset-beyond-end", "secret-literal", "use-without-acl")[number % 3],
                test="secret",
                severity=("block", "warn", "unknown", "note")[number % 4],
                subject=f"connector main/{NAMES[number % len(NAMES)]}",
                workload=name,
                evidence=ERROR,
                remedy=f"move {ERROR}",
                suppressed=ERROR if number % 5 == 0 else "",
                until=date(2027, 1, 11),
            )
        )
    estate = Readiness(workload="", signals=dict.fromkeys(TESTS, "unknown"), facts={})
    return Assessment(
        as_of=NOW, inputs={}, readiness=(estate, *ready), findings=tuple(found), missing=()
    )


def looked_at() -> Any:
    brokers = tuple(Broker(id=n, host=f"{LONG}-{n}", port=9092) for n in range(60))
    taken = inventory(
        topics=tuple(topic(f"{LONG[:200]}{n}") for n in range(5_000)),
        acl=acls(*(f"ALLOW READ on topic t-{n} to User:svc-{n:05}" for n in range(10))),
        groups=tuple(group(name) for name in workloads()),
    )
    refused = section((), State.REFUSED, ERROR).model_copy(update={"hint": ERROR})
    found = taken.cluster.found.model_copy(update={"brokers": brokers, "platform": ERROR})
    known = section(
        tuple(
            Registry(address=f"http://{LONG}-{n}", credential="none", used_by=()) for n in range(9)
        )
    )
    return taken.model_copy(
        update={
            "scram": refused,
            "cluster": section(found),
            "registries": known,
            "principal": f"User:{LONG}",
        }
    )


def journal() -> Journal:
    steps = [DeleteAcls(part=name, because=name, acls=()) for name in NAMES]
    return history(*(("failed", step) for step in steps), ("failed", ERROR), ("run", LONG))


def verified() -> Report:
    checks = [Check(name=n, verdict=Verdict.FAIL, evidence=(ERROR, n, "")) for n in NAMES]
    common = {"result": "not offered", "seconds": 1234.5, "evidence": ERROR}
    probes = [
        Outcome.model_validate(
            {"probe": n, "client": "kafka-python", "needed_by": tuple(workloads()), **common}
        )
        for n in NAMES
    ]
    return Report(
        name="acls",
        made_at=NOW,
        waves=tuple(range(1, 300)),
        checks=tuple(checks),
        probes=tuple(probes),
        translations={name: (translation(name), translation("payments")) for name in NAMES},
    )


def translation(name: str, number: int = MOST) -> Translation:
    return Translation(
        topic=name,
        partition=9_999,
        source=number,
        target=number,
        lag=number,
        reread=number,
        method="suffix equality",
        proof="exact",
        evidence=ERROR,
    )


def said() -> list[str]:
    """What `kmig cutover` and `kmig apply` say while they act."""
    found: list[str] = []
    still = Stopwatch()
    for line in (Timeline(found.append, SystemClock(), still), Listing(found.append)):
        for name in NAMES:
            stop = SwitchClients(
                workload=name,
                role="consumers",
                verb="stop",
                side="source",
                seconds=1,
                command=("stop",),
                opposite=("start",),
                because="",
            )
            for event in ("started", "done", "failed", "kept"):
                line.show(Progress(event, stop, ERROR))
            line.show(Progress("done", stop, "groups empty"))
            line.tell(ERROR)
    return found


def revoked() -> list[RevokeCredential]:
    common = {
        "mechanism": "SCRAM-SHA-256",
        "file": "f",
        "name": "n",
        "verdict": "not proven",
        "because": "",
    }
    evidence = (ERROR, "3 × 2 fresh logins refused (58)")
    return [
        RevokeCredential.model_validate({"user": name, "evidence": evidence, **common})
        for name in NAMES
    ]


def rehearsed() -> list[str]:
    many = FaultCount(number=MOST)
    groups = [
        GroupJudgement(group=n, processed=MOST, skipped=many, duplicated=many, reordered=many)
        for n in NAMES
    ]
    totals = dict.fromkeys(("records", "lost", "skipped", "duplicated", "reordered"), MOST)
    pauses = {str(n): {"consumers": 1e9, "writes": None} for n in range(30)}
    return play._judgement(
        Judgement.model_validate({**totals, "groups": groups, "pause_seconds": pauses})
    )


def slow(name: str) -> CopyPace:
    return CopyPace(topic=name, behind=MOST, unread=MOST, produced=1e12, copied=1e12)


PRINTED = {
    "inventory": lambda: inventories.text(looked_at()),
    "assess": lambda: assessment.text(assessed(), everything=False),
    "assess --all": lambda: assessment.text(assessed(), everything=True),
    "assess --why": lambda: assessment.why(assessed(), "secret-literal", Blocks.WAVE),
    "plan": lambda: tables.plan(PLAN),
    "plan --why": lambda: prose(*(tables.why(PLAN, "svc-00007") or ())),
    "plan --diff": lambda: prose(*differences(plan(200, 4), PLAN)),
    "status": lambda: tables.status(PLAN, history(("failed", ERROR)), ("owner", "security_owner")),
    "audit": lambda: tables.trail(journal()),
    "replicate --status": lambda: tables.paces(map(slow, NAMES)),
    "verify": lambda: tables.report(verified()),
    "cutover": said,
    "rotate": lambda: tables.verdicts(revoked()),
    "rotate --drill": lambda: tables.drill(dict.fromkeys(CASES, ("not proven", ERROR)), CASES),
    "rehearse": rehearsed,
}


@pytest.mark.parametrize("command", PRINTED)
def test_no_line_is_wider_than_100_columns(command: str) -> None:
    lines = PRINTED[command]()
    assert len(lines) > 2
    assert too_long(lines)[:3] == []
    assert [line for line in lines if line != line.rstrip()][:3] == []


def test_a_plan_of_5_000_workloads_names_the_first_of_each_wave_and_counts_the_rest() -> None:
    lines = [line for line in tables.plan(PLAN) if "svc-" in line]
    assert len(lines) == 25
    assert re.fullmatch(r"1 confidential-1 +200 +0 +1 +0 +svc-00000.* … and \d+ more", lines[0])
    for line in lines:
        names = re.findall(r"svc-\d+", line)
        (more,) = re.findall(r"… and (\d+) more", line)
        assert len(names) + int(more) == 200


def test_a_list_of_names_is_whole_where_a_few_lines_hold_it() -> None:
    names = tuple(f"order-service-{n}" for n in range(12))
    lines = table([("1", names)], ("wave", "who"))
    assert len(lines) == 1 + 3
    assert ", ".join(names) == " ".join(line[6:] for line in lines[1:])


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ((), "–"),
        (("a",), "a"),
        (tuple("abc"), "a, b, c"),
        (tuple(f"{n:030}" for n in range(4_215)), f"{0:030}, {1:030} … and 4,213 more"),
    ],
)
def test_names(names: tuple[str, ...], shown: str) -> None:
    assert table([("x", names)], ("", "who"))[-1] == f"x  {shown}"


def test_numbers_stand_to_the_right_and_are_never_broken() -> None:
    lines = table(
        [("a" * 200, "7", "–", f"{MOST:,}"), ("b", "1,204", "2.4 TiB", "0.5 s")],
        ("topic", "n", "size", "end"),
    )
    assert lines[0].endswith("size                        end")
    assert sum(f"{MOST:,}" in line for line in lines) == 1
    assert lines[-1].split() == ["b", "1,204", "2.4", "TiB", "0.5", "s"]
    assert lines[1].index("7") == lines[-1].index("1,204") + 4


def test_where_numbers_alone_fill_the_width_a_row_is_written_cell_below_cell() -> None:
    shown = tables.translations({LONG: (translation(LONG),)})
    assert f"  target: {MOST:,}" in shown
    assert "  proof: exact" in shown


def test_an_error_is_wrapped_and_never_cut() -> None:
    error = " ".join(f"word{n}" for n in range(90))
    lines = table([("groups", "refused", error)], ("section", "state", "found"))
    assert " ".join(line[18:] for line in lines[1:]) == error


def test_a_long_name_is_broken_behind_a_separator() -> None:
    assert wrapped("payments.orders-enriched.v2.retry", 20) == [
        "payments.orders-",
        "enriched.v2.retry",
    ]


def test_prose_goes_on_below_its_beginning() -> None:
    first, second = prose(f"  reason: {'word ' * 20}")
    assert len(first) <= WIDTH
    assert second.startswith("    word")


CELLS = st.text("ab1,.- 😀課\x1b\n", max_size=250)


@given(rows=st.lists(st.tuples(CELLS, CELLS, st.lists(CELLS, max_size=9).map(tuple), CELLS)))
def test_whatever_is_in_cells_fits_and_keeps_its_order(rows: list[tuple[Any, ...]]) -> None:
    lines = table(rows, ("one", "two", "names", "four"))
    assert too_long(lines) == []


@given(text=CELLS, width=st.integers(min_value=8, max_value=40))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    lines = wrapped(text, width)
    shown = wrapped(text, 10_000)[0]
    assert "".join(lines).replace(" ", "") == shown.replace(" ", "")
    assert all(columns_of(line) <= width for line in lines)


def test_the_same_rows_make_the_same_lines() -> None:
    made = [tuple(tables.plan(plan(300, 3))) for _ in range(3)]
    assert all(one == other for one, other in pairwise(made))
