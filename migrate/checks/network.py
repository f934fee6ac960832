"""The network from where kmig runs: listeners and Connect must be reached; what only others need is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from migrate.documents.config import Config
from migrate.documents.inventory import Inventory
from migrate.model.address import Address, Reachability, only_here
from migrate.model.check import Check, Verdict
from migrate.model.cluster import Broker
from migrate.model.words import count

_SOON = timedelta(days=30)
_ORIGINS = 5


@dataclass(frozen=True)
class Side:
    """One site's addresses as declared, and as its brokers announce them; `error` where those could not be asked."""

    name: str
    bootstrap: tuple[tuple[str, int], ...]
    secure: bool
    announced: tuple[Broker, ...] = ()
    error: str = ""

    def address(self, host: str, port: int) -> Address:
        """An address of this site."""
        return Address(host=host, port=port, secure=self.secure)


@dataclass(frozen=True)
class Way:
    """One address under the name of its check; `needed` by these, and `must` be reached from here too."""

    name: str
    address: Address
    must: bool = True
    needed: tuple[str, ...] = ()


def ways(config: Config, sides: Iterable[Side], inventory: Inventory | None) -> tuple[Way, ...]:
    """Every address that this migration knows of, each once."""
    found: dict[Address, Way] = {}
    for way in (*_listeners(sides, inventory), *_connect(config), *_outside(inventory)):
        found.setdefault(way.address, way)
    return tuple(found.values())


def _listeners(sides: Iterable[Side], inventory: Inventory | None) -> Iterable[Way]:
    paths = inventory.network.found if inventory else ()
    hosts = tuple(sorted({p.origin for p in paths if p.to == "a listener of source"}))
    for side in sides:
        for b in side.announced:
            address = side.address(b.host, b.port)
            yield Way(f"broker {b.id} of {side.name} at {address}", address, needed=hosts)
        for host, port in side.bootstrap:
            address = side.address(host, port)
            yield Way(f"bootstrap address of {side.name} {address}", address)


def _connect(config: Config) -> Iterable[Way]:
    urls = {c.source: f"Connect {c.name}" for c in config.connect}
    urls |= {c.target: f"Connect {c.name} of target" for c in config.connect if c.target}
    if config.replication:
        rest = (config.replication.connect, *config.replication.workers)
        urls |= dict.fromkeys(rest, "Connect that copies")
    for url, name in urls.items():
        address = _address(url)
        if address:
            yield Way(f"{name} at {url}", address)


def _outside(inventory: Inventory | None) -> Iterable[Way]:
    """What connectors name. Their workers must reach it; from here it only may be reached."""
    needed: dict[tuple[str, str], set[str]] = {}
    for path in inventory.network.found if inventory else ():
        if path.purpose.startswith("connector "):
            needed.setdefault(("external system", path.to), set()).add(path.origin)
    for registry in inventory.registries.found if inventory else ():
        needed.setdefault(("schema registry", registry.address), set()).update(registry.used_by)
    for (what, to), origins in sorted(needed.items()):
        address = _address(to)
        if address:
            yield Way(f"{what} {to}", address, must=False, needed=tuple(sorted(origins)))


def _address(text: str) -> Address | None:
    """The address in a URL or in host:port; None where no port is named or known."""
    try:
        split = urlsplit(text if "://" in text else f"tcp://{text}")
        known = {"http": 80, "https": 443}.get(split.scheme)
        port = split.port or known
    except ValueError:
        return None
    if not split.hostname or port is None:
        return None
    return Address(host=split.hostname, port=port, secure=split.scheme == "https")


def judge(
    sides: Iterable[Side],
    wanted: Iterable[Way],
    found: Mapping[Address, Reachability],
    now: datetime,
) -> tuple[Check, ...]:
    """One check per address, and one per site that could not say what it announces."""
    listed = list(sides)
    checks = [_way(way, found[way.address], now) for way in wanted]
    away = {
        side.name: any(
            not (address.here or only_here(found[address].resolved))
            for address in (side.address(*pair) for pair in side.bootstrap)
        )
        for side in listed
    }
    for side in listed:
        if side.error:
            name = f"what brokers of {side.name} announce"
            checks.append(Check(name=name, verdict=Verdict.UNKNOWN, evidence=(side.error,)))
        lost = [b for b in side.announced if away[side.name] and side.address(b.host, b.port).here]
        checks += [_only_here(side, broker) for broker in lost]
    return tuple(checks)


def _only_here(side: Side, broker: Broker) -> Check:
    return Check(
        name=f"broker {broker.id} of {side.name} announces an address for others",
        verdict=Verdict.FAIL,
        evidence=(
            f"it announces {broker}: every client looks for it on its own machine; "
            "set its advertised.listeners",
        ),
    )


def _way(way: Way, found: Reachability, now: datetime) -> Check:
    needed = _needed(way)
    if found.error:
        verdict = Verdict.FAIL if way.must else Verdict.UNKNOWN
        return Check(
            name=way.name, verdict=verdict, evidence=(f"from here: {found.error}", *needed)
        )
    proof = f"reached from here, at {', '.join(found.resolved)}"
    if found.expires:
        soon = f": in less than {_SOON.days} days" if found.expires - now < _SOON else ""
        proof += f"; its certificate ends on {found.expires:%Y-%m-%d}{soon}"
    return Check(name=way.name, verdict=Verdict.PASS, evidence=(proof, *needed))


def _needed(way: Way) -> tuple[str, ...]:
    """Who else must reach it: that cannot be tried from here."""
    if not way.needed:
        return ()
    shown = ", ".join(way.needed[:_ORIGINS])
    more = (
        f" and {count(len(way.needed) - _ORIGINS, 'other')}" if len(way.needed) > _ORIGINS else ""
    )
    return (f"not tried from {shown}{more}",)
