"""What a survey makes of answers that no healthy broker gives; what brokers do is for tests/live."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kafka.protocol.admin import DescribeUserScramCredentialsResponse

from migrate.adapters.kafka.connection import Connection
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.adapters.kafka.wire import Wire
from migrate.errors import Unreachable
from tests import many_groups
from tests.fake_broker import FakeBroker

_NOT_LEADER_OR_FOLLOWER = 6


@contextmanager
def survey(fake: FakeBroker) -> Iterator[KafkaSurvey]:
    wire = Wire("source", [("127.0.0.1", fake.port)], timeout=2.0)
    try:
        yield KafkaSurvey(wire)
    finally:
        wire.close()


def test_no_groups_of_a_broker_that_still_starts_are_not_taken_for_none() -> None:
    # seen on 3.9.1: leaders are elected, not one serves its partition, and ListGroups says 0 without an error
    with many_groups.broker(0).running() as fake:
        answer = fake.answers["ListOffsetsRequest"]

        def starting(request: Any) -> Any:
            made = answer(request)
            for topic in made.topics:
                for partition in topic.partitions:
                    partition.error_code = _NOT_LEADER_OR_FOLLOWER
            return made

        fake.answers["ListOffsetsRequest"] = starting
        with survey(fake) as looked:
            looked.topics()
            for read in (looked.groups(), looked.transactions()):
                assert read.found == ()
                assert read.faults == (
                    "10 partitions not served, such as topic-0-0: coordinators may still be loading",
                )


def test_no_groups_of_a_broker_that_does_not_say_whether_it_serves_are_not_taken_for_none() -> None:
    with many_groups.broker(0).running() as fake, survey(fake) as looked:
        fake.answers["MetadataRequest"] = lambda _: b""
        (*_, fault) = looked.groups().faults
    assert "unknown whether coordinators are still loading" in fault


def test_a_served_cluster_without_groups_has_none() -> None:
    with many_groups.broker(0).running() as fake, survey(fake) as looked:
        looked.topics()
        assert looked.groups().faults == ()
        assert looked.transactions().faults == ()


@pytest.mark.parametrize(
    "garbage", [b"", b"\x00", b"\xff" * 40, b"HTTP/1.1 400 Bad Request\r\n\r\n"]
)
@pytest.mark.parametrize(
    "request_name", ["DescribeAclsRequest", "MetadataRequest", "ListGroupsRequest"]
)
def test_an_answer_that_does_not_decode_is_a_fault_and_no_traceback(
    request_name: str, garbage: bytes
) -> None:
    with many_groups.broker(3).running() as fake:
        size = len(garbage).to_bytes(4, "big")
        fake.answers[request_name] = lambda _: size + garbage
        with survey(fake) as looked:
            if request_name == "ListGroupsRequest":
                (fault,) = looked.groups().faults
            else:
                ask = looked.acls if request_name == "DescribeAclsRequest" else looked.topics
                with pytest.raises(Unreachable) as caught:
                    ask()
                fault = caught.value.message
        assert "it is not in Kafka's protocol" in fault


def test_a_broker_that_falls_silent_midway_is_the_fault_of_what_it_did_not_answer() -> None:
    with many_groups.broker(3).running() as fake:
        fake.answers["DescribeUserScramCredentialsRequest"] = lambda _: b""
        with survey(fake) as looked:
            looked.cluster()
            assert looked.acls().found == ()
            for ask in (looked.scram_credentials, looked.quotas):
                with pytest.raises(Unreachable, match="no answer to DescribeUserScramCredentials"):
                    ask()
            assert "no answer to" in looked.groups().faults[0]


def test_a_session_at_its_end_is_not_asked_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "_ending", property(lambda _: True))
    with many_groups.broker(3).running() as fake, survey(fake) as looked:
        assert len(looked.topics().found) == many_groups.TOPICS
        assert len(looked.groups().found) == 3
    requests = fake.asked.total() - fake.asked["ApiVersionsRequest"]
    assert fake.asked["ApiVersionsRequest"] == requests, "each on a connection of its own"


def test_one_topic_or_user_with_an_error_leaves_the_others() -> None:
    with many_groups.broker(0).running() as fake, survey(fake) as looked:
        metadata, configs = fake.answers["MetadataRequest"], fake.answers["DescribeConfigsRequest"]

        def one_wrong(request: Any) -> Any:
            made = metadata(request)
            made.topics[0].error_code = 17
            return made

        def one_refused(request: Any) -> Any:
            made = configs(request)
            made.results[0].error_code = 29
            return made

        def one_user(_request: Any) -> Any:
            result = DescribeUserScramCredentialsResponse.DescribeUserScramCredentialsResult
            row = result(user="b", error_code=-1, error_message=None, credential_infos=[])
            return DescribeUserScramCredentialsResponse(
                throttle_time_ms=0, error_code=0, error_message=None, results=[row]
            )

        fake.answers |= {
            "MetadataRequest": one_wrong,
            "DescribeConfigsRequest": one_refused,
            "DescribeUserScramCredentialsRequest": one_user,
        }
        read = looked.topics()
        assert [topic.name for topic in read.found] == [f"topic-{n}" for n in range(1, 10)]
        assert (
            "cannot describe topic topic-0 on the source: the broker answered INVALID_TOPIC (17)"
            in read.faults[0]
        )
        assert (
            "cannot describe configs of topic topic-1 on the source: kmig's principal is not "
            "authorized: TOPIC_AUTHORIZATION_FAILED (29)" in read.faults[1]
        )
        assert "describe SCRAM user b: " in looked.scram_credentials().faults[0]
