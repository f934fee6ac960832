"""kmig inventory."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from migrate.cli.session import say, session
from migrate.documents.inventory import Inventory
from migrate.errors import CannotTell
from migrate.folder import INVENTORY, WORKLOADS
from migrate.model.address import soon
from migrate.render import inventory as shown


def inventory(
    context: typer.Context,
    permission_lines: Annotated[
        bool,
        typer.Option(
            "--permissions",
            help="Print and write two scripts, one for each side: kmig's users and ACLs. No cluster is asked.",
        ),
    ] = False,
    authorizer_log: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Read observed use from the brokers' authorizer logs: files, gzip, directories, `-`.",
        ),
    ] = None,
    scan: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="Search files for exposed secrets: in clear, outside a secret store.",
        ),
    ] = None,
    from_kcp_state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Take what kcp's state file holds; connect to no cluster."
        ),
    ] = None,
) -> None:
    """Read the source: identities, ACLs, topics, groups and offsets, transactional ids, connectors, secrets.

    Nothing is written to the source. Each section says whether it is complete; exit 3 when one is not.
    Observed use and exposed secrets are kept until --authorizer-log or --scan is given again.

    Example: kmig inventory
    Example: kmig inventory --authorizer-log /var/log/kafka --scan deploy/
    Example: kmig inventory --from-kcp-state kcp-state.json
    """
    here = session(context)
    if permission_lines:
        from migrate.cli.permissions import show_permissions

        show_permissions(here)
        return
    from migrate.cli import evidence
    from migrate.inventory.take import take
    from migrate.journal.standing import fences

    if here.folder.has(WORKLOADS):
        here.folder.workloads()  # a fault in it is said before the source is asked for anything
    given = {"observed": authorizer_log or [], "copies": scan or []}
    seen = evidence.gather(here.folder, given)
    opened = here.world.source(here.folder, kcp_state=from_kcp_state)
    with here.folder.locked("inventory"), opened as look:
        found = take(look, lambda part: say(f"read {part}"), fences(here.folder.journal().journal))
        kept = evidence.kept(here.folder, found.cluster.found.cluster_id)
        sealed = here.folder.save(INVENTORY, found.model_copy(update={**kept, **seen}))
        done = evidence.drafted(here.folder, sealed)
    here.show(shown.text(sealed), sealed)
    say(f"wrote {here.folder.path / INVENTORY}; workloads.yaml: {done}")
    for silent in (s for cluster in sealed.connect.found.clusters for s in cluster.silent):
        say(f"warning: {silent}; other workers of its cluster answer")
    _warn_of_certificates(sealed, here.world.clock().now())
    missing = shown.incomplete(sealed)
    if missing:
        raise CannotTell(
            f"sections of the inventory are not complete: {', '.join(missing)}",
            "see the hint of each above; `kmig inventory --permissions` prints the rights that kmig needs",
        )


def _warn_of_certificates(found: Inventory, now: datetime) -> None:
    """Say which workers' certificates end soon: from then on their Connect cluster answers nothing."""
    for cluster in found.connect.found.clusters:
        for address, ends in sorted(cluster.certificates.items()):
            if near := soon(ends, now):
                say(
                    f"warning: the certificate of Connect {cluster.name} at {address} ends on "
                    f"{ends:%Y-%m-%d %H:%M} UTC, {near}"
                )
