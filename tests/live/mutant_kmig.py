"""kmig with one fault in its replay code: `mutant_kmig.py FAULT ARGUMENTS…`."""

import sys
from collections.abc import Iterable, Mapping

from migrate.cli.main import main
from migrate.model.acl import Acl
from migrate.plan import replay

faithful_denies, faithful_allows = replay.denies, replay.allows


def one_deny_less(acls: Iterable[Acl], names: Mapping[str, str]) -> tuple[Acl, ...]:
    return faithful_denies(acls, names)[1:]


def one_grant_less(acls: Iterable[Acl], names: Mapping[str, str]) -> replay.Replay:
    done = faithful_allows(acls, names)
    return replay.Replay(done.allow[1:], done.withheld)


def one_read_wider(acls: Iterable[Acl], names: Mapping[str, str]) -> replay.Replay:
    done = faithful_allows(acls, names)
    first = next(acl for acl in done.allow if acl.operation == "READ")
    wider = first.model_copy(update={"operation": "ALL"})
    return replay.Replay(tuple(wider if a is first else a for a in done.allow), done.withheld)


def write_too_early(acls: Iterable[Acl], names: Mapping[str, str]) -> replay.Replay:
    done = faithful_allows(acls, names)
    return replay.Replay((*done.allow, *done.withheld), ())


match sys.argv[1]:
    case "one-deny-less":
        replay.denies = one_deny_less
    case "one-grant-less":
        replay.allows = one_grant_less
    case "one-read-wider":
        replay.allows = one_read_wider
    case "write-too-early":
        replay.allows = write_too_early
    case other:
        raise SystemExit(f"no fault {other}")
sys.exit(main(sys.argv[2:]))
