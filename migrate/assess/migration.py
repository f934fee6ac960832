"""Whether the target can take what moves: sections not read, groups, offsets, names, configs, transactions."""

from collections.abc import Iterator

from migrate.assess import rule
from migrate.documents.assessment import Finding
from migrate.documents.config import Profile
from migrate.documents.inventory import EVIDENCE, State
from migrate.estate import Estate
from migrate.model.cluster import Group
from migrate.model.mirrormaker import uncopied_before_4
from migrate.model.words import count, named
from migrate.plan.safety import hidden
from migrate.plan.topic_configs import decide

_CLASSIC_ONLY: tuple[Profile, ...] = ("automq-oss", "automq-software", "automq-byoc")
_SOON_MINUTES = 14 * 24 * 60


def findings(estate: Estate) -> Iterator[Finding]:
    """Yield every finding of the readiness test `migration`."""
    for name, section in estate.inventory.sections().items():
        if section.standing is not State.COMPLETE and name not in EVIDENCE:
            yield rule.SECTION_INCOMPLETE.finding(
                f"section {name}", section.error or section.standing
            )
    for group in estate.inventory.groups.found:
        if owner := estate.group_owner.get(group.name):
            yield from _group(estate, group, owner)
    for topic in estate.moving:
        owner = (*estate.writers[topic], *estate.readers[topic])[0]
        configs, profile = estate.topics[topic].configs, estate.config.target.profile
        for config in decide(configs, profile, estate.topic_defaults).decided:
            if config.fate != "kept":
                yield rule.CONFIG_LOST.finding(f"topic {topic}", str(config), owner)
        if uncopied_before_4(topic) and estate.config.target.profile != "automq-byoc":
            why = "MirrorMaker before Kafka 4.0 treats it as an internal topic of a Connect worker"
            yield rule.NAME_INTERNAL.finding(f"topic {topic}", why, owner)
    for topic, why in hidden(estate):
        owner = (*estate.writers[topic], *estate.readers[topic])[0]
        yield rule.NAME_HIDDEN.finding(f"topic {topic}", why, owner)
    yield from _transactional(estate)


def _transactional(estate: Estate) -> Iterator[Finding]:
    """Yield the applications with transactions, declared or found on the source."""
    declared = {id for w in estate.workloads.values() for id in w.transactional_ids}
    for transaction in estate.inventory.transactions.found:
        if transaction.id not in declared:
            evidence = f"{transaction.state}; no workload names it"
            yield rule.EXACTLY_ONCE.finding(f"transactional id {transaction.id}", evidence)
    for name, workload in estate.workloads.items():
        if workload.transactional_ids:
            evidence = count(len(workload.transactional_ids), "transactional id")
            yield rule.EXACTLY_ONCE.finding(f"workload {name}", evidence, name)


def _group(estate: Estate, group: Group, owner: str) -> Iterator[Finding]:
    subject = f"group {named(group.name)}"
    if group.type != "classic" and estate.config.target.profile in _CLASSIC_ONLY:
        evidence = f"type {group.type} is unsupported on {estate.config.target.profile}"
        yield rule.GROUP_TYPE.finding(subject, evidence, owner)
    if group.type == "share":
        said = "a share group keeps no offsets that could be moved (KIP-932)"
        yield rule.GROUP_SHARE.finding(subject, said, owner)
    for commit in group.commits:
        place = f"{commit.topic}-{commit.partition}: committed {commit.offset:,}"
        if commit.end is not None and commit.offset > commit.end:
            yield rule.OFFSET_BEYOND_END.finding(
                subject, f"{place}, log ends at {commit.end:,}", owner
            )
        elif commit.start is not None and commit.offset < commit.start:
            yield rule.OFFSET_BEFORE_START.finding(
                subject, f"{place}, log starts at {commit.start:,}", owner
            )
    if group.state == "Empty" and group.commits:
        yield from _empty(estate, group, subject, owner)


def _empty(estate: Estate, group: Group, subject: str, owner: str) -> Iterator[Finding]:
    minutes = int(estate.inventory.cluster.found.defaults.get("offsets.retention.minutes", 0))
    if 0 < minutes <= _SOON_MINUTES:
        days = f"{minutes / 1440:g} days"
        yield rule.OFFSETS_EXPIRE.finding(subject, f"no members; offsets kept for {days}", owner)
    unread = [commit.lag for commit in group.commits if commit.lag is not None]
    unknown = len(group.commits) - len(unread)
    evidence = f"no members, {count(sum(unread), 'record')} unread"
    if unknown:
        evidence += f", lag unknown on {count(unknown, 'partition')}"
    yield rule.GROUP_IDLE.finding(subject, evidence, owner)
