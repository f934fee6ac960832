"""Who issued a credential and when, and every place where its secret is written."""

from collections.abc import Iterator

from migrate.boundary.credentials import names_of
from migrate.boundary.view import View
from migrate.documents.boundary import Credential, Line
from migrate.documents.inventory import State
from migrate.documents.secrets import Issued
from migrate.journal import standing
from migrate.model.connector import Connector, SecretUse
from migrate.model.words import count, first_of
from migrate.steps import ForgetSecret, IssueSecret

SCAN = "kmig inventory --scan PATH"


def issued(view: View, credential: Credential) -> Iterator[Line]:
    """Yield who made the credential and when: by this migration's journal, as people wrote it, as its store says."""
    by_people = [*_journalled(view, credential), *_declared(view, credential)]
    yield from by_people
    yield from _stored(view, credential)
    writers = [view.stores[secret].by for secret in credential.secrets if secret in view.stores]
    if not by_people and not any(writers):
        keeps = "brokers keep no date" if credential.kind == "kafka" else "no store tells it"
        yield Line(
            what="issued",
            evidence=f"{keeps}, and workloads.yaml has no `issued` for it",
            known=False,
        )


def _journalled(view: View, credential: Credential) -> Iterator[Line]:
    """Yield what this migration made on the target."""
    if credential.kind != "kafka":
        return
    user = view.estate.mapped(credential.principal).removeprefix("User:")
    for mechanism, number in standing.on_target(view.journal, user):
        entry = view.journal.entry(number)
        yield Line(
            what=f"{mechanism} on the target, {entry.at:%Y-%m-%d %H:%M} UTC, typed by {entry.by}",
            evidence=f"journal, entry {number}",
        )


def _declared(view: View, credential: Credential) -> Iterator[Line]:
    for name in credential.workloads:
        workload = view.estate.workloads[name]
        made: list[Issued | None] = []
        if credential.kind == "kafka" and workload.principal == credential.principal:
            made = [workload.credential.issued if workload.credential else None]
        elif credential.kind == "external":
            made = [e.issued for e in workload.external if e.secret in credential.secrets]
        for one in filter(None, made):
            yield Line(what=f"{one.on} by {one.by}", evidence=f"workloads.yaml, workload {name}")


def _stored(view: View, credential: Credential) -> Iterator[Line]:
    for secret in credential.secrets:
        stored = view.stores.get(secret)
        if stored and stored.changed:
            by = f" by {stored.by}" if stored.by else ""
            yield Line(
                what=f"last written {stored.changed:%Y-%m-%d %H:%M} UTC{by}",
                evidence=f"its store: {stored.place}",
            )


def stored(view: View, credential: Credential) -> Iterator[Line]:
    """Yield every place that holds the secret, and the places where nobody looked."""
    for secret in credential.secrets:
        if secret.startswith("${"):
            yield from _reference(view, secret)
    yield from _literals(view, credential)
    yield from _files(view, credential)
    yield from _of_rotations(view, credential)
    yield from _on_brokers(view, credential)
    if not credential.secrets:
        yield Line(
            what="where its users keep the secret",
            evidence="no reference in workloads.yaml names it, and no connector's config",
            known=False,
        )
    if why := view.connect_unread:
        yield Line(what="copies in connectors' configs", evidence=why, known=False)


def _reference(view: View, reference: str) -> Iterator[Line]:
    found = view.stores.get(reference)
    if found is None:
        yield Line(
            what=reference,
            evidence="the store was not looked at: rerun kmig inventory",
            known=False,
        )
        return
    if found.unknown:
        what = f"{reference}: {found.place}" if found.place else reference
        yield Line(what=what, evidence=found.unknown, known=False)
    else:
        yield Line(what=found.place, evidence=f"{reference}: kmig inventory looked there")
    for version in found.versions:
        yield Line(what=f"{reference}: {version}", evidence=f"older versions in {found.place}")
    if found.resolves_to:
        yield Line(
            what=f"{reference} holds the text {found.resolves_to}",
            evidence="Kafka resolves a reference once: clients use that text as the secret",
        )


