"""Promises 9, 11 and 12 in memory: what no real broker can be made to do is done here by one in memory."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import KmigError, Refused
from migrate.execute.run import undo
from migrate.journal.standing import undoable
from migrate.logs.translate import Translation
from migrate.model import automq
from migrate.model.record import Ends, VisibleRecord
from migrate.steps import AwaitMembers, OpenWriteGate, RevokeCredential, placing
from migrate.steps.freeze_topics import STRAY
from tests.execute import moving
from tests.execute.moving import GRANTS, World, blindly, cut_over, opened, rotated, world
from tests.execute.test_moving_crash import to_the_gate
from tests.fakes.memory import MemoryCluster, MemorySession

PAID = ("paid", 0)


def revoked(folder: Path) -> RevokeCredential:
    """The last proof in the journal."""
    entries = opened(folder, []).journal.entries
    return [e.step for e in entries if e.event == "done" and isinstance(e.step, RevokeCredential)][
        -1
    ]


# 9


def test_an_offset_without_proof_is_not_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = placing.translated_all  # type: ignore[attr-defined]

    def unproven(*asked: Any) -> list[tuple[Translation, ...]]:
        guess = {"proof": "unknown", "evidence": "a guess"}
        return [tuple(t.model_copy(update=guess) for t in own) for own in exact(*asked)]

    monkeypatch.setattr(placing, "translated_all", unproven)
    with pytest.raises(
        KmigError, match="no exact offset on the target for group ledger, paid-0: a guess"
    ):
        cut_over(tmp_path, [])
    assert not world(tmp_path, []).target.commits.get("ledger")


def test_a_group_that_has_moved_on_is_not_lowered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blindly(monkeypatch)
    here = world(tmp_path, [])
    here.target.commits["ledger"] = {PAID: (1_000, "")}
    here.durable()
    with pytest.raises(KmigError, match="never lowers a group's offset"):
        cut_over(tmp_path, [])
    assert world(tmp_path, []).target.commits["ledger"] == {PAID: (1_000, "")}


# 11


def test_write_is_granted_after_fence_drain_and_consumers_and_before_any_producer(
    tmp_path: Path,
) -> None:
    cut_over(tmp_path, [])
    lines = [e.key for e in opened(tmp_path, []).journal.entries if e.event == "done"]
    gate = lines.index("open_write_gate")
    before = (
        "create_acls topic fence",
        "freeze_topics",
        "await_drained",
        "await_members consumers",
    )
    for key in before:
        assert lines.index(key) < gate, key
    assert gate < lines.index("start_clients till")


def test_the_gate_is_not_open_until_every_broker_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that does not hear of the grant: no producer is started, and the wait ends."""
    heard = MemoryCluster.acls

    def deaf(self: MemoryCluster, broker: int | None = None) -> frozenset[object]:
        found = heard(self, broker)
        return found - set(GRANTS) if broker == self.brokers()[-1].id else found

    monkeypatch.setattr(MemoryCluster, "acls", deaf)
    with pytest.raises(KmigError):
        cut_over(tmp_path, [])
    lines = [e.key for e in opened(tmp_path, []).journal.entries]
    assert "open_write_gate" in lines
    assert "start_clients till" not in lines


def test_past_the_gate_nothing_is_undone(tmp_path: Path) -> None:
    cut_over(tmp_path, [])
    steps = undoable(opened(tmp_path, []).journal, 1, "cutover")
    assert any(isinstance(step, OpenWriteGate) for step in steps)
    with pytest.raises(Refused, match="point of no return"):
        list(undo(steps, world(tmp_path, []).sites()))


def test_a_record_written_behind_the_fence_while_kmig_was_dead_is_named(tmp_path: Path) -> None:
    to_the_gate(tmp_path, [])
    here = world(tmp_path, [])
    last = here.source.logs[PAID][-1].offset
    here.source.logs[PAID].append(VisibleRecord(last + 1, b"stray"))
    # the copier may not write it on the target, and fails
    failed = here.copy.connectors["copy"].model_copy(update={"tasks": ("FAILED",)})
    here.copy.connectors["copy"] = failed
    here.durable()
    stray = rf"paid-0 offsets {last + 1} to {last + 1} \(1 record\)"
    with pytest.raises(KmigError, match=stray) as said:
        cut_over(tmp_path, [])
    assert said.value.message.startswith(STRAY), "`kmig status` knows it by these words"


def test_a_grant_that_somebody_made_before_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blindly(monkeypatch)
    here = world(tmp_path, [])
    here.target.acl_set |= set(GRANTS[:1])
    here.durable()
    with pytest.raises(
        KmigError, match="already exists on the target, and this cutover did not create it"
    ):
        cut_over(tmp_path, [])
    assert "start_clients till" not in [e.key for e in opened(tmp_path, []).journal.entries]


