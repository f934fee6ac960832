"""What kmig runs on, for a report of a fault."""

import platform
from importlib.metadata import version

import confluent_kafka


def versions() -> dict[str, str]:
    """Return the versions of kmig, of Python and of both client libraries."""
    return {
        "kmig": version("kmig"),
        "Python": platform.python_version(),
        "confluent-kafka": version("confluent-kafka"),
        "librdkafka": confluent_kafka.libversion()[0],
        "kafka-python": version("kafka-python"),
    }
