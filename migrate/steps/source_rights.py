"""Before rights are granted: the source is asked again, because a plan is older than what was revoked since."""

from collections.abc import Iterable

from migrate.errors import Refused
from migrate.model.acl import Acl
from migrate.model.rights import SourceView, denied_now, listed
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.create_acls import shown


def refuse_denied(sites: Sites, view: SourceView, granted: Iterable[Acl], hint: str) -> None:
    """Refuse when the target would allow, with these ACLs, what the source denies now.

    A DENY counts as there when every broker of the target shows it. Without an ALLOW nothing is asked.
    """
    acls = tuple(granted)
    if not any(acl.permission == "ALLOW" for acl in acls):
        return
    there = frozenset.intersection(*shown(sites.target.reader))
    denied = denied_now(view, sites.source.reader.acls(), there, acls)
    if denied:
        raise Refused(
            [
                f"the source denies now what the target would allow: {count(len(denied), 'grant')}",
                *listed(denied),
            ],
            hint,
        )