def test_records_on_target_bar_the_way_back_whatever_became_of_the_grant(tmp_path: Path) -> None:
    cut_over(tmp_path, [])
    here = world(tmp_path, [])
    here.target.acl_set -= set(GRANTS)
    here.target.logs[PAID].append(VisibleRecord(1_000, b"new"))
    steps = undoable(opened(tmp_path, []).journal, 1, "cutover")
    gate = [s for s in steps if isinstance(s, OpenWriteGate)]
    with pytest.raises(Refused, match="the target holds records that the source lacks"):
        list(undo(gate, here.sites()))
    with pytest.raises(Refused, match="producers of till were started on the target"):
        list(undo([s for s in steps if s not in gate], here.sites()))


def test_a_group_that_nothing_was_seen_of_is_not_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blindly(monkeypatch)
    here = world(tmp_path, [])
    here.source.commits["ledger"] = {}
    here.durable()
    with pytest.raises(KmigError, match=r"no commit on the source; uncommitted is refuse"):
        cut_over(tmp_path, [])


def test_a_commit_on_a_topic_that_is_not_copied_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blindly(monkeypatch)
    here = world(tmp_path, [])
    here.source.logs["later", 0] = [VisibleRecord(0, b"x")]
    here.source.commits["ledger"]["later", 0] = (1, "")
    here.durable()
    with pytest.raises(KmigError, match="a commit on later-0, which is not copied"):
        cut_over(tmp_path, [])


def test_a_marker_behind_the_last_record_is_nothing_to_read(tmp_path: Path) -> None:
    """A group that has read everything does not move, and is at work all the same."""
    here = world(tmp_path, [])
    here.target.logs[PAID] = [VisibleRecord(0, b"0")]
    here.target.commits["ledger"] = {PAID: (1, "")}
    here.target.member_set["ledger"] = "ledger"
    gate = AwaitMembers(
        because="test", until="", part="x", groups=("ledger",), health={}, seconds=1.0
    )
    ends = MemoryCluster.ends

    class Marked(MemoryCluster):
        def ends(self, topics):  # type: ignore[no-untyped-def]
            found = ends(self, topics)
            return {p: Ends(start=0, stable=e.end + 1, end=e.end + 1) for p, e in found.items()}

    here.target.__class__ = Marked
    gate.apply(here.sites())
    here.target.logs[PAID].append(VisibleRecord(2, b"2"))
    with pytest.raises(
        KmigError, match="group ledger commits nothing, and has unread records in 1 partition"
    ):
        gate.apply(here.sites())


# 12


def moved(folder: Path) -> World:
    cut_over(folder, [])
    return world(folder, [])


def test_a_dead_credential_is_proven_so(tmp_path: Path) -> None:
    moved(tmp_path)
    rotated(tmp_path, [])
    found = revoked(tmp_path)
    assert found.verdict == "proven"
    assert "2 mechanisms" in found.evidence[0]


def test_the_other_mechanism_is_asked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved(tmp_path)
    honest = MemoryCluster.refused_by

    def accepts(self: MemoryCluster, user: str, mechanism: str, secret: object) -> tuple[str, ...]:
        kept = (user, mechanism) == ("ledger", "SCRAM-SHA-512") and "kmig-old" in str(secret)
        return () if kept else honest(self, user, mechanism, secret)  # type: ignore[arg-type]

    monkeypatch.setattr(MemoryCluster, "refused_by", accepts)
    rotated(tmp_path, [])
    assert revoked(tmp_path).verdict == "alive"


def test_one_broker_that_still_accepts_it_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(tmp_path)
    honest = MemoryCluster.refused_by

    def but_one(self: MemoryCluster, user: str, mechanism: str, secret: object) -> tuple[str, ...]:
        found = honest(self, user, mechanism, secret)  # type: ignore[arg-type]
        return found[:-1] if user == "ledger" and "kmig-old" in str(secret) else found

    monkeypatch.setattr(MemoryCluster, "refused_by", but_one)
    rotated(tmp_path, [])
    assert revoked(tmp_path).verdict == "alive"


def test_a_session_that_outlives_its_lifetime_proves_nothing_also_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(tmp_path)
    with monkeypatch.context() as undead:
        undead.setattr(MemorySession, "alive", lambda _: True)
        rotated(tmp_path, [])
        assert revoked(tmp_path).verdict == "not proven"
    rotated(tmp_path, [])  # by now it is deleted, and no session of it is left to watch
    assert revoked(tmp_path).verdict == "not proven"
    assert "a session outlived" in revoked(tmp_path).evidence[1]


