"""kmig inventory."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from migrate.cli.session import Session, own_principal, say, session
from migrate.documents.config import Config
from migrate.errors import CannotTell, Refused, UsageError
from migrate.folder import INVENTORY, WORKLOADS
from migrate.model import permissions
from migrate.render import inventory as shown


def inventory(
    context: typer.Context,
    permission_lines: Annotated[
        bool,
        typer.Option(
            "--permissions",
            help="Print the kafka-acls lines that kmig's principals need; read nothing.",
        ),
    ] = False,
    authorizer_log: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Observed use, from the brokers' authorizer logs: files, gzip, directories, `-`.",
        ),
    ] = None,
    scan: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Search files for secrets that nobody manages."),
    ] = None,
    from_kcp_state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Connect to nothing: take what kcp's state file holds."),
    ] = None,
) -> None:
    """Read the source: identities, ACLs, topics, groups and offsets, transactional ids, connectors, secrets.

    Nothing is written to the source. Each section says whether it is complete; exit 3 when one is not.
    Observed use and hidden copies are kept from one inventory to the next until they are looked for again.

    Example: kmig inventory
    Example: kmig inventory --authorizer-log /var/log/kafka --scan deploy/
    Example: kmig inventory --from-kcp-state kcp-state.json
    """
    here = session(context)
    if permission_lines:
        _permissions(here)
        return
    from migrate.cli import evidence
    from migrate.inventory.take import take
    from migrate.journal.standing import fences
    from migrate.wiring.inventory_source import from_kcp, source

    if here.folder.has(WORKLOADS):
        here.folder.workloads()  # a fault in it is said before the source is asked for anything
    given = {"observed": authorizer_log or [], "copies": scan or []}
    seen = evidence.gather(here.folder, given)
    opened = (
        nullcontext(from_kcp(here.folder, from_kcp_state))
        if from_kcp_state
        else source(here.folder, here.environ)
    )
    with here.folder.locked("inventory"), opened as look:
        found = take(look, lambda part: say(f"read {part}"), fences(here.folder.journal().journal))
        kept = evidence.kept(here.folder, found.cluster.found.cluster_id)
        sealed = here.folder.save(INVENTORY, found.model_copy(update={**kept, **seen}))
        done = evidence.drafted(here.folder, sealed)
    here.show(shown.text(sealed), sealed)
    say(f"wrote {here.folder.path / INVENTORY}; workloads.yaml: {done}")
    missing = shown.incomplete(sealed)
    if missing:
        raise CannotTell(
            f"sections of the inventory are not complete: {', '.join(missing)}",
            "see the hint of each above; `kmig inventory --permissions` prints the rights that kmig needs",
        )


def _permissions(here: Session) -> None:

    config = here.folder.config()
    _require_closed(config)
    lines: list[str] = []
    for side, site, grants in (
        ("source", config.source, permissions.SOURCE),
        ("target", config.target, permissions.TARGET),
    ):
        principal = own_principal(here, site)
        if not principal:
            raise UsageError(f"{side}: who kmig is there is not known", f"declare {side}.principal")
        lines += _lines(side, principal, grants)
    if config.source.write_principal:
        lines += _lines(
            "source, for what is consented to",
            config.source.write_principal,
            permissions.SOURCE_WRITE,
        )
    if config.replication:
        copier, worker = config.replication.principal, config.replication.worker_group
        on_source = config.replication.source_principal or copier
        lines += _lines("source, the copier", on_source, permissions.COPIER_SOURCE)
        lines += _lines("target, the copier", copier, permissions.COPIER_TARGET, worker)
    here.show(lines, {"commands": lines})


def _lines(
    title: str, principal: str, grants: tuple[permissions.Grant, ...], worker: str = ""
) -> list[str]:
    acls = permissions.acls(principal, grants, worker)
    return [f"# {title}", *(permissions.command_line(acl) for acl in acls)]


def _require_closed(config: Config) -> None:
    for side, site in (("source", config.source), ("target", config.target)):
        if site.allow_everyone_if_no_acl_found is not False:
            raise Refused(
                f"{side}: allow_everyone_if_no_acl_found is not declared false: "
                "one ACL on `*` would close every resource there for everyone else",
                "declare the authorizer's default in kmig.yaml",
            )
