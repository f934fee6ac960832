"""Where secrets are: in clear text, shared, exposed in files, or readable by more than those who need them."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePath

from migrate.assess import rule
from migrate.documents.assessment import Finding
from migrate.estate import Estate
from migrate.model.own_files import left_over
from migrate.model.secrecy import Secrecy

_IN_CLEAR: dict[Secrecy, str] = {
    "literal": "the secret is in clear text",
    "mixed": "a part of the secret is in clear text",
}


def findings(estate: Estate) -> Iterator[Finding]:
    """Yield every finding of the readiness test `secret`."""
    for connector in estate.connectors.values():
        owner = estate.connector_owner.get(connector.id, "")
        for use in connector.secrets:
            subject = f"connector {connector.id}, key `{use.key}`"
            if clear := _IN_CLEAR.get(use.secrecy):
                also = f"; equal to {use.same_as}" if use.same_as else ""
                yield rule.SECRET_LITERAL.finding(subject, f"{clear}{also}", owner)
            elif use.secrecy == "unknown":
                yield rule.SECRET_UNKNOWN.finding(subject, "a value that may be a secret", owner)
    yield from _shared(estate)
    section = estate.inventory.copies
    for exposed in section.found if section else ():
        place = f"{exposed.file}, line {exposed.line}"
        if exposed.found.startswith("provider "):
            yield rule.PROVIDER_OPEN.finding(place, exposed.found)
        else:
            what = f"{exposed.found} of {exposed.of}" if exposed.of else exposed.found
            by_kmig = left_over(PurePath(exposed.file).parts)
            owner = estate.secret_owner.get(exposed.of, "")
            if by_kmig:
                yield rule.SECRET_LEFT_OVER.finding(place, f"{what}, {by_kmig}", owner)
            else:
                yield rule.SECRET_COPY.finding(place, what, owner)


def _shared(estate: Estate) -> Iterator[Finding]:
    """Yield secrets, by reference or as equal literals, that more than one workload uses."""
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
                yield rule.SECRET_SHARED.finding(secret, f"also used by {others}", workload)
