"""The sections of a boundary on planted estates: every line, known and unknown, and no other."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from migrate.boundary.credentials import matching
from migrate.boundary.trace import trace
from migrate.boundary.view import View
from migrate.documents.boundary import Boundary, Line
from migrate.documents.inventory import ConnectInfo, State
from migrate.model.cluster import ScramCredential
from migrate.model.connector import ConnectCluster
from migrate.model.use import Observed, Use
from migrate.steps import (
    CreateCredential,
    ForgetSecret,
    IssueSecret,
    OverlapCredential,
    RevokeCredential,
)
from tests.boundary.estates import (
    DATABASE,
    GRANTS,
    LEDGER,
    LEDGER_SINK,
    MAIN,
    STORED,
    connector,
    everything,
    facts,
    literal,
    referenced,
    taken,
    view,
    workloads,
)
from tests.estate import section, topic, workload
from tests.journal.history import history


def of(made: View, name: str) -> Boundary:
    (found,) = matching(made.credentials, name)
    return trace(made, found)


def known(lines: tuple[Line, ...]) -> list[str]:
    return [line.what for line in lines if line.known]


def unknown(lines: tuple[Line, ...]) -> list[str]:
    return [line.what for line in lines if not line.known]


def test_every_place_of_a_login_is_named_and_no_other() -> None:
    ledger = of(view(), "User:ledger")
    assert known(ledger.stored) == [
        "/srv/pay.properties",
        "ticket.txt, line 4: the value",
        "brokers of the source: salted hash, SCRAM-SHA-256",
    ]
    assert unknown(ledger.stored) == []


def test_a_literal_that_equals_a_referenced_secret_is_its_copy_with_the_config_topic() -> None:
    database = of(view(), DATABASE)
    assert database.credential.connectors == ("main/ledger",)
    assert known(database.stored) == [
        f"connector main/ledger, key `connection.password`: in clear: equal to {DATABASE}",
        "topic main-configs: the config of ledger",
    ]
    assert unknown(database.stored) == [DATABASE, "topic main-configs: older configs"]


def test_every_reader_of_a_literal_is_named_and_no_other() -> None:
    rest = "everybody who reaches the REST API of Connect main at http://connect:8083"
    database = of(view(), DATABASE)
    assert known(database.readers) == [
        "workers of Connect main: 10.1.0.5:8083",
        rest,
        "User:admin: READ on topic main-configs: the literal is there",
        "User:auditor: READ on topic main-configs: the literal is there",
        "User:connect: READ on topic main-configs: the literal is there",
        "User:admin: WRITE on topic main-configs: can make a connector that resolves it",
        "User:connect: WRITE on topic main-configs: can make a connector that resolves it",
    ]
    assert unknown(database.readers) == [f"readers of {DATABASE}"]


def test_a_reference_is_not_in_the_config_topic() -> None:
    ledger = of(view(), "User:ledger")
    assert not [line for line in ledger.readers if "READ on topic" in line.what]
    assert known(ledger.readers)[-2:] == [
        "everybody who can read ticket.txt",
        "group pay-ops: ann, bo",
    ]


def test_a_config_topic_for_everyone_is_read_by_everybody() -> None:
    made = view(taken(*GRANTS, "ALLOW READ on topic main-configs to User:*"))
    readers = of(made, DATABASE).readers
    (line,) = [line for line in readers if line.what.startswith("everybody who can log in")]
    assert line.evidence == "ALLOW READ on topic main-configs to User:*"


def test_rights_are_said_in_topics_and_groups_with_the_names_to_come() -> None:
    rights = of(view(), "User:ledger").source
    assert rights is not None
    assert rights.topics == {"pay.in": ("READ", "DESCRIBE"), "pay.out": ("READ", "DESCRIBE")}
    assert rights.groups == {"connect-ledger": ("READ", "DESCRIBE")}
    assert [str(one) for one in rights.patterns] == ["READ on topic prefix pay."]
    assert rights.complete
    assert rights.topics_for("WRITE") == ()


def test_what_the_same_worker_reaches_is_part_of_the_boundary() -> None:
    beside = of(view(), "User:ledger").beside
    assert known(beside) == [
        f"{DATABASE} (secret): db.internal:5432",
        "User:clicks (public): 1 topic to write",
    ]
    assert unknown(beside) == ["main/clicks, key `upload.token` (public): what it opens"]


def test_what_restarts_is_the_connector_and_a_literal_changes_its_config() -> None:
    assert known(of(view(), "User:ledger").restarts) == ["connector main/ledger: 1 task"]
    assert known(of(view(), DATABASE).restarts) == [
        "connector main/ledger: 1 task",
        "connector main/ledger: its config changes, key `connection.password`",
    ]


def test_an_environment_restarts_the_whole_worker() -> None:
    sink = connector("ledger", referenced("connection.password", "${env:DB}"))
    found = taken(connect=section(ConnectInfo(clusters=(MAIN,), connectors=(sink,))))
    restarts = of(view(found, workload("ledger", connector="main/ledger")), "${env:DB}").restarts
    assert "each worker of Connect main, with 1 connector" in known(restarts)


@pytest.mark.parametrize(
    ("lifetime", "said"),
    [
        (60.0, "open sessions on the source end at most 60 s later"),
        (0.0, "open sessions on the source end only with the restart of their broker"),
    ],
)
def test_how_open_sessions_die(lifetime: float, said: str) -> None:
    made = view(taken(cluster=section(facts(lifetime))))
    assert said in known(of(made, "User:ledger").death)


def test_a_super_user_is_ended_by_no_acl() -> None:
    made = view(None, *workloads(), workload("admin"))
    assert "at once: not by an ACL" in known(of(made, "User:admin").death)
    rights = of(made, "User:admin").source
    assert rights is not None
    assert set(rights.topics) == {"pay.out", "pay.in", "web.clicks", "main-configs"}
    assert rights.everything.startswith("a super user")


def test_a_certificate_is_not_revoked() -> None:
    made = view(None, workload("tls", principal="User:CN=tls,OU=x"))
    death = of(made, "tls").death
    assert known(death)[1].startswith("new logins: not before its certificate expires")
    assert "when its certificate expires" in unknown(death)


def test_a_lifetime_of_sessions_bounds_no_certificate() -> None:
    some = (workload("tls", principal="User:CN=tls,OU=x"), workload("other"))
    made = view(None, *some)
    restart = "open sessions on the source end only with the restart of their broker"
    assert restart in known(of(made, "tls").death)
    # neither a SCRAM user nor a certificate's name: it may log in by one
    assert "open sessions on the source" in unknown(of(made, "other").death)
    assert not [line for line in known(of(made, "other").death) if "open sessions" in line]


def test_a_holder_is_stopped_on_all_that_lets_it_undo_the_stop() -> None:
    grants = ("ALLOW ALL on cluster kafka-cluster to User:ops", *GRANTS)
    first = of(view(taken(*grants)), "User:ops").death[0].what
    assert first == (
        "at once: DENY ALL on topic *, group * and cluster kafka-cluster to User:ops, at its next request"
    )


def test_a_holder_that_may_be_a_super_user_may_pass_every_deny() -> None:
    made = view()
    undeclared = made.estate.config.source.model_copy(update={"super_users": ()})
    settings = made.estate.config.model_copy(update={"source": undeclared})
    again = View(replace(made.estate, config=settings))
    line = "whether it is a super user of the source, whom no DENY stops"
    assert line in unknown(of(again, "User:ledger").death)
    assert line not in unknown(of(made, "User:ledger").death)


def test_a_holder_is_stopped_on_both_sides_under_the_name_of_each() -> None:
    # what other ACLs the target has is unknown
    on = "topic *, group *, transactional id *, cluster kafka-cluster and user *"
    made = view(journal=history(("done", ROTATED[0])))
    assert known(of(made, "User:ledger").death)[0] == (
        f"at once on both sides: DENY ALL on {on} to User:ledger, at its next request"
    )
    renamed = made.estate.config.model_copy(update={"principals": {"User:ledger": "User:ledger-2"}})
    again = View(replace(made.estate, config=renamed), made.journal)
    assert known(of(again, "User:ledger").death)[:2] == [
        f"at once on the source: DENY ALL on {on} to User:ledger, at its next request",
        f"at once on the target: DENY ALL on {on} to User:ledger-2, at its next request",
    ]


# ---- who issued it, and what the journal knows


def test_who_issued_it_is_as_people_wrote_and_as_the_store_says() -> None:
    written = {"by": "platform", "on": "2026-01-12"}
    first, *others = workloads()
    first = {**first, "credential": {**first["credential"], "issued": written}}
    stored = STORED[0].model_copy(
        update={
            "changed": datetime(2026, 2, 3, 4, 5, tzinfo=UTC),
            "by": "ann",
            "versions": ("version 1",),
        }
    )
    made = view(taken(stores=section((stored, STORED[1]))), first, *others)
    ledger = of(made, "User:ledger")
    assert known(ledger.issued) == [
        "2026-01-12 by platform",
        "last written 2026-02-03 04:05 UTC by ann",
    ]
    assert f"{LEDGER}: version 1" in known(ledger.stored)


def test_who_issued_it_is_unknown_where_nobody_wrote_it() -> None:
    assert unknown(of(view(), "User:ledger").issued) == ["issued"]
    assert unknown(of(view(), DATABASE).issued) == ["issued"]


SECRET = {"user": "ledger", "file": "f", "name": "ledger"}
ROTATED = (
    CreateCredential(
        because="", user="ledger", source_user="ledger", mechanism="SCRAM-SHA-256",
        iterations=4096, secret=LEDGER,
    ),
    IssueSecret(because="", **SECRET),
    OverlapCredential(because="", old="SCRAM-SHA-256", new="SCRAM-SHA-512", **SECRET),
)  # fmt: skip
REVOKED = RevokeCredential(because="", mechanism="SCRAM-SHA-256", verdict="proven", **SECRET)


def test_a_rotation_that_is_not_finished_keeps_two_secrets() -> None:
    journal = history(*(("done", step) for step in ROTATED), stage="rotate")
    ledger = of(view(journal=journal), "User:ledger")
    assert [line.split(",")[0] for line in known(ledger.issued)] == [
        "SCRAM-SHA-256 on the target",
        "SCRAM-SHA-512 on the target",
    ]
    assert "the migration directory: the old or the next secret of a rotation" in known(
        ledger.stored
    )
    assert "open sessions on the target" in unknown(ledger.death)


def test_a_rotation_that_is_proven_leaves_one_secret() -> None:
    steps = (*ROTATED, REVOKED, ForgetSecret(because="", **SECRET))
    journal = history(*(("done", step) for step in steps), stage="rotate")
    ledger = of(view(journal=journal), "User:ledger")
    assert [line.split(",")[0] for line in known(ledger.issued)] == ["SCRAM-SHA-512 on the target"]
    assert not [line for line in known(ledger.stored) if "migration directory" in line]
    assert "last rotation: SCRAM-SHA-256 revoked, proven" in known(ledger.death)
    assert not [line for line in known(ledger.death) if "target: delete SCRAM-SHA-256" in line]


# ---- what the issue lists as bad input


def test_of_several_topics_that_may_be_the_config_topic_none_is_certain() -> None:
    topics = tuple(map(topic, ("pay.out", "a-configs", "b-configs")))
    made = taken().model_copy(update={"topics": section(topics)})
    stored = of(view(made), DATABASE).stored
    assert "topic a-configs: the config of ledger" in unknown(stored)
    assert "topic b-configs: the config of ledger" in unknown(stored)


def test_a_declared_config_topic_is_certain() -> None:
    topics = tuple(map(topic, ("pay.out", "a-configs", "b-configs")))
    made = view(taken().model_copy(update={"topics": section(topics)}))
    connect = made.estate.config.connect[0].model_copy(update={"config_topic": "b-configs"})
    config = made.estate.config.model_copy(update={"connect": (connect,)})
    again = View(replace(made.estate, config=config))
    assert "topic b-configs: the config of ledger" in known(of(again, DATABASE).stored)


def test_a_connect_cluster_that_failed_is_read_by_unknown() -> None:
    failed = MAIN.model_copy(update={"error": "HTTP 500"})
    made = taken(connect=section(ConnectInfo(clusters=(failed,), connectors=(LEDGER_SINK,))))
    readers = of(view(made), DATABASE).readers
    assert "Connect main: its workers and REST API" in unknown(readers)
    assert not [line for line in known(readers) if "REST API" in line]


def test_a_credential_that_nobody_declared_has_no_owner() -> None:
    auditor = of(view(), "User:auditor")
    assert known(auditor.accountable) == []
    assert unknown(auditor.accountable) == ["owner of User:auditor"]
    assert unknown(auditor.restarts)[0] == "what logs in with it"
    assert "hosts of its clients" in unknown(auditor.readers)


def test_a_shared_credential_names_both_and_an_identity_of_its_own_shrinks_it() -> None:
    shared = "User:one"
    some = (
        workload("a", principal=shared, reads=[{"topic": "pay.out"}]),
        workload("b", principal=shared, reads=[{"topic": "pay.in"}, {"topic": "web.clicks"}]),
    )
    grants = (f"ALLOW READ on topic {t} to {shared}" for t in ("pay.out", "pay.in", "web.clicks"))
    found = of(view(taken(*grants), *some), shared)
    assert found.credential.workloads == ("a", "b")
    assert found.advice is not None
    assert (found.advice.change, found.advice.less) == ("an identity of its own", 1)


def test_an_identity_of_its_own_takes_away_nothing_that_everyone_may_do() -> None:
    shared = "User:one"
    some = (
        workload("a", principal=shared, reads=[{"topic": "pay.out"}]),
        workload("b", principal=shared, reads=[{"topic": "pay.in"}]),
    )
    grants = (
        f"ALLOW READ on topic pay.out to {shared}",
        f"ALLOW READ on topic pay.in to {shared}",
        "ALLOW READ on topic web.clicks to User:*",
    )
    found = of(view(taken(*grants), *some), shared)
    assert found.reach.reads == 3
    assert found.advice is not None
    assert found.advice.less == 1


def test_a_worker_of_its_own_still_resolves_the_other_credentials_of_its_connector() -> None:
    # the login of main/ledger moves with its database password, and reads pay.in and pay.out there too
    database = of(view(), DATABASE)
    assert database.reach.through_worker == 3
    assert database.advice is not None
    assert (database.advice.change, database.advice.less) == ("a worker of its own", 1)
    assert "main/ledger" in database.advice.how


def test_a_prefix_too_wide_is_the_change_that_shrinks_most() -> None:
    grants = ("ALLOW READ on topic prefixed pay. to User:wide",)
    made = view(taken(*grants), workload("wide", reads=[{"topic": "pay.out"}]))
    advice = of(made, "wide").advice
    assert advice is not None
    assert (advice.change, advice.less) == ("narrower rights", 1)
    assert "READ on topic prefix pay." in advice.how


def test_what_everyone_may_do_is_no_fault_of_one_credential() -> None:
    grants = ("ALLOW READ on topic * to User:*", "ALLOW READ on topic prefixed pay. to User:wide")
    made = view(taken(*grants), workload("wide", reads=[{"topic": "pay.out"}]))
    assert of(made, "wide").advice is None


def test_what_reaches_furthest_comes_first() -> None:
    names = [boundary.credential.name for boundary in everything(view())]
    assert names[:4] == ["User:admin", "User:connect", "User:clicks", "User:ledger"]


def test_sensitivity_beyond_its_own_is_named() -> None:
    grants = ("ALLOW READ on topic pay.out to User:clicks", *GRANTS)
    assert of(view(taken(*grants)), "User:clicks").reach.beyond == "secret"
    assert of(view(taken(*grants)), "User:ledger").reach.beyond == ""


UNREAD: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "no scan": ({"copies": None}, "User:ledger", "stored", "copies in files"),
    "a scan in part": (
        {"copies": section((), State.PARTIAL, "a.txt: Permission denied")},
        "User:ledger", "stored", "more copies in files",
    ),
    "no stores": ({"stores": None}, "User:ledger", "stored", LEDGER),
    "no SCRAM list": (
        {"scram": section((), State.REFUSED, "CLUSTER_AUTHORIZATION_FAILED")},
        "User:ledger", "stored", "brokers of the source",
    ),
    "no lifetime": (
        {"cluster": section(facts().model_copy(update={"facts": (), "absent": (1,)}))},
        "User:ledger", "death", "open sessions on the source",
    ),
    "a silent Connect": (
        {"connect": section(ConnectInfo(), State.REFUSED, "no answer")},
        "User:ledger", "stored", "copies in connectors' configs",
    ),
    "no config topic": (
        {"topics": section((), State.REFUSED, "TOPIC_AUTHORIZATION_FAILED")},
        DATABASE, "stored", "config topic of Connect main",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREAD)
def test_what_could_not_be_read_is_unknown_and_never_none(case: str) -> None:
    sections, name, where, line = UNREAD[case]
    made = taken()
    made = made.model_copy(update=sections)
    assert line in unknown(getattr(of(view(made), name), where))


@pytest.mark.parametrize(
    "connect",
    [
        section(ConnectInfo(), State.REFUSED, "no answer"),
        section(ConnectInfo(clusters=(MAIN,), connectors=())),
        section(ConnectInfo()),
    ],
)
@pytest.mark.parametrize("name", ["User:ledger", DATABASE])
def test_of_a_declared_connector_that_was_not_read_nothing_is_none(name: str, connect: Any) -> None:
    found = of(view(taken(connect=connect)), name)
    of_it, section_unread = "connector main/ledger", connect.standing is not State.COMPLETE
    expected = (
        ("workers and REST APIs of Connect", "more credentials on the same workers")
        if section_unread
        else (
            f"workers of {of_it}, and who reaches their REST API",
            f"what the workers of {of_it} reach",
        )
    )
    assert expected[0] in unknown(found.readers)
    assert expected[1] in unknown(found.beside)
    assert "clients of workload ledger" in unknown(found.restarts)
    assert not found.reach.workers_certain


def test_what_workers_reach_is_certain_only_where_all_of_them_was_read() -> None:
    assert not of(view(), "User:ledger").reach.workers_certain  # nothing says what the token opens
    both = (connector("clicks", type="source", principals=("User:clicks",)), LEDGER_SINK)
    whole = taken(connect=section(ConnectInfo(clusters=(MAIN,), connectors=both)))
    assert of(view(whole), "User:ledger").reach.workers_certain
    as_worker = (*both, connector("third"))
    third = taken(connect=section(ConnectInfo(clusters=(MAIN,), connectors=as_worker)))
    assert not of(view(third), "User:ledger").reach.workers_certain
    silent = taken(connect=section(ConnectInfo(), State.REFUSED, "no answer"))
    assert not of(view(silent), "User:auditor").reach.workers_certain  # any connector may use it


def test_rights_by_acls_read_in_part_are_at_least_these() -> None:
    made = taken().model_copy(update={"acls": section((), State.PARTIAL, "broker 2 is silent")})
    rights = of(view(made), "User:ledger").source
    assert rights is not None
    assert not rights.complete
    assert rights.unknown == ("section acls is partial: broker 2 is silent",)
    assert not of(view(made), "User:ledger").reach.certain


def test_without_an_authorizer_a_login_may_do_everything() -> None:
    off = section((), State.REFUSED, "SECURITY_DISABLED (54)")
    rights = of(view(taken().model_copy(update={"acls": off})), "User:ledger").source
    assert rights is not None
    assert rights.everything.startswith("no authorizer is configured")
    assert rights.topics_for("WRITE") == ("main-configs", "pay.in", "pay.out", "web.clicks")


def test_a_value_that_is_a_reference_itself_is_said() -> None:
    stored = taken().stores
    assert stored is not None
    nested = stored.found[0].model_copy(update={"resolves_to": "${env:OTHER}"})
    made = taken(stores=section((nested,)))
    assert f"{LEDGER} holds the text ${{env:OTHER}}" in known(of(view(made), "User:ledger").stored)


def test_a_worker_on_another_kafka_cluster_keeps_its_configs_there() -> None:
    elsewhere = ConnectCluster(name="main", url="http://c:8083", kafka_cluster_id="other")
    made = taken(connect=section(ConnectInfo(clusters=(elsewhere,), connectors=(LEDGER_SINK,))))
    stored = of(view(made), DATABASE).stored
    (line,) = [one for one in stored if one.what == "config topic of Connect main"]
    assert not line.known
    assert line.evidence == "its workers use another Kafka cluster: other"


def test_an_estate_without_connect_has_no_line_about_it() -> None:
    made = view(taken(connect=section(ConnectInfo())), workload("app", principal="User:ledger"))
    lines = [line for part in of(made, "app").sections().values() for line in part]
    assert not [line for line in lines if "Connect" in line.what]


def test_a_literal_of_no_known_secret_is_a_credential_of_its_own() -> None:
    token = of(view(), "main/clicks, key `upload.token`")
    assert token.credential.kind == "external"
    assert unknown(token.systems) == ["the system that it opens"]
    assert "copies in files" in unknown(token.stored)


def test_equal_literals_are_one_credential() -> None:
    place = "main/a, key `token`"
    first = connector("a", literal("token"))
    second = connector("b", literal("other.token", same_as=place))
    made = view(
        taken(connect=section(ConnectInfo(clusters=(MAIN,), connectors=(first, second)))),
        workload("a", connector="main/a"),
    )
    assert of(made, place).credential.connectors == ("main/a", "main/b")


def test_hosts_are_those_of_observed_use_too() -> None:
    use = Use(
        principal="User:app", operation="READ", resource_type="TOPIC", resource_name="t",
        allowed=3, hosts=("/10.9.9.9",),
    )  # fmt: skip
    made = taken(observed=section(Observed(uses=(use,))))
    readers = of(view(made, workload("app")), "app").readers
    assert "host 10.9.9.9" in known(readers)


def test_a_host_of_a_shared_login_holds_that_login_and_perhaps_the_other_secrets() -> None:
    use = Use(
        principal="User:one", operation="READ", resource_type="TOPIC", resource_name="t",
        allowed=3, hosts=("/10.9.9.9",),
    )  # fmt: skip
    database = [{"secret": DATABASE, "system": "db.internal:5432"}]
    some = (
        workload("a", principal="User:one", external=database),
        workload("b", principal="User:one"),
    )
    made = view(taken(observed=section(Observed(uses=(use,)))), *some)
    login = of(made, "User:one").readers
    assert [line.evidence for line in login if line.what == "host 10.9.9.9"] == [
        "a client with User:one was seen there"
    ]
    assert "host 10.9.9.9" in known(login)
    assert "host 10.9.9.9" in unknown(of(made, DATABASE).readers)


def test_a_topic_that_only_ends_like_a_config_topic_is_not_certain() -> None:
    topics = section((topic("device-configs"), topic("pay.out")))
    place = "main/clicks, key `upload.token`"
    stored = of(view(taken().model_copy(update={"topics": topics})), place).stored
    assert "topic device-configs: the config of clicks" in unknown(stored)


def test_a_right_on_a_config_topic_opens_the_secrets_of_its_connect_cluster() -> None:
    reads, writes = of(view(), "User:auditor"), of(view(), "User:connect")
    in_clear = "the secrets in clear in connectors' configs of Connect main"
    assert known(reads.systems) == [in_clear]
    assert known(writes.systems) == [
        in_clear,
        "every secret that the workers of Connect main resolve",
    ]
    assert not reads.reach.certain
    assert not writes.reach.certain
    ledger = of(view(), "User:ledger")
    assert ledger.systems == ()
    assert ledger.reach.certain


def test_a_connector_with_a_certificate_does_not_log_in_as_the_worker() -> None:
    tls = connector("tls", referenced("consumer.override.ssl.keystore.password", "${file:/x:tls}"))
    both = ConnectInfo(clusters=(MAIN,), connectors=(LEDGER_SINK, tls))
    ledger = of(view(taken(connect=section(both))), "User:ledger")
    assert "the workers' own login of Connect main" not in unknown(ledger.beside)
    (login,) = [one for one in ledger.beside if one.what == "the login of connector main/tls"]
    assert login.evidence == "it logs in with a certificate: its principal is unknown"
    assert not ledger.reach.workers_certain


TYPED: dict[str, tuple[str, ...]] = {
    "ledger": ("User:ledger", DATABASE),
    "User:ledger": ("User:ledger",),
    "main/ledger": ("User:ledger", DATABASE),
    DATABASE: (DATABASE,),
    "file:/srv/pay.properties:db": (DATABASE,),
    "auditor": ("User:auditor",),
    "nothing": (),
}


@pytest.mark.parametrize("typed", TYPED)
def test_a_name_means_a_workload_a_connector_a_principal_or_a_secret(typed: str) -> None:
    found = matching(view().credentials, typed)
    assert tuple(sorted(c.name for c in found)) == tuple(sorted(TYPED[typed]))


def test_each_line_has_its_evidence() -> None:
    for boundary in everything(view()):
        for name, lines in boundary.sections().items():
            assert all(line.what and line.evidence for line in lines), name


def test_a_user_called_like_everybody_is_a_credential() -> None:
    star = ScramCredential(user="*", mechanism="SCRAM-SHA-256", iterations=4096)
    found = taken().model_copy(update={"scram": section((star,))})
    assert "User:*" in view(found).credentials.by_name
