"""The time of this machine."""

import time
from datetime import UTC, datetime


class SystemClock:
    """`migrate.ports.Clock` as it is."""

    def now(self) -> datetime:
        """The time in UTC, to the millisecond."""
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
