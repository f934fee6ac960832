"""The two sides as authorizers: the source by its inventory, the target by the journal of this migration."""

from collections.abc import Mapping

from migrate.boundary.rights import CLUSTER, Side
from migrate.documents.inventory import State
from migrate.estate import Estate
from migrate.journal.standing import Journal, acls_on_target, fences
from migrate.model.authorizer import AuthorizerRules
from migrate.model.sorted_names import SortedNames


def on_source(estate: Estate, journal: Journal) -> Side:
    """Return the source by its inventory, with the fences of this migration, which an inventory leaves out."""
    inventory, site = estate.inventory, estate.config.source
    section, unknown, everything = inventory.acls, [], ""
    if section.standing is State.REFUSED and "SECURITY_DISABLED" in section.error:
        everything = "no authorizer is configured on the source: nobody is denied anything"
    elif section.standing is not State.COMPLETE:
        unknown.append(f"section acls is {section.standing.value}: {section.error}")
    for name in ("topics", "groups", "transactions"):
        listed = inventory.sections()[name]
        if listed.standing is not State.COMPLETE:
            unknown.append(f"section {name} is {listed.standing.value}: {listed.error}")
    workloads = estate.workloads.values()
    names = {
        "TOPIC": {topic.name for topic in inventory.topics.found},
        "GROUP": {g.name for g in inventory.groups.found}
        | {group for w in workloads for group in w.every_group},
        "TRANSACTIONAL_ID": {one.id for one in inventory.transactions.found}
        | {one for w in workloads for one in w.transactional_ids},
    }
    default = site.allow_everyone_if_no_acl_found
    rules = AuthorizerRules(
        frozenset(section.found) | fences(journal),
        frozenset(site.super_users),
        allow_everyone=bool(default),
    )
    return Side(
        side="source",
        rules=rules,
        names=_names(rules, names),
        super_users_declared=bool(site.super_users),
        default=default,
        everything=everything,
        unknown=tuple(unknown),
    )


def on_target(estate: Estate, journal: Journal) -> Side:
    """Return the target as this migration has made it: its ACLs, by the journal; the target is not asked."""
    site = estate.config.target
    rules = AuthorizerRules(
        acls_on_target(journal),
        frozenset(site.super_users),
        allow_everyone=bool(site.allow_everyone_if_no_acl_found),
    )
    names = {
        "TOPIC": set(estate.moving),
        "GROUP": set(estate.group_owner),
        "TRANSACTIONAL_ID": {i for w in estate.workloads.values() for i in w.transactional_ids},
    }
    return Side(
        side="target",
        rules=rules,
        names=_names(rules, names),
        super_users_declared=bool(site.super_users),
        default=site.allow_everyone_if_no_acl_found,
        unknown=("ACLs there that kmig did not create: `kmig verify acls` asks the target",),
    )


def _names(rules: AuthorizerRules, found: Mapping[str, set[str]]) -> dict[str, SortedNames]:
    users = {acl.resource_name for acl in rules.acls if acl.resource_type == "USER"} - {"*"}
    known = {**found, "CLUSTER": {CLUSTER}, "USER": users}
    return {kind: SortedNames(names) for kind, names in known.items()}
