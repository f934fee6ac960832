"""Messages of Kafka's protocol that kafka-python has no classes for; the JSON files beside this one define them.

Field names, types and versions are those of clients/src/main/resources/common/message in Apache Kafka: KIP-848
(ConsumerGroupDescribe, ConsumerGroupHeartbeat), KIP-932 (ShareGroupDescribe), KIP-1071 (StreamsGroupDescribe).
"""

import sys
import types
from typing import Any

from kafka.protocol.api_message import ApiMessage


def _message(name: str) -> Any:
    """Return kafka-python's message class for the JSON file of that name."""
    return types.new_class(name, (ApiMessage,), {"load_json": sys.modules[__name__]})


ConsumerGroupDescribeRequest = _message("ConsumerGroupDescribeRequest")
ConsumerGroupDescribeResponse = _message("ConsumerGroupDescribeResponse")
ConsumerGroupHeartbeatRequest = _message("ConsumerGroupHeartbeatRequest")
ConsumerGroupHeartbeatResponse = _message("ConsumerGroupHeartbeatResponse")
ShareGroupDescribeRequest = _message("ShareGroupDescribeRequest")
ShareGroupDescribeResponse = _message("ShareGroupDescribeResponse")
StreamsGroupDescribeRequest = _message("StreamsGroupDescribeRequest")
StreamsGroupDescribeResponse = _message("StreamsGroupDescribeResponse")
