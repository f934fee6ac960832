"""Who holds the policies of a Vault or OpenBao server: identities with their groups, and roles of auth methods."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from migrate.adapters.vault_api import Answer, VaultApi
from migrate.errors import CannotTell, NotAuthorized
from migrate.model.words import first_of

_MOST = 5_000
"""How many entities are read: each takes a request."""

_ROLES = {
    "approle": (("role", "role"),),
    "userpass": (("users", "user"),),
    "kubernetes": (("role", "role"),),
    "jwt": (("role", "role"),),
    "oidc": (("role", "role"),),
    "cert": (("certs", "certificate"),),
    "ldap": (("groups", "group"), ("users", "user")),
}
"""By type of auth method: the paths below its mount that hold policies, and what is kept there."""

_POLICIES = ("token_policies", "policies")


@dataclass(frozen=True)
class Holder:
    """Somebody or something with policies; `groups` are ids of the identity groups of an entity."""

    who: str
    policies: frozenset[str]
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Group:
    """An identity group; the members of an external one are known when they log in."""

    name: str
    policies: frozenset[str]
    external: bool


@dataclass
class Holders:
    """All that could be read of who holds policies; `unread` names the rest, each with the reason."""

    groups: dict[str, Group] = field(default_factory=dict)
    entities: tuple[Holder, ...] = ()
    every_entity: bool = False
    roles: list[Holder] = field(default_factory=list)
    choices: list[Holder] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read(api: VaultApi, policies: frozenset[str]) -> Holders:
    """Read who holds which policies; `choices` are roles whose tokens have some of theirs, as their maker likes."""
    found = Holders()
    groups, refused = _each(api, "identity/group/id")
    found.groups = {id_: _group(answer) for id_, answer in groups.items()}
    _note(found, "identity groups", refused)
    people, refused = _each(api, "identity/entity/id")
    alive = (one for one in people.values() if not one.flag("disabled"))
    found.entities = tuple(_entity(answer) for answer in alive)
    found.every_entity = not refused
    _note(found, "identity entities", refused)
    for mount, kind in _mounts(api, found):
        if kind == "token":
            found.choices += _token_roles(api, found, policies)
        elif kind in _ROLES:
            for path, noun in _ROLES[kind]:
                found.roles += _roles(api, found, mount, (path, f"{kind} {noun}"))
        else:
            found.unread.append(f"logins by `auth/{mount}`: kmig cannot read type `{kind}`")
    return found


def _mounts(api: VaultApi, found: Holders) -> Iterator[tuple[str, str]]:
    try:
        answer = api.read("sys/auth") or Answer({})
    except CannotTell as error:
        found.unread.append(f"auth methods and their roles: {error.message}")
        return
    for mount, method in sorted(answer.table().items()):
        if kind := method.text("type"):
            yield mount, "token" if mount == "token/" else kind


def _roles(api: VaultApi, found: Holders, mount: str, below: tuple[str, str]) -> Iterator[Holder]:
    path, noun = below
    roles, refused = _each(api, f"auth/{mount}{path}")
    _note(found, f"{noun}s of `auth/{mount}`", refused)
    for name, answer in roles.items():
        own = {one.lower() for one in answer.texts(*_POLICIES)}
        default = set() if answer.flag("token_no_default_policy") else {"default"}
        where = "" if mount.rstrip("/") == noun.split()[0] else f" of auth/{mount.rstrip('/')}"
        yield Holder(f"{noun} {name}{where}{_bound(answer)}", frozenset(own | default))


def _bound(answer: Answer) -> str:
    """Return which service accounts of Kubernetes a role is for; empty for other roles."""
    accounts = answer.texts("bound_service_account_names")
    spaces = answer.texts("bound_service_account_namespaces")
    if not accounts:
        return ""
    return (
        f" (service accounts {first_of(accounts, 5)} in {first_of(spaces, 5) or 'any namespace'})"
    )


def _token_roles(api: VaultApi, found: Holders, policies: frozenset[str]) -> Iterator[Holder]:
    roles, refused = _each(api, "auth/token/roles")
    _note(found, "token roles", refused)
    for name, answer in roles.items():
        yield Holder(f"token role {name}", _allowed(answer, policies))


def _allowed(role: Answer, policies: frozenset[str]) -> frozenset[str]:
    """Return the policies that tokens of a role may be given; a role that says nothing adds none to its user's."""
    wanted = role.texts("allowed_policies", "allowed_policies_glob")
    refused = role.texts("disallowed_policies", "disallowed_policies_glob")
    if not wanted and not refused:
        return frozenset()
    open_to = {p for p in policies if not wanted or any(fnmatchcase(p, w) for w in wanted)}
    return frozenset(p for p in open_to if not any(fnmatchcase(p, r) for r in refused))


def _group(answer: Answer) -> Group:
    policies = frozenset(one.lower() for one in answer.texts("policies"))
    return Group(answer.text("name"), policies, external=answer.text("type") == "external")


def _entity(answer: Answer) -> Holder:
    policies = frozenset(one.lower() for one in answer.texts("policies"))
    return Holder(answer.text("name", "id"), policies, frozenset(answer.texts("group_ids")))


def _each(api: VaultApi, path: str) -> tuple[dict[str, Answer], dict[str, str]]:
    """Return what is below a path, and by name why the rest could not be read; `` stands for the list itself."""
    try:
        names = api.list(path)
    except CannotTell as error:
        return {}, {"": error.message}
    refused = {}
    if len(names) > _MOST:
        refused[""] = f"{len(names):,} exist; kmig reads {_MOST:,}"
    found: dict[str, Answer] = {}
    reads = _reader(api, path)
    for name in names[:_MOST]:
        try:
            answer = reads(name)
        except CannotTell as error:
            refused[name] = error.message
            if not isinstance(error, NotAuthorized):
                break
        else:
            found |= {name: answer} if answer else {}
    return found, refused


def _reader(api: VaultApi, path: str) -> Callable[[str], Answer | None]:
    return lambda name: api.read(f"{path}/{name}")


def _note(found: Holders, what: str, refused: Mapping[str, str]) -> None:
    """Record what could not be read, in one line."""
    if whole := refused.get(""):
        found.unread.append(f"{what}: {whole}")
    elif refused:
        names = first_of(sorted(refused), 3)
        found.unread.append(f"{what} {names}: {next(iter(refused.values()))}")
