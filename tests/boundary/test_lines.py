"""Single lines of a boundary: what restarts and how long it pauses, how sessions end, whose it is, its reach."""

from dataclasses import replace
from typing import Any

import pytest

from migrate.boundary.credentials import matching
from migrate.boundary.trace import trace
from migrate.boundary.view import View
from migrate.documents.boundary import Boundary, Line
from migrate.documents.inventory import ConnectInfo
from migrate.model.cluster import BrokerFacts
from migrate.steps import SwitchClients
from tests.boundary.estates import (
    DATABASE,
    GRANTS,
    LEDGER_SINK,
    MAIN,
    connector,
    facts,
    referenced,
    taken,
    view,
    workloads,
)
from tests.estate import config, section, workload
from tests.journal.history import history

HOOKS = {"command": {"stop": ["./stop", "it"], "start": ["./start", "it"]}}


def of(made: View, name: str) -> Boundary:
    (found,) = matching(made.credentials, name)
    return trace(made, found)


def said(lines: tuple[Line, ...]) -> list[str]:
    return [line.what if line.known else f"unknown: {line.what}" for line in lines]


def test_clients_restart_by_their_hooks_and_a_connector_by_its_tasks() -> None:
    first, second = workloads()
    sink, app = {**first, "switch": HOOKS}, workload("app", switch=HOOKS)
    made = view(None, sink, second, app)
    assert said(of(made, "User:ledger").restarts) == [
        "connector main/ledger: 1 task",
        "unknown: pause",
    ]
    assert said(of(made, "app").restarts) == [
        "workload app: `./stop it`, then `./start it`",
        "unknown: pause",
    ]


def test_a_batch_job_reads_the_new_secret_at_its_next_run() -> None:
    switch = {"batch": "daily at 02:00", "file": {"path": "a", "target": "b"}}
    (line, _) = of(view(None, workload("job", switch=switch)), "job").restarts
    assert line.what == "workload job: batch job, daily at 02:00: its next run reads the new secret"


def switched(verb: Any, name: str = "app") -> SwitchClients:
    return SwitchClients(
        because="", workload=name, role="consumers", verb=verb, side="target", command=("x",),
        opposite=("y",),
        seconds=1.0,
    )  # fmt: skip


def test_the_pause_is_that_of_the_last_rotation_that_stopped_it() -> None:
    journal = history(
        ("started", switched("stop")),
        ("done", switched("stop")),
        ("started", switched("start")),
        ("done", switched("start")),
        stage="rotate",
    )
    made = view(None, workload("app"), journal=journal)
    assert said(of(made, "app").restarts)[-1] == "pause: 30.0 s"
    other = view(None, workload("else"), journal=journal)
    assert said(of(other, "else").restarts)[-1] == "unknown: pause"


def test_sessions_end_with_the_longest_lifetime_of_the_brokers_that_answered() -> None:
    some = facts().model_copy(
        update={
            "facts": (BrokerFacts(id=1, lifetime=60.0), BrokerFacts(id=2, lifetime=3600.0)),
            "absent": (3,),
        }
    )
    death = of(view(taken(cluster=section(some))), "User:ledger").death
    assert "open sessions on the source end at most 3,600 s later" in said(death)
    (absent,) = [line for line in death if line.what == "open sessions on the source"]
    assert (absent.known, absent.evidence) == (False, "broker 3 did not answer")


def test_more_principals_may_read_a_config_topic_where_super_users_are_not_declared() -> None:
    made = view()
    site = config().source
    settings = made.estate.config.model_copy(update={"source": site})
    again = View(type(made.estate)(settings, made.estate.inventory, made.estate.people))
    readers = of(again, DATABASE).readers
    (line,) = [one for one in readers if one.what.startswith("more principals")]
    assert line.evidence == "kmig.yaml declares no `super_users` of the source"


def test_a_rest_address_that_was_not_asked_is_unknown() -> None:
    silent = MAIN.model_copy(update={"url": ""})
    made = taken(connect=section(ConnectInfo(clusters=(silent,), connectors=(LEDGER_SINK,))))
    readers = said(of(view(made), DATABASE).readers)
    assert "unknown: everybody who reaches the REST API of Connect main" in readers


def test_kmigs_own_login_is_named_as_such() -> None:
    made = view(taken(*GRANTS, "ALLOW DESCRIBE on topic * to User:kmig"))
    assert said(of(made, "User:kmig").accountable) == ["User:kmig is kmig's own"]


def test_an_owner_that_nobody_wrote_is_unknown() -> None:
    accountable = said(of(view(None, workload("app", owner="?")), "app").accountable)
    assert accountable == [
        "workload app: sensitivity public",
        "unknown: owner of workload app",
        "unknown: security owner of workload app",
        "unknown: zone of workload app",
    ]


def test_what_its_worker_reaches_counts_only_what_it_does_not_reach_itself() -> None:
    twin = connector(
        "twin",
        referenced("consumer.override.sasl.jaas.config", "${file:/x:twin}"),
        principals=("User:twin",),
    )
    grants = (
        "ALLOW READ on topic pay.out to User:ledger",
        "ALLOW READ on topic pay.out to User:twin",
    )
    made = taken(
        *grants,
        connect=section(ConnectInfo(clusters=(MAIN,), connectors=(LEDGER_SINK, twin))),
    )
    ledger = of(view(made), "User:ledger").reach
    assert (ledger.reads, ledger.through_worker) == (1, 1)  # the database alone


@pytest.mark.parametrize(
    ("more", "change"),
    [
        (["ALLOW READ on topic web.clicks to User:clicks"], "a worker of its own"),
        (["ALLOW ALL on topic * to User:ledger"], "narrower rights"),
    ],
)
def test_the_change_that_takes_most_away_is_named(more: list[str], change: str) -> None:
    advice = of(view(taken(*GRANTS, *more)), "User:ledger").advice
    assert advice is not None
    assert advice.change == change


@pytest.mark.parametrize("default", [True, None])
def test_a_deny_on_everything_is_no_advice_where_it_would_close_everything(
    default: bool | None,
) -> None:
    made = view()
    site = made.estate.config.source.model_copy(update={"allow_everyone_if_no_acl_found": default})
    settings = made.estate.config.model_copy(update={"source": site})
    again = View(replace(made.estate, config=settings))
    first = of(again, "User:ledger").death[0]
    assert first.what == "at once, only where an ACL exists: DENY ALL to User:ledger; never on *"


def test_of_very_many_readers_of_a_config_topic_the_first_are_named_and_the_others_counted() -> (
    None
):
    many = (f"ALLOW READ on topic main-configs to User:r{n:03}" for n in range(203))
    readers = of(view(taken(*many)), DATABASE).readers
    reading = [line for line in readers if ": READ on topic main-configs" in line.what]
    assert len(reading) == 201
    assert reading[-1].what == "4 more principals: READ on topic main-configs"  # User:admin is one


def test_what_no_workload_declares_may_be_more_sensitive_unless_its_own_is_the_highest() -> None:
    grants = (
        "ALLOW READ on topic pay.in to User:clicks",
        "ALLOW READ on topic pay.in to User:ledger",
    )
    made = view(taken(*grants))
    assert of(made, "User:clicks").reach.beyond == "unknown"
    assert of(made, "User:ledger").reach.beyond == ""
