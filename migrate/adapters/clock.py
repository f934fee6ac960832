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


class FixedClock(SystemClock):
    """The same, where everything was looked at before."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """That moment, in UTC."""
        return self._moment
