"""The comparison with the source's ACLs just before rights are granted: some may be revoked since the plan."""

from collections.abc import Iterable

from migrate.errors import Refused
from migrate.model.acl import Acl
from migrate.model.rights import SourceView, denied_now, listed
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.create_acls import shown


def refuse_denied(sites: Sites, view: SourceView, granted: Iterable[Acl], hint: str) -> None:
    """Refuse when the target would allow, with these ACLs, what the source denies now.

    A DENY of the target counts only if every broker shows it. Without an ALLOW the source is not asked.
    """
    acls = tuple(granted)
    if not any(acl.permission == "ALLOW" for acl in acls):
        return
    on_target = frozenset.intersection(*shown(sites.target.reader))
    denied = denied_now(view, sites.source.reader.acls(), on_target, acls)
    if denied:
        raise Refused(
            [
                f"the source now denies what the target would allow: {count(len(denied), 'grant')}",
                *listed(denied),
            ],
            hint,
        )
