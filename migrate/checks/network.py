"""verify network: the listeners and Connect workers that kmig must reach, and addresses that only others need."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from migrate.documents.config import Config
from migrate.documents.inventory import Inventory
from migrate.model.address import Address, Reachability, only_here, soon
from migrate.model.check import Check, Verdict
from migrate.model.cluster import Broker
from migrate.model.words import count

_ORIGINS = 5


@dataclass(frozen=True)
class Side:
    """One site's addresses: declared in kmig.yaml, and announced by its brokers, or the `error` of asking them."""

    name: str
    bootstrap: tuple[tuple[str, int], ...]
    secure: bool
    announced: tuple[Broker, ...] = ()
    error: str = ""

    def address(self, host: str, port: int) -> Address:
        """Return an address of this site."""
        return Address(host=host, port=port, secure=self.secure)


@dataclass(frozen=True)
class Endpoint:
    """One address, under the name of its check.

    `must`: kmig itself must reach it. `needed` are the hosts and workers that must reach it too.
    """

    name: str
    address: Address
    must: bool = True
    needed: tuple[str, ...] = ()


def endpoints(
    config: Config, sides: Iterable[Side], inventory: Inventory | None
) -> tuple[Endpoint, ...]:
    """Return every address that this migration knows of, each once."""
    by_address: dict[Address, Endpoint] = {}
    for endpoint in (*_listeners(sides, inventory), *_connect(config), *_outside(inventory)):
        by_address.setdefault(endpoint.address, endpoint)
    return tuple(by_address.values())


def _listeners(sides: Iterable[Side], inventory: Inventory | None) -> Iterable[Endpoint]:
    paths = inventory.network.found if inventory else ()
    hosts = tuple(sorted({p.origin for p in paths if p.to == "a listener of source"}))
    for side in sides:
        for b in side.announced:
            address = side.address(b.host, b.port)
            yield Endpoint(f"broker {b.id} of {side.name} at {address}", address, needed=hosts)
        for host, port in side.bootstrap:
            address = side.address(host, port)
            yield Endpoint(f"bootstrap address of {side.name} {address}", address)


def _connect(config: Config) -> Iterable[Endpoint]:
    urls = {url: name for name, access in config.connects for url in access.addresses}
    for url, name in urls.items():
        address = address_of(url)
        if address:
            yield Endpoint(f"{name} at {url}", address)


def _outside(inventory: Inventory | None) -> Iterable[Endpoint]:
    """Yield the addresses that connector configs name: their workers must reach them, and kmig need not."""
    needed: dict[tuple[str, str], set[str]] = {}
    for path in inventory.network.found if inventory else ():
        if path.purpose.startswith("connector "):
            needed.setdefault(("external system", path.to), set()).add(path.origin)
    for registry in inventory.registries.found if inventory else ():
        needed.setdefault(("schema registry", registry.address), set()).update(registry.used_by)
    for (what, to), origins in sorted(needed.items()):
        address = address_of(to)
        if address:
            yield Endpoint(f"{what} {to}", address, must=False, needed=tuple(sorted(origins)))


def address_of(text: str) -> Address | None:
    """Return the address in a URL or in host:port; None if no port is named or known."""
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
    wanted: Iterable[Endpoint],
    reached: Mapping[Address, Reachability],
    now: datetime,
) -> tuple[Check, ...]:
    """Return one check per address, and one per site whose brokers could not be asked what they announce."""
    listed = list(sides)
    checks = [_endpoint(endpoint, reached[endpoint.address], now) for endpoint in wanted]
    remote = {
        side.name: any(
            not (address.here or only_here(reached[address].resolved))
            for address in (side.address(*pair) for pair in side.bootstrap)
        )
        for side in listed
    }
    for side in listed:
        if side.error:
            name = f"what brokers of {side.name} announce"
            checks.append(Check(name=name, verdict=Verdict.UNKNOWN, evidence=(side.error,)))
        if remote[side.name]:
            local = [b for b in side.announced if side.address(b.host, b.port).here]
            checks += [_only_here(side, broker) for broker in local]
    return tuple(checks)


def _only_here(side: Side, broker: Broker) -> Check:
    return Check(
        name=f"broker {broker.id} of {side.name} announces an address for others",
        verdict=Verdict.FAIL,
        evidence=(
            f"it announces {broker}, which every client takes for its own machine: "
            "set its advertised.listeners",
        ),
    )


def _endpoint(endpoint: Endpoint, reached: Reachability, now: datetime) -> Check:
    untried = _untried(endpoint)
    if reached.error:
        verdict = Verdict.FAIL if endpoint.must else Verdict.UNKNOWN
        evidence = (f"from here: {reached.error}", *untried)
        return Check(name=endpoint.name, verdict=verdict, evidence=evidence)
    proof = f"reached from here, at {', '.join(reached.resolved)}"
    if reached.expires:
        near = soon(reached.expires, now)
        proof += f"; its certificate expires on {reached.expires:%Y-%m-%d}{near and f', {near}'}"
    return Check(name=endpoint.name, verdict=Verdict.PASS, evidence=(proof, *untried))


def _untried(endpoint: Endpoint) -> tuple[str, ...]:
    """Return in words who else must reach the address: kmig cannot try that from here."""
    if not endpoint.needed:
        return ()
    shown = ", ".join(endpoint.needed[:_ORIGINS])
    rest = len(endpoint.needed) - _ORIGINS
    more = f" and {count(rest, 'other')}" if rest > 0 else ""
    return (f"not tried from {shown}{more}",)
