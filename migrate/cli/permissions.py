"""`kmig inventory --permissions`: kmig's own users and ACLs as a script for each side; no cluster is asked."""

from migrate.cli.session import Session, own_login, say
from migrate.documents.config import Config
from migrate.documents.replication import Replication
from migrate.errors import Refused, UsageError
from migrate.model import permissions
from migrate.render.permissions_script import Principal, script

SCRIPTS = {"source": "permissions-source.sh", "target": "permissions-target.sh"}


def show_permissions(here: Session) -> None:
    """Print both scripts, and write each into the directory; raise `Refused` where an ACL could close a resource."""
    config = here.folder.config()
    _require_closed(config)
    sides = {"source": _on_source(here, config), "target": _on_target(here, config)}
    texts: dict[str, list[str]] = {}
    for side, principals in sides.items():
        texts[side] = list(script(side, getattr(config, side).bootstrap_servers, principals))
        here.folder.write(SCRIPTS[side], "\n".join(texts[side]) + "\n")
    commands = [
        permissions.command_line(acl)
        for principals in sides.values()
        for one in principals
        for acl in permissions.acls(one.name, one.grants, one.worker)
    ]
    here.show(
        [*texts["source"], "", *texts["target"]],
        {"commands": commands, **{side: "\n".join(lines) for side, lines in texts.items()}},
    )
    say(f"wrote {', '.join(str(here.folder.path / name) for name in SCRIPTS.values())}")
    if missing := _missing(config):
        say(f"warning: rights of {missing}")


def _on_source(here: Session, config: Config) -> list[Principal]:
    name, mechanism = _known("source", *own_login(here, config.source))
    found = [Principal("kmig, which reads", name, mechanism, permissions.SOURCE)]
    site = config.source
    if site.write_command_config:
        writer = site.model_copy(
            update={"command_config": site.write_command_config, "principal": site.write_principal}
        )
        name, mechanism = own_login(here, writer)
        if name:
            title = "kmig, for steps by consent: fences and rollbacks"
            found.append(Principal(title, name, mechanism, permissions.SOURCE_WRITE))
    if config.replication and not config.replication.foreign:
        name = config.replication.source_principal or config.replication.principal
        mechanism = config.replication.source.get("sasl.mechanism", "")
        found.append(Principal("the copier", name, mechanism, permissions.COPIER_SOURCE))
    return found


def _on_target(here: Session, config: Config) -> list[Principal]:
    name, mechanism = _known("target", *own_login(here, config.target))
    found = [Principal("kmig, which prepares and proves", name, mechanism, permissions.TARGET)]
    if config.replication and not config.replication.foreign:
        found += _copying(config.replication)
    return found


def _copying(replication: Replication) -> list[Principal]:
    mechanism, group = replication.target.get("sasl.mechanism", ""), replication.worker_group
    copier = Principal(
        "the copier", replication.principal, mechanism, permissions.COPIER_TARGET, group
    )
    if not replication.worker_principal:
        return [copier]
    title = "the Connect worker that copies"
    worker = replication.worker_principal
    return [copier, Principal(title, worker, mechanism, permissions.WORKER, group)]


def _missing(config: Config) -> str:
    """Return whose rights the scripts lack, and the key to declare; on AutoMQ BYOC kmig copies nothing."""
    if config.replication is None:
        if config.target.profile == "automq-byoc":
            return ""
        return "the copier and the Connect worker are missing: declare `replication`"
    if config.replication.foreign or config.replication.worker_principal:
        return ""
    return "the Connect worker are missing: declare `replication.worker_principal`"


def _known(side: str, name: str, mechanism: str) -> tuple[str, str]:
    if not name:
        raise UsageError(
            f"kmig's principal on the {side} is unknown",
            f"write the file that {side}.command_config names, or declare {side}.principal",
        )
    return name, mechanism


def _require_closed(config: Config) -> None:
    for side, site in (("source", config.source), ("target", config.target)):
        if site.allow_everyone_if_no_acl_found is not False:
            raise Refused(
                f"{side}: allow_everyone_if_no_acl_found is not declared false: "
                "an ACL on `*` would shut out all others",
                "declare the authorizer's default in kmig.yaml",
            )
