"""Where secrets are: in clear, shared, copied, or readable for more than those who need them."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePath

from migrate.assess import rule
from migrate.documents.assessment import Finding
from migrate.estate import Estate
from migrate.model.own_files import left_over


def findings(estate: Estate) -> Iterator[Finding]:
    """Every finding of the readiness test `secret`."""
    for connector in estate.connectors.values():
        owner = estate.connector_owner.get(connector.id, "")
        for use in connector.secrets:
            subject = f"connector {connector.id}, key `{use.key}`"
            if use.secrecy in ("literal", "mixed"):
                also = f"; the same one stands in {use.same_as}" if use.same_as else ""
                yield rule.SECRET_LITERAL.found(subject, f"{use.secrecy}{also}", owner)
            elif use.secrecy == "unknown":
                yield rule.SECRET_UNKNOWN.found(subject, "an opaque value", owner)
    yield from _shared(estate)
    copies = estate.inventory.copies
    for copy in copies.found if copies else ():
        place = f"{copy.file}, line {copy.line}"
        if copy.found.startswith("provider "):
            yield rule.PROVIDER_OPEN.found(place, copy.found)
        else:
            what = f"{copy.found} of {copy.of}" if copy.of else copy.found
            mine = left_over(PurePath(copy.file).parts)
            owner = estate.secret_owner.get(copy.of, "")
            if mine:
                yield rule.SECRET_LEFT_OVER.found(place, f"{what}, {mine}", owner)
            else:
                yield rule.SECRET_COPY.found(place, what, owner)


def _shared(estate: Estate) -> Iterator[Finding]:
    """One secret, by its reference or as an equal literal, used by more than one workload."""
    users: dict[str, set[str]] = defaultdict(set)
    for each in estate.workloads.values():
        for secret in each.secrets:
            users[secret].add(each.name)
    for connector in estate.connectors.values():
        owner = estate.connector_owner.get(connector.id, f"connector {connector.id}")
        for use in connector.secrets:
            for reference in use.references:
                users[reference].add(owner)
            if use.secrecy == "literal":
                users[use.same_as or f"{connector.id}, key `{use.key}`"].add(owner)
    for secret, names in sorted(users.items()):
        if len(names) > 1:
            for name in sorted(names):
                others = ", ".join(sorted(names - {name}))
                workload = name if name in estate.workloads else ""
                yield rule.SECRET_SHARED.found(secret, f"{others} uses it too", workload)