def literal_uses(view: View, credential: Credential) -> Iterator[tuple[Connector, SecretUse]]:
    """Yield the config keys that hold the secret in clear."""
    for name in credential.connectors:
        connector = view.estate.connectors[name]
        for use in connector.secrets:
            in_clear = use.secrecy in ("literal", "mixed")
            literal = set(names_of(connector, use)) - set(use.references) if in_clear else set()
            if in_clear and (literal or {use.of}) & set(credential.secrets):
                yield connector, use


def _literals(view: View, credential: Credential) -> Iterator[Line]:
    """Yield the connector configs with the secret in clear, and the topics that Connect keeps them in."""
    clusters: dict[str, list[str]] = {}
    for connector, use in literal_uses(view, credential):
        equal = f": equal to {use.of or use.same_as}" if use.of or use.same_as else ""
        yield Line(
            what=f"connector {connector.id}, key `{use.key}`: in clear{equal}",
            evidence=f"config that Connect {connector.cluster} answered",
        )
        clusters.setdefault(connector.cluster, []).append(connector.name)
    for cluster, names in sorted(clusters.items()):
        topics, how, certain = view.config_topics[cluster]
        inside = f"the config of {first_of(names, 3)}"
        for topic in topics:
            yield Line(
                what=f"topic {topic}: {inside}",
                evidence=f"config topic of Connect {cluster}: {how}"
                if certain
                else f"one of {count(len(topics), 'topic')} that may be the config topic of Connect {cluster}: {how}",
                known=certain,
            )
            yield Line(
                what=f"topic {topic}: older configs",
                evidence="kmig does not read that topic; compaction keeps an old config for a time",
                known=False,
            )
        if not topics:
            yield Line(what=f"config topic of Connect {cluster}", evidence=how, known=False)


def _files(view: View, credential: Credential) -> Iterator[Line]:
    section = view.estate.inventory.copies
    if section is None:
        yield Line(what="copies in files", evidence=f"not searched: {SCAN}", known=False)
        return
    for exposed in view.exposed(credential):
        place = f"{exposed.file}, line {exposed.line}"
        yield Line(what=f"{place}: {exposed.found}", evidence="kmig inventory --scan")
    if section.standing is not State.COMPLETE:
        yield Line(what="more copies in files", evidence=section.error, known=False)
    unsearched = [s for s in credential.secrets if not s.startswith("${")]
    if unsearched and len(unsearched) == len(credential.secrets):
        why = "its value has no reference in workloads.yaml, so files were not searched for it"
        yield Line(what="copies in files", evidence=why, known=False)


def _of_rotations(view: View, credential: Credential) -> Iterator[Line]:
    """Yield the secrets of a rotation that kmig keeps until the old one is proven dead."""
    if credential.kind != "kafka":
        return
    user = view.estate.mapped(credential.principal).removeprefix("User:")
    forgotten = {s.user for _, s in view.journal.standing(ForgetSecret)}
    kept = [state for state, s in view.journal.standing(IssueSecret) if s.user == user]
    if kept and user not in forgotten:
        yield Line(
            what="the migration directory: the old or the next secret of a rotation",
            evidence=f"journal, entry {kept[-1].seq}: the rotation is not finished",
        )


def _on_brokers(view: View, credential: Credential) -> Iterator[Line]:
    if credential.kind != "kafka":
        return
    section = view.estate.inventory.scram
    mechanisms = [s.mechanism for s in section.found if s.principal == credential.principal]
    if mechanisms:
        yield Line(
            what=f"brokers of the source: salted hash, {', '.join(mechanisms)}",
            evidence="section scram",
        )
    elif section.standing is not State.COMPLETE:
        why = f"section scram is {section.standing.value}: {section.error}"
        yield Line(what="brokers of the source", evidence=why, known=False)
