"""Defects of released Kafka that make success a lie: reproduced, and what kmig does about each."""

from pathlib import Path

import pytest
from kafka.protocol.admin import CreateAclsRequest

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.messages import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupHeartbeatRequest,
)
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter, creation
from migrate.errors import StepFailed
from migrate.model.acl import Acl
from migrate.model.met_last import met_last
from migrate.ports import Site, Sites, WritableSite
from migrate.rehearse.lab.local.home import Home
from migrate.steps import CreateAcls
from tests.targets import Target, target

MECHANISM = "SCRAM-SHA-512"
GROUP_ID_NOT_FOUND = 69


@pytest.mark.parametrize(
    ("version", "user", "left"),
    [
        # of its names only this one is met before `kmig`, the user that stays
        ("3.9.1", "stays", False),
        ("4.3.1", "stays", False),
        ("4.3.1", met_last("stays"), True),
    ],
)
def test_a_deleted_scram_user_can_take_all_others_along_at_a_restart(
    version: str, user: str, left: bool, homes: dict[str, Home], tmp_path: Path
) -> None:
    with target(homes[version], tmp_path) as there:
        wire = admin(there)
        KafkaWriter(wire).set_password(user, MECHANISM, "pw")
        KafkaWriter(wire).delete_scram(user, MECHANISM)
        wire.close()
        there.stop_and_start()
        wire = admin(there)
        found = [one.user for one in KafkaReader(wire).scram_credentials()]
        wire.close()
        assert found == (["kmig"] if left else [])


def admin(there: Target) -> Wire:
    return Wire("target", there.cluster.admin_addresses, there.cluster.admin_login)


def test_a_poisoned_controller_says_yes_to_acls_that_are_not_there(
    homes: dict[str, Home], tmp_path: Path
) -> None:
    """KAFKA-19347: somebody's refused batch of 10,001, tried again in small ones, is answered with success."""
    many = [
        Acl(
            principal="User:app",
            permission="ALLOW",
            operation="READ",
            resource_type="TOPIC",
            resource_name=f"t-{number}",
        )
        for number in range(10_001)
    ]
    with target(homes["3.9.1"], tmp_path) as there:
        wire = admin(there)
        refused = wire.call(CreateAclsRequest(creations=[creation(acl) for acl in many]))
        assert {row.error_code for row in refused.results} == {44}
        reader, writer = KafkaReader(wire), KafkaWriter(wire)
        before = reader.acls()
        step = CreateAcls(because="test", part="allow", acls=tuple(many[:2_000]))
        site = Site("source", reader, None, None)  # type: ignore[arg-type]
        side = WritableSite("target", reader, None, None, writer)  # type: ignore[arg-type]
        sites = Sites(site, side, Hurried())
        with pytest.raises(
            StepFailed, match="not seen on every broker within 30 s: 2000 allow ACLs"
        ):
            step.aim(sites).apply(sites)
        assert reader.acls() == before
        assert wire.requests["DeleteAclsRequest"] == 0, (
            "a delete would end this controller for good"
        )
        wire.close()


def test_each_shard_of_a_coordinator_answers_about_every_group_and_the_one_that_keeps_it_counts(
    homes: dict[str, Home], tmp_path: Path
) -> None:
    """With two groups of KIP-848 the broker says of each, in one answer, that it is there and that it is not."""
    names = ("billing", "orders")  # on different shards of four
    extra = (("group.coordinator.rebalance.protocols", "classic,consumer"),)
    with target(homes["3.9.1"], tmp_path, extra=extra) as there:
        wire = admin(there)
        for name in names:
            joined = coordinator.while_coordinator_moves(
                lambda name=name: join(wire, name),  # type: ignore[misc]
                lambda code: code in coordinator.MOVING,
            )
            assert joined == 0
        request = ConsumerGroupDescribeRequest(
            group_ids=list(names), include_authorized_operations=False
        )
        raw = wire.call(request, coordinator.find(wire, "billing")).groups
        assert sorted((row.group_id, row.error_code) for row in raw) == [
            *(("billing", 0), ("billing", GROUP_ID_NOT_FOUND)),
            *(("orders", 0), ("orders", GROUP_ID_NOT_FOUND)),
        ]
        read = KafkaSurvey(wire).groups()
        for groups in (KafkaReader(wire).groups(names), read.found):
            assert [(g.name, g.type, g.state, g.error, len(g.members or ())) for g in groups] == [
                (name, "consumer", "Stable", "", 1) for name in names
            ]
        assert read.faults == ()
        wire.close()


def join(wire: Wire, group: str) -> int:
    """The error code of a new member's first heartbeat."""
    request = ConsumerGroupHeartbeatRequest(
        group_id=group,
        member_id="",
        member_epoch=0,
        instance_id=None,
        rack_id=None,
        rebalance_timeout_ms=60_000,
        subscribed_topic_names=["t"],
        server_assignor=None,
        topic_partitions=[],
        max_version=0,
    )
    return int(wire.call(request, coordinator.find(wire, group)).error_code)


class Hurried(SystemClock):
    """Time passes ten times as fast."""

    def monotonic(self) -> float:
        return super().monotonic() * 10
