"""Every way kmig says no, and the exit code each one ends with.

KmigError                       1  failed: a check says no, or a step failed
├── StepFailed                  1  a step was answered with an error; the journal has it
│   └── Rejected                1  the broker rejected the whole step: nothing was changed
├── UsageError                  2  a command line or an authored file is wrong
├── CannotTell                  3  the question has no answer now
│   ├── Passing                 3  it passes by itself: an election, a coordinator that moves
│   ├── Unreachable             3  no answer came
│   │   └── Expired             3  what was to be read was deleted meanwhile
│   ├── NotAuthenticated        3  the login was refused
│   ├── MechanismDisabled       3  the listener does not offer the SASL mechanism: no verdict on the secret
│   ├── NotAuthorized           3  the broker will not answer this principal
│   ├── Unsupported             3  the broker does not offer the request
│   └── Indeterminate           3  a write was sent and no answer came: it may have happened
└── Refused                     4  a safety rule forbids it; nothing was changed
    ├── Stale                   4  an input changed since the document that names it was made
    └── Broken                  4  a file was edited, or is not what kmig wrote

Each error carries one message (what and where) and one hint (what to do), and is printed once, by the command line.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """What the process ends with; a runbook can branch on it."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNKNOWN = 3
    REFUSED = 4
    INTERRUPTED = 130


class KmigError(Exception):
    """Something kmig can explain: a message of a line or several, a hint, an exit code."""

    exit: ClassVar[Exit] = Exit.FAILED

    def __init__(self, message: str | Iterable[str], hint: str = "") -> None:
        self.lines = (message,) if isinstance(message, str) else tuple(message)
        # for a cell or a line of the journal; a line break in it can only come from a name
        self.message = "; ".join(line.strip() for line in self.lines)
        self.hint = hint
        super().__init__(self.message)


class StepFailed(KmigError):
    """A step was answered with an error; what was done before it is in the journal.

    `noted` is the step with what it has seen all the same, where that must not be forgotten.
    """

    noted: object = None


class PauseOver(StepFailed):
    """Writes have been paused for longer than people allow, and the way back is open."""


class NotRun(StepFailed):
    """A hook was not run, because another one had failed."""


class Rejected(StepFailed):
    """The broker rejected the whole of a step: nothing was changed."""


class UsageError(KmigError):
    """A command line or an authored file is wrong."""

    exit = Exit.USAGE


class CannotTell(KmigError):
    """The question has no answer now."""

    exit = Exit.UNKNOWN


class Passing(CannotTell):
    """What passes by itself within seconds: a partition without a leader, a coordinator that moves."""


class Unreachable(CannotTell):
    """No answer came from that address in the time given."""


class Expired(Unreachable):
    """The log's start has passed what was to be read since its ends were asked for."""


class NotAuthenticated(CannotTell):
    """The login was refused by the broker (error 58, or no common mechanism)."""


class MechanismDisabled(CannotTell):
    """The listener does not offer the SASL mechanism: that is no verdict on the secret."""


class NotAuthorized(CannotTell):
    """The broker will not answer this principal."""


class Unsupported(CannotTell):
    """The broker does not offer the request, or has the feature switched off."""


class Indeterminate(CannotTell):
    """A write was sent and no answer came: it may or may not have happened."""


class Refused(KmigError):
    """A safety rule forbids it; nothing was changed."""

    exit = Exit.REFUSED


class Stale(Refused):
    """An input changed since the document that names it was made."""


class Interrupted(BaseException):
    """Control-C, or a request to end. No handler of errors may take it for one: what was done is in the journal."""


class Broken(Refused):
    """A file was edited, or is not what kmig wrote."""
