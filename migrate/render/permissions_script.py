"""The users and ACLs of kmig's principals on one side, as a script for Kafka's own tools.

It can be pasted into a shell or run with `sh`. All of it is one subshell: a shell reads that to its end before it
runs a line, so that a password that is asked for is not taken from the pasted text.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from shlex import quote

from migrate.model.permissions import Grant, acls, camel, resource_options
from migrate.render.plain import plain

_FUNCTIONS = r"""set -eu
ADMIN="${ADMIN:-admin.properties}"
SUFFIX="$(command -v kafka-acls.sh >/dev/null && echo .sh || true)"
file= hidden=
finish() { # also when it is interrupted: no file with a secret is left, and the terminal shows again what is typed
    rm -f "$file"
    if [ "$hidden" ]; then stty echo; fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
kafka() {
    tool="$1$SUFFIX"; shift
    "$tool" --bootstrap-server "$BOOTSTRAP" --command-config "$ADMIN" "$@"
}
allow() { # PRINCIPAL OPTION...
    principal="$1"; shift
    said="$(kafka kafka-acls --add --allow-principal "$principal" "$@" 2>&1)" || { echo "$said" >&2; exit 1; }
    echo "allowed $principal $*"
}
user() { # NAME MECHANISM: asks for the password, unless the user has one
    has="$(kafka kafka-configs --describe --entity-type users --entity-name "$1")"
    if echo "$has" | grep -q "$2"; then
        echo "user $1 has a password in $2: not changed"
        return
    fi
    printf 'password of the user %s (not shown): ' "$1" >&2
    if [ -t 0 ]; then hidden=yes; stty -echo; fi
    IFS= read -r password
    if [ "$hidden" ]; then stty echo; hidden=; fi
    echo >&2
    file="$(umask 077; mktemp)" # no secret in an argument list
    printf '%s=password=%s\n' "$2" "$(printf '%s' "$password" | sed 's/\\/&&/g')" >"$file"
    kafka kafka-configs --alter --entity-type users --entity-name "$1" --add-config-file "$file"
    rm -f "$file"
}"""


@dataclass(frozen=True)
class Principal:
    """One of kmig's principals on a side: what it is for, its login's mechanism (`""`: no SCRAM user), its grants."""

    title: str
    name: str
    mechanism: str
    grants: tuple[Grant, ...]
    worker: str = ""


def script(side: str, bootstrap: str, principals: Iterable[Principal]) -> Iterator[str]:
    """Return the lines of the script."""
    yield f"# kmig's users and ACLs on the {side}. ADMIN names an administrator's client properties:"
    yield f"#   ADMIN=admin.properties sh permissions-{side}.sh"
    yield "# Each line starts one of Kafka's tools, a second or two: some twenty in all."
    yield "("
    yield f"BOOTSTRAP={quote(bootstrap)}"
    yield from _FUNCTIONS.splitlines()
    for principal in principals:
        yield ""
        yield f"# {principal.title}: {plain(principal.name)}"
        user = principal.name.removeprefix("User:")
        if principal.mechanism.startswith("SCRAM"):
            yield f"user {quote(user)} {quote(principal.mechanism)}"
        yield from _allowed(principal)
    yield ")"


def _allowed(principal: Principal) -> Iterator[str]:
    """Return one command for each resource, in the order in which the grants name them first."""
    made = acls(principal.name, principal.grants, principal.worker)
    order = list(dict.fromkeys(resource_options(acl) for acl in made))
    by_resource = sorted(made, key=lambda acl: order.index(resource_options(acl)))
    for resource, group in groupby(by_resource, resource_options):
        operations = " ".join(f"--operation {camel(acl.operation)}" for acl in group)
        yield f"allow {quote(principal.name)} {operations} {resource}"
