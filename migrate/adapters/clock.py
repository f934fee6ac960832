"""The time of this machine."""

import time
from datetime import UTC, datetime


class SystemClock:
    """`migrate.ports.Clock` by this machine's clock."""

    def now(self) -> datetime:
        """See `Clock`; to the millisecond."""
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        """See `Clock`."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        time.sleep(seconds)


class FixedClock(SystemClock):
    """A `Clock` whose `now` is the moment at which a document was made."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """Return that moment, in UTC."""
        return self._moment
