"""The real kmig, killed with -9 at one request that creates ACLs: `killed_at_write.py POINT ARGUMENTS…`.

Each request has two points: before it goes out, and when its answer has come.
"""

import sys
from typing import Any

from migrate.adapters.kafka.writer import KafkaWriter
from migrate.cli.main import main
from tests.live.countdown import tick

sent = KafkaWriter._send


def dying(self: KafkaWriter, request: Any, broker: int | None = None) -> Any:
    if request.name != "CreateAclsRequest":
        return sent(self, request, broker)
    tick()
    answer = sent(self, request, broker)
    tick()
    return answer


KafkaWriter._send = dying  # type: ignore[method-assign]
sys.exit(main(sys.argv[2:]))