def test_a_lifetime_that_has_not_passed_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions of a memory cluster end with the clock; here they end when the announced time is over."""
    here = moved(tmp_path)
    clock = here.sites().clock
    began = clock.monotonic()
    monkeypatch.setattr(
        MemorySession, "alive", lambda self: clock.monotonic() - began < self.lifetime
    )
    made = World.sites
    monkeypatch.setattr(World, "sites", lambda self: replace(made(self), clock=clock))
    rotated(tmp_path, [])
    assert revoked(tmp_path).verdict == "proven"


def test_one_broker_without_a_bound_proves_nothing_even_when_no_session_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(tmp_path)
    lifetime = MemorySession.lifetime

    def unbounded(self: MemorySession) -> float:
        mine = self.broker == str(self.cluster.brokers()[-1])
        return 0.0 if mine else float(lifetime.fget(self))  # type: ignore[attr-defined]

    with monkeypatch.context() as loose:
        loose.setattr(MemorySession, "lifetime", property(unbounded))
        rotated(tmp_path, [])
        rotated(tmp_path, [])  # the credential is gone by now, and with it every session to watch
        found = revoked(tmp_path)
        assert found.verdict == "not proven"
        assert "connections.max.reauth.ms is 0 on" in found.evidence[1]
    rotated(tmp_path, [])
    assert revoked(tmp_path).verdict == "proven", "bounded since: the same command looks again"


@pytest.mark.parametrize("features", [{}, {automq.FEATURE: 6}], ids=["kafka", "automq"])
def test_sessions_without_end_are_not_to_be_bounded_by_seconds_on_automq(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, features: dict[str, int]
) -> None:
    moved(tmp_path)
    monkeypatch.setattr(moving, "PROFILE", "automq-oss" if features else "apache")
    monkeypatch.setattr(MemorySession, "lifetime", 0.0)
    described = MemoryCluster.describe
    monkeypatch.setattr(
        MemoryCluster, "describe", lambda self: replace(described(self), features=features)
    )
    rotated(tmp_path, [])
    assert (automq.SESSIONS in revoked(tmp_path).evidence[1]) is bool(features)


def test_a_broker_that_is_down_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(tmp_path)
    monkeypatch.setattr(MemoryCluster, "absent_brokers", lambda _: (3,))
    rotated(tmp_path, [])
    assert revoked(tmp_path).evidence == ("brokers 3 are down: what they accept is unknown",)


def test_a_canary_that_is_refused_too_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(tmp_path)
    honest = MemoryCluster.refused_by
    asked = {"canary": 0}

    def everybody(
        self: MemoryCluster, user: str, mechanism: str, secret: object
    ) -> tuple[str, ...]:
        if user.startswith("kmig-canary"):
            asked["canary"] += 1
            if asked["canary"] > 1:  # well before the deletion, refused after it
                return tuple(str(b) for b in self.brokers())
        return honest(self, user, mechanism, secret)  # type: ignore[arg-type]

    monkeypatch.setattr(MemorySession, "alive", lambda _: False)
    monkeypatch.setattr(MemoryCluster, "sessions", _sessions)
    monkeypatch.setattr(MemoryCluster, "refused_by", everybody)
    rotated(tmp_path, [])
    assert revoked(tmp_path).verdict == "not proven"
    assert "the canary user is also refused" in revoked(tmp_path).evidence[0]


def _sessions(
    self: MemoryCluster, user: str, mechanism: str, secret: object
) -> tuple[MemorySession, ...]:
    return tuple(MemorySession(self, user, mechanism, str(b)) for b in self.brokers())


def test_a_commit_on_what_a_group_does_not_read_is_not_waited_for(tmp_path: Path) -> None:
    """The group has read its own topic before the first look, and an earlier version of it read another one."""
    here = world(tmp_path, [])
    here.target.logs[PAID] = [VisibleRecord(0, b"0")]
    here.target.logs["seen", 0] = [VisibleRecord(0, b"0"), VisibleRecord(1, b"1")]
    here.target.commits["ledger"] = {PAID: (1, ""), ("seen", 0): (1, "")}
    here.target.member_set["ledger"] = "ledger"
    gate = AwaitMembers(
        because="test",
        until="",
        part="x",
        groups=("ledger",),
        health={},
        workloads={"ledger": ("ledger",)},
        seconds=1.0,
    )
    with pytest.raises(
        KmigError, match="group ledger commits nothing, and has unread records in 1 partition"
    ):
        gate.apply(here.sites())
    gate.model_copy(update={"reads": {"ledger": ("paid",)}}).apply(here.sites())
