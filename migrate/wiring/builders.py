"""Processes that make maps: on this machine, or workers of a Dask cluster. Each resolves references by itself.

What travels are places, lines of maps, offsets and rates: no secret and no content of a record.
"""

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from migrate.errors import CannotTell, KmigError, Refused
from migrate.logs.looking import Pair, pair
from migrate.logs.many import built
from migrate.ports import Sites
from migrate.ports.maps import Builders, Built, Slice

KMIG = "kmig"


@dataclass(frozen=True)
class Same:
    """What every process must agree on: kmig's version, and what tells the key of the fingerprints."""

    version: str
    key: str

    @classmethod
    def here(cls, sites: Sites) -> "Same":
        """Return what this process has."""
        return cls(version(KMIG), sites.source.records.key_check())


_opened: dict[str, tuple[ExitStack, Sites]] = {}
"""Of a process that makes slices: its connections, by the migration directory."""


def _sites(directory: str, environ: Mapping[str, str]) -> Sites:
    if directory not in _opened:
        from migrate.folder import Folder
        from migrate.wiring.sites import both

        stack = ExitStack()
        opened = stack.enter_context(both(Folder(Path(directory)), environ))
        _opened[directory] = stack, opened.sites
    return _opened[directory][1]


def build(directory: str, environ: Mapping[str, str], same: Same, one: Slice) -> Built:
    """Make a slice in this process; refuse one that another version or another key would make."""
    sites = _sites(directory, environ)
    if (here := Same.here(sites)) != same:
        what = "version of kmig" if here.version != same.version else "key of the fingerprints"
        raise Refused(
            f"a process that makes maps has another {what}",
            "give each worker the same kmig, and the same maps/key.properties",
        )
    sides: Pair = pair(sites, [one.place[0]])
    return built(sides, one)


@dataclass(frozen=True)
class LocalBuilders:
    """`migrate.ports.maps.Builders` as processes on this machine."""

    pool: ProcessPoolExecutor
    count: int
    directory: str
    environ: Mapping[str, str]
    same: Same

    def built(self, slices: Iterable[Slice]) -> Iterator[Built]:
        """See `Builders`."""
        asked = [
            self.pool.submit(build, self.directory, self.environ, self.same, one) for one in slices
        ]
        for done in as_completed(asked):
            yield done.result()


@contextmanager
def local(
    directory: Path, environ: Mapping[str, str], sites: Sites, count: int
) -> Iterator[Builders]:
    """Start processes on this machine; they end with the block."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=spawned) as pool:
        try:
            yield LocalBuilders(pool, count, str(directory), dict(environ), Same.here(sites))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@dataclass(frozen=True)
class DaskBuilders:
    """`migrate.ports.maps.Builders` as workers of a Dask cluster; a lost worker's slice is made by another."""

    client: Any
    count: int
    directory: str
    same: Same

    def built(self, slices: Iterable[Slice]) -> Iterator[Built]:
        """See `Builders`."""
        from distributed import as_completed as completed

        asked = [
            self.client.submit(build_there, self.directory, self.same, one, pure=False)
            for one in slices
        ]
        for done in completed(asked, loop=self.client.loop):
            try:
                yield done.result()
            except KmigError:
                raise
            except Exception as error:
                raise CannotTell(
                    f"a worker of the Dask cluster failed: {error}",
                    "read the worker's log; then rerun the command: it goes on where the maps end",
                ) from error


def build_there(directory: str, same: Same, one: Slice) -> Built:
    """Make a slice in a worker, whose own environment resolves the references."""
    import os

    return build(directory, dict(os.environ), same, one)


@contextmanager
def dask(address: str, directory: Path, sites: Sites) -> Iterator[Builders]:
    """Reach a Dask scheduler; it executes what it is sent, so beyond this machine only through TLS."""
    host = address.partition("://")[2].rpartition(":")[0].strip("[]")
    if not address.startswith("tls://") and host not in ("127.0.0.1", "localhost", "::1"):
        raise Refused(
            f"the Dask scheduler {address} is reached without TLS, and it executes what it is sent",
            "use tls:// in `policy.verify.workers`, or a scheduler on this machine",
        )
    try:
        from distributed import Client
    except ImportError as error:
        raise CannotTell(
            "`policy.verify.workers` names a Dask scheduler, and `distributed` is not installed",
            "pip install 'kmig[dask]'",
        ) from error
    try:
        client = Client(address, timeout="15s", set_as_default=False)
    except OSError as error:
        raise CannotTell(f"cannot reach the Dask scheduler {address}: {error}") from error
    with client:
        threads = client.nthreads()
        if not threads:
            raise CannotTell(f"the Dask scheduler {address} has no worker", "start its workers")
        yield DaskBuilders(client, sum(threads.values()), str(directory), Same.here(sites))
