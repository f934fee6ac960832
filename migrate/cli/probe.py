"""kmig probe."""

import os
from typing import Annotated, Any

import typer

from migrate.cli.session import Session, session
from migrate.documents.config import SiteConfig
from migrate.documents.secrets import CredentialRef
from migrate.documents.workloads import Workload
from migrate.errors import UsageError


def probe(
    context: typer.Context,
    workload: Annotated[str, typer.Argument(metavar="WORKLOAD", help="A name in workloads.yaml.")],
) -> None:
    """Print an access script: it asks, on another host, what a workload may do. It needs only Python there.

    Use it where ACLs hold for one host only; `kmig verify access --probed RESULT` reads its output. The script
    contains no secret: it reads the workload's from KMIG_PROBE_SECRET, or from standard input.

    Example: kmig probe web-tracker > probe.py
    """
    from migrate.checks.workload_access import about
    from migrate.cli.access import cut_over
    from migrate.execute.guards import true_plan
    from migrate.journal.progress import prepared
    from migrate.render.probe_script import script

    here = session(context)
    plan, journal = true_plan(here.folder), here.folder.executed()
    one, credential = _named(here, workload)
    waves = prepared(journal, plan)
    wave = next((w for w in waves if workload in (p.workload for p in w.workloads)), None)
    if wave is None:
        raise UsageError(
            f"workload {workload} is in no wave that is prepared",
            "run `kmig apply` for its wave first",
        )
    mapped = plan.principals.get(one.principal, one.principal)
    sides = {"target": _side(here, "target", mapped, _mechanism(here, one, credential))}
    if not credential.issue and not cut_over(journal, wave):
        sides["source"] = _side(here, "source", one.principal, credential.mechanism)
    text = script(workload, about(plan, waves, one), sides)
    here.show(text.split("\n"), {"workload": workload, "script": text})


def _side(here: Session, name: str, principal: str, mechanism: str) -> dict[str, Any]:
    from migrate.wiring.inventory_source import client_of, secrets_of

    site: SiteConfig = getattr(here.folder.config(), name)
    client = client_of(here.folder, site, secrets_of(here.folder, os.environ))
    return {
        **_trust(dict(client.librdkafka)),
        "addresses": site.addresses,
        "user": principal.partition(":")[2],
        "mechanism": mechanism,
    }


def _mechanism(here: Session, one: Workload, credential: CredentialRef) -> str:
    """On target, where a rotation may have changed it."""
    from migrate.checks.workload_access import mechanism_place
    from migrate.wiring.inventory_source import secrets_of

    place = mechanism_place(one)
    if place is None:
        return credential.mechanism
    return secrets_of(here.folder, os.environ).mechanism(place, credential.mechanism)


def _named(here: Session, name: str) -> tuple[Workload, CredentialRef]:
    found = next((w for w in here.folder.workloads().workloads if w.name == name), None)
    if found is None:
        raise UsageError(f"unknown workload: `{name}` is not in workloads.yaml")
    if found.credential is None:
        raise UsageError(
            f"workload {name} has no SCRAM credential",
            "add `credential` to its entry in workloads.yaml",
        )
    return found, found.credential


def _trust(client: dict[str, str]) -> dict[str, Any]:
    from migrate.adapters.tls import TlsStores, from_librdkafka

    tls = client.get("security.protocol", "").endswith("SSL")
    stores = from_librdkafka(client) if tls else TlsStores()
    return {"tls": tls, "trusted": stores.trusted, "check_hostname": stores.check_hostname}
