"""MirrorMaker 2, its worker, and servers that are killed."""

from typing import NamedTuple


class StartCopy(NamedTuple):
    """A MirrorMaker source connector as kmig configures it; `configs` change that. Answered with the HTTP status."""

    name: str
    topics: tuple[str, ...]
    configs: tuple[tuple[str, str], ...] = ()
    stopped: bool = False


class PutCopy(NamedTuple):
    """The connector's config is put again."""

    name: str
    topics: tuple[str, ...]
    configs: tuple[tuple[str, str], ...] = ()


class StopCopy(NamedTuple):
    """Answered when no task is left."""

    name: str


class PauseCopy(NamedTuple):
    name: str


class ResumeCopy(NamedTuple):
    name: str


class RestartCopy(NamedTuple):
    """Failed tasks are restarted."""

    name: str


class DeleteCopy(NamedTuple):
    name: str


class CopyStatus(NamedTuple):
    """`("RUNNING", "RUNNING")`: the connector, then the states of its tasks, each once."""

    name: str


class Positions(NamedTuple):
    """The connector's offsets, `("t-0=2",)`, or the HTTP status that refuses them."""

    name: str


class SetPosition(NamedTuple):
    name: str
    topic: str
    offset: int
    partition: int = 0


class ResetPositions(NamedTuple):
    name: str


class KillWorker(NamedTuple):
    """The only worker is killed (-9)."""


class StartWorker(NamedTuple):
    """It starts again; answered when it is ready."""


class KillBroker(NamedTuple):
    """The source's broker is killed (-9) and starts again."""


class LoseTail(NamedTuple):
    """The source's broker is killed and comes back without the last batch of a log, as after an unclean election."""

    topic: str
