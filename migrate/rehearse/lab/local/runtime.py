"""Runtime `local`: processes on this machine's Java, tied to this one."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.local import archives, home, tools
from migrate.rehearse.lab.local.home import Home


class Local:
    """Nothing to open, and nothing to close: every process dies with this one."""

    client_host = HOST
    uncounted = ""

    def __init__(self, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._environ, self._say = dict(environ), say
        self._tools = tools.find(environ)
        self._cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kmig"

    def open(self) -> None:
        """Nothing to do."""

    def kafka(self, version: str) -> Home:
        """Kafka of one version, fetched through Maven if the cache lacks it."""
        found = home.fetch(version, self._cache, self._tools, self._say)
        archives.ensure(found, self._environ, self._say)
        return found

    def seen(self) -> Iterator[tuple[str, bytes]]:
        """Processes are watched while they run."""
        return iter(())

    def close(self) -> None:
        """Nothing to do."""
