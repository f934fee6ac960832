"""Runtime `local`: processes on this machine's Java, tied to this one."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.local import archives, home, tools
from migrate.rehearse.lab.local.home import Home


class LocalRuntime:
    """`Runtime` of processes: nothing to open or close, for every process dies with this one."""

    client_host = HOST
    uncounted = ""

    def __init__(self, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._environ, self._say = dict(environ), say
        self._tools = tools.find(environ)
        self._cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kmig"

    def open(self) -> None:
        """Do nothing."""

    def kafka(self, version: str) -> Home:
        """Return Kafka of one version; fetch it through Maven if the cache lacks it."""
        kafka = home.fetch(version, self._cache, self._tools, self._say)
        archives.ensure(kafka, self._environ, self._say)
        return kafka

    def seen(self) -> Iterator[tuple[str, bytes]]:
        """Yield nothing: processes are watched while they run."""
        return iter(())

    def close(self) -> None:
        """Do nothing."""
