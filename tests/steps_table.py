"""Every step kmig can make, and an estate for them: played in memory and on real clusters."""

from migrate.steps import CreateAcls, CreateCredential, CreateTopic, SetQuota, Step
from tests.estate import acls

SECRET = "${env:KMIG_TEST_APP}"
SOURCE_USER = "life-app"
ISSUED_USER = "life-new"
ISSUED = "${file:issued.properties:life-new}"

STEPS: tuple[Step, ...] = (
    CreateTopic(
        because="test",
        name="life.topic",
        partitions=2,
        replication_factor=1,
        configs={"cleanup.policy": "delete", "retention.ms": "-1"},
    ),
    CreateCredential(
        because="test",
        user=SOURCE_USER,
        source_user=SOURCE_USER,
        mechanism="SCRAM-SHA-512",
        iterations=4096,
        secret=SECRET,
    ),
    CreateCredential(
        because="test",
        user=ISSUED_USER,
        source_user=ISSUED_USER,
        mechanism="SCRAM-SHA-256",
        iterations=8192,
        secret=ISSUED,
        issued=True,
    ),
    CreateAcls(
        because="test",
        part="deny",
        acls=acls("DENY READ on topic prefixed life. to User:other from 10.1.1.1"),
    ),
    CreateAcls(
        because="test",
        part="allow",
        acls=acls(
            "ALLOW READ on topic life.topic to User:life-app",
            "ALLOW READ on group prefixed life- to User:life-app",
            "ALLOW WRITE on transactional_id life to User:life-app",
        ),
    ),
    SetQuota(because="test", entity={"user": "life-app"}, values={"producer_byte_rate": 1048576.0}),
    SetQuota(
        because="test",
        entity={"user": "life-app", "client-id": None},
        values={"consumer_byte_rate": 2048.0, "request_percentage": 50.0},
    ),
)
