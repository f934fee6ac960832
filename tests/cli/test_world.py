"""Commands in a world that is not this machine: its time, its user, its clusters, its disk."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer

from migrate.checks.network import Side
from migrate.cli.apply import apply
from migrate.cli.approve import approve
from migrate.cli.inventory import inventory
from migrate.cli.plan import plan
from migrate.cli.review import review
from migrate.cli.session import Session
from migrate.cli.status import status
from migrate.cli.verify import verify
from migrate.cli.world import OpenWorld
from migrate.documents.config import SiteConfig
from migrate.documents.inventory import ClusterInfo, Inventory
from migrate.errors import CannotTell, KmigError
from migrate.folder import INVENTORY, Folder
from migrate.inventory.take import InventorySource
from migrate.model.address import Address, Reachability
from migrate.ports import Access, Site, Sites, WritableSite
from migrate.ports.address_tester import AddressTester
from migrate.rehearse.worlds.disk import MemoryDisk
from tests import estate
from tests.fakes.memory import MemoryClock, MemoryCluster, MemoryHeads

CONFIG = """
version: 1
name: elsewhere
source: {bootstrap_servers: "s:9092", allow_everyone_if_no_acl_found: false, command_config: no-such-file}
target: {bootstrap_servers: "t:9092", allow_everyone_if_no_acl_found: false, command_config: no-such-file}
sensitivity: [public]
replication: {connect: "http://m:8083", principal: "User:copier"}
"""
WORKLOADS = """
workloads:
  - {name: a, kind: producer, owner: team, sensitivity: public, principal: "User:a", writes: [{topic: t}],
     switch: {command: {stop: [x], start: [x]}}}
"""
PLACE = Path("/elsewhere")
LONG_AGO = datetime(2001, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class MemorySites:
    """`migrate.cli.world.OpenWorld` in memory."""

    sites: Sites
    heads: MemoryHeads
    access: tuple[Access, Access]

    def writes(self) -> int:
        """Those to the target."""
        return len(cast(MemoryCluster, self.sites.target.writer).writes)


class Silent:
    """An `AddressTester` to which nothing answers."""

    def try_all(self, addresses: Any) -> dict[Address, Reachability]:
        return {one: Reachability(error="nothing answers") for one in addresses}


@dataclass
class Elsewhere:
    """`migrate.cli.world.World` in memory, in 2001; it notes what it was asked for."""

    time: MemoryClock = field(default_factory=lambda: MemoryClock(LONG_AGO))
    source_cluster: MemoryCluster = field(default_factory=lambda: MemoryCluster("source"))
    target_cluster: MemoryCluster = field(default_factory=lambda: MemoryCluster("target"))
    heads: MemoryHeads = field(default_factory=MemoryHeads)
    asked: list[str] = field(default_factory=list)

    def clock(self) -> MemoryClock:
        return self.time

    def user(self) -> str:
        return "the night shift"

    @contextmanager
    def opening(
        self, folder: Folder, *, moving: bool, tell: Callable[[str], None]
    ) -> Iterator[OpenWorld]:
        assert not moving
        source, target = self.source_cluster, self.target_cluster
        sites = Sites(
            Site("source", source, source, source),
            WritableSite("target", target, target, target, target),
            self.time,
            tell=tell,
        )
        nobody = cast(Access, None)
        yield MemorySites(sites, self.heads, (nobody, nobody))

    def source(
        self, folder: Folder, *, kcp_state: Path | None
    ) -> AbstractContextManager[InventorySource]:
        self.asked.append(f"source of {folder.config().name}, {kcp_state}")
        raise CannotTell("the source of this world is asleep")

    def network(self, folder: Folder) -> tuple[tuple[Side, ...], AddressTester]:
        return (Side("source", (("s", 9092),), secure=False),), Silent()

    def builders(self, folder: Folder, sites: Sites) -> AbstractContextManager[None]:
        return nullcontext(None)

    def own_login(self, folder: Folder, site: SiteConfig) -> tuple[str, str]:
        self.asked.append(f"login to {site.bootstrap_servers}")
        return "User:kmig", "SCRAM-SHA-512"


@pytest.fixture
def world() -> Elsewhere:
    made = Elsewhere()
    made.source_cluster.acl_set = set(estate.acls("ALLOW WRITE on topic t to User:a"))
    return made


@pytest.fixture
def context(world: Elsewhere) -> typer.Context:
    """What a command function takes, with an inventory of that world's day, in a folder of that world's disk."""
    disk = MemoryDisk()
    disk.make_folder(PLACE)
    here = Session(Folder(PLACE, disk), world, "table")
    here.folder.write("kmig.yaml", CONFIG)
    here.folder.write("workloads.yaml", WORKLOADS)
    here.folder.save(INVENTORY, looked(world))
    return cast(typer.Context, SimpleNamespace(obj=here))


def looked(world: Elsewhere) -> Inventory:
    """Return the inventory of the world's source."""
    brokers = world.source_cluster.brokers()
    made = estate.inventory(
        topics=(estate.topic("t"),),
        acl=tuple(world.source_cluster.acl_set),
        cluster=estate.section(ClusterInfo(cluster_id="id-source", brokers=brokers)),
    )
    return made.model_copy(update={"taken_at": world.time.now()})


def test_whole_commands_run_in_a_world_that_is_not_this_machine(
    context: typer.Context, world: Elsewhere, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its inventory is too old by this machine's clock: every age, name, stamp and file is that world's."""
    folder = context.obj.folder
    plan(context)
    approve(context, 1, "owner")
    status(context)
    apply(context, 1, yes=True)
    verify(context, ["acls"])
    review(context)
    review(context)
    said = capsys.readouterr()
    assert "kmig acts on this plan until 2001-" in said.err
    assert "warning: made from" not in said.err
    assert "approved as owner by the night shift" in said.out
    stamps = {(one.at, one.by) for one in folder.journal().journal.entries}
    assert stamps == {(LONG_AGO, "the night shift")}
    assert world.target_cluster.writes == ["create_topic t"]
    assert world.heads.head is not None
    assert [name[:8] for name in folder.disk.names(PLACE / "reports")] == ["20010203"]
    assert folder.disk.names(PLACE / "reviews") == ("2001-02-03-2.json", "2001-02-03.json")
    assert not PLACE.exists()
    assert set(world.asked) == {"login to t:9092"}


def test_what_a_world_refuses_is_the_command_s_error(
    context: typer.Context, world: Elsewhere
) -> None:
    with pytest.raises(CannotTell, match="of this world is asleep"):
        inventory(context)
    with pytest.raises(KmigError, match="verification failed"):
        verify(context, ["network"])
    assert world.asked == ["source of elsewhere, None"]
