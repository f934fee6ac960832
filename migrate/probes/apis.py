"""Kafka's requests that clients send, by key, and which needs of an estate each one serves."""

from migrate.model.probe import Need

CLIENT_APIS = {
    0: "Produce",
    1: "Fetch",
    2: "ListOffsets",
    3: "Metadata",
    8: "OffsetCommit",
    9: "OffsetFetch",
    10: "FindCoordinator",
    11: "JoinGroup",
    12: "Heartbeat",
    13: "LeaveGroup",
    14: "SyncGroup",
    15: "DescribeGroups",
    16: "ListGroups",
    17: "SaslHandshake",
    18: "ApiVersions",
    19: "CreateTopics",
    20: "DeleteTopics",
    21: "DeleteRecords",
    22: "InitProducerId",
    23: "OffsetForLeaderEpoch",
    24: "AddPartitionsToTxn",
    25: "AddOffsetsToTxn",
    26: "EndTxn",
    28: "TxnOffsetCommit",
    29: "DescribeAcls",
    30: "CreateAcls",
    31: "DeleteAcls",
    32: "DescribeConfigs",
    33: "AlterConfigs",
    35: "DescribeLogDirs",
    36: "SaslAuthenticate",
    37: "CreatePartitions",
    38: "CreateDelegationToken",
    39: "RenewDelegationToken",
    40: "ExpireDelegationToken",
    41: "DescribeDelegationToken",
    42: "DeleteGroups",
    44: "IncrementalAlterConfigs",
    47: "OffsetDelete",
    48: "DescribeClientQuotas",
    49: "AlterClientQuotas",
    50: "DescribeUserScramCredentials",
    51: "AlterUserScramCredentials",
    60: "DescribeCluster",
    61: "DescribeProducers",
    65: "DescribeTransactions",
    66: "ListTransactions",
    68: "ConsumerGroupHeartbeat",
    69: "ConsumerGroupDescribe",
    71: "GetTelemetrySubscriptions",
    72: "PushTelemetry",
    74: "ListConfigResources",
    75: "DescribeTopicPartitions",
    76: "ShareGroupHeartbeat",
    77: "ShareGroupDescribe",
    78: "ShareFetch",
    79: "ShareAcknowledge",
    88: "StreamsGroupHeartbeat",
    89: "StreamsGroupDescribe",
    90: "DescribeShareGroupOffsets",
    91: "AlterShareGroupOffsets",
    92: "DeleteShareGroupOffsets",
}
"""Of org.apache.kafka.common.protocol.ApiKeys; what brokers and controllers say to each other is left out."""

_GROUP = (8, 9, 10, 11, 12, 13, 14)
_TRANSACTION = (10, 22, 24, 25, 26, 28)
SERVES: dict[Need, tuple[int, ...]] = {
    # what kmig itself sends, in every run
    "kmig": (0, 1, 2, 3, 8, 9, 10, 16, 18, 19, 20, 22, 29, 30, 31, 32, 44, 47, 50, 51, 60),
    "writes": (0, 3, 22),
    "reads": (1, 2, 3),
    "groups": _GROUP,
    "transactions": _TRANSACTION,
    "consumer-protocol groups": (68, 8, 9, 10),
    "deleted records": (21,),
    "quotas": (48, 49),
    "scram": (17, 36),
}
"""Requests without which a need is not met."""

Versions = dict[int, tuple[int, int]]


def lost(source: Versions, target: Versions) -> list[int]:
    """Keys that the source offers to clients and the target does not, or in no version that both know."""

    def common(key: int) -> bool:
        low, high = target.get(key, (0, -1))
        return max(source[key][0], low) <= min(source[key][1], high)

    return [key for key in sorted(source) if key in CLIENT_APIS and not common(key)]


def begin_later(source: Versions, target: Versions) -> list[int]:
    """Keys whose oldest versions the target lacks: clients that know only those are refused there."""
    both = (key for key in sorted(source) if key in CLIENT_APIS and key in target)
    return [key for key in both if target[key][0] > source[key][0]]
