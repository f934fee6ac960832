"""Who can read a file, from real modes, users and groups; as root, compared with what the kernel lets them do."""

import grp
import os
import pwd
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from migrate.adapters.file_readers import FileReaders, User, Users
from migrate.model.stored import StoreReader

ROOT = StoreReader(who="root", through="root reads every file")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@dataclass(frozen=True)
class Listed(Users):
    """Users and groups as a test names them."""

    some: tuple[User, ...] = ()
    groups: tuple[tuple[int, str], ...] = ()

    @property
    def listed(self) -> tuple[User, ...]:
        return self.some

    def name(self, uid: int) -> str:
        return next((user.name for user in self.some if user.uid == uid), str(uid))

    def group(self, gid: int) -> str:
        return dict(self.groups).get(gid, str(gid))


OPS = 7100
PEOPLE = (
    User("alice", 7001, frozenset({7001, OPS})),
    User("bob", 7002, frozenset({OPS})),
    User("carol", 7003, frozenset({7003})),
)
LISTED = Listed(some=PEOPLE, groups=((OPS, "payments-ops"), (7001, "alice")))


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that everybody may enter: pytest's own is private."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name).resolve()


def file_in(place: Path, mode: int, owner: int = 0, group: int = 0) -> Path:
    path = place / "db.properties"
    path.write_text("password=hunter2xx\n")
    os.chown(path, owner, group)
    path.chmod(mode)
    return path


def readers(path: Path, users: Users = LISTED) -> list[tuple[str, str]]:
    found, unread = FileReaders("host-1", users).of(path)
    assert unread == ()
    assert ROOT in found
    return [(one.who, one.through) for one in found if one != ROOT]


def who(path: Path, users: Users = LISTED) -> list[str]:
    return [name for name, _ in readers(path, users)]


@as_root
@pytest.mark.parametrize(
    ("mode", "owner", "group", "expected"),
    [
        (0o600, 0, 0, []),
        (0o600, 7001, OPS, ["user alice"]),
        (0o640, 0, OPS, ["group payments-ops: alice, bob"]),
        (0o640, 7001, OPS, ["user alice", "group payments-ops: bob"]),
        (0o640, 7001, 7001, ["user alice"]),
        (0o040, 7003, OPS, ["user carol", "group payments-ops: alice, bob"]),
        (0o644, 0, OPS, ["every user of host-1"]),
        (0o604, 0, OPS, ["every user of host-1 but alice, bob"]),
        (0o640, 4711, 4712, ["user 4711", "group 4712: no member listed on host-1"]),
        (0o600, 4711, 4712, ["user 4711"]),
        (0o620, 0, OPS, []),
        (0o611, 0, OPS, []),
    ],
)
def test_the_mode_says_who(
    place: Path, mode: int, owner: int, group: int, expected: list[str]
) -> None:
    assert who(file_in(place, mode, owner, group)) == expected


@as_root
def test_a_directory_hinders_those_who_may_not_enter_it(place: Path) -> None:
    inner = place / "private"
    inner.mkdir(mode=0o750)
    os.chown(inner, 0, OPS)
    path = file_in(inner, 0o644)
    through = f"mode 0644, and the directory {inner} with mode 0750"
    assert readers(path) == [("group payments-ops: alice, bob", through)]
    inner.chmod(0o700)
    assert readers(path) == []
    os.chown(inner, 7003, OPS)
    assert who(path) == ["user carol"]
    inner.chmod(0o751)
    through = "mode 0644, others may enter the directories above it"
    assert readers(path) == [("every user of host-1", through)]
    place.chmod(0o700)
    assert readers(path) == []


@as_root
def test_who_needs_two_groups_is_named_once(place: Path) -> None:
    inner = place / "both"
    inner.mkdir(mode=0o750)
    os.chown(inner, 0, 7001)
    path = file_in(inner, 0o640, 0, OPS)
    assert readers(path) == [("group payments-ops: alice", "mode 0640, its group")]


@as_root
def test_a_link_is_read_where_it_leads(place: Path) -> None:
    hidden = place / "hidden"
    hidden.mkdir(mode=0o700)
    file_in(place, 0o644)
    (hidden / "link").symlink_to(place / "db.properties")
    assert who(hidden / "link") == ["every user of host-1"]


@as_root
def test_real_groups_with_their_primary_members(place: Path) -> None:
    user = next(u for u in pwd.getpwall() if u.pw_uid and u.pw_gid)
    others = {u.pw_name for u in pwd.getpwall() if u.pw_gid == user.pw_gid and u.pw_uid}
    others |= {*grp.getgrgid(user.pw_gid).gr_mem}
    (line,) = who(file_in(place, 0o640, 0, user.pw_gid), Users())
    group, _, members = line.partition(": ")
    assert group == f"group {grp.getgrgid(user.pw_gid).gr_name}"
    assert set(members.split(", ")) == others


def test_a_file_of_one_s_own(place: Path) -> None:
    path = place / "secret"
    path.write_text("hunter2xx")
    path.chmod(0o600)
    me = pwd.getpwuid(os.geteuid()).pw_name
    found, _ = FileReaders("host-1").of(path)
    assert [one.who for one in found] == (["root"] if me == "root" else [f"user {me}", "root"])


def access_list(path: Path) -> None:
    """Let user 7003 pass, as `setfacl -m u:7003:rx` does."""
    entries = ((1, 7, None), (2, 5, 7003), (4, 0, None), (16, 5, None), (32, 0, None))
    raw = (2).to_bytes(4, "little")
    for tag, rights, id_ in entries:
        raw += tag.to_bytes(2, "little") + rights.to_bytes(2, "little")
        raw += (0xFFFFFFFF if id_ is None else id_).to_bytes(4, "little")
    try:
        os.setxattr(path, "system.posix_acl_access", raw)
    except OSError as error:
        pytest.skip(f"no access control lists here: {error.strerror}")


def test_an_access_control_list_is_said(place: Path) -> None:
    path = place / "secret"
    path.write_text("hunter2xx")
    access_list(path)
    found, _ = FileReaders("host-1").of(path)
    line = StoreReader(
        who="more users: the file has an access control list", through=f"getfacl {path}"
    )
    assert line in found


def test_one_of_a_directory_is_said_where_it_matters(place: Path) -> None:
    path = place / "secret"
    path.write_text("hunter2xx")
    access_list(place)
    found, _ = FileReaders("host-1").of(path)
    assert f"more users: the directory {place} has an access control list" in [
        one.who for one in found
    ]


def test_a_file_that_does_not_exist_is_an_error(place: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileReaders("host-1").of(place / "none")


def named(lines: list[str], user: str) -> bool:
    """Whether reader lines name a user."""
    for line in lines:
        everybody, _, barred = line.partition(" but ")
        if everybody.startswith("every user") and user not in barred.split(", "):
            return True
        if user in line.partition(": ")[2].split(", ") or line == f"user {user}":
            return True
    return False


@contextmanager
def asked_as(user: User, path: Path) -> Iterator[Callable[[str], bool]]:
    """A user's shell, which tests a file as often as it is asked."""
    with subprocess.Popen(
        ["sh", "-c", 'while read -r question; do test "$question" "$0"; echo $?; done', str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        user=user.uid,
        group=min(user.gids),
        extra_groups=sorted(user.gids),
    ) as shell:
        stdin, stdout = shell.stdin, shell.stdout
        assert stdin is not None
        assert stdout is not None

        def asked(question: str) -> bool:
            print(question, file=stdin)
            return stdout.readline() == "0\n"

        yield asked


@as_root
def test_the_kernel_agrees(place: Path) -> None:
    """Every combination of a few modes and owners, asked by opening the file as each of a few users."""
    inner = place / "inner"
    inner.mkdir()
    path = file_in(inner, 0o600)
    modes = product((0o600, 0o640, 0o604, 0o644, 0o040), (0o755, 0o750, 0o705, 0o700, 0o710))
    users = (*PEOPLE, User("nobody-at-all", 7999, frozenset({7999})))
    with ExitStack() as shells:
        kernel = {user: shells.enter_context(asked_as(user, path)) for user in users}
        for (mode, above), (owner, group) in product(modes, ((0, OPS), (7003, 7001), (7001, OPS))):
            os.chown(path, owner, OPS)
            path.chmod(mode)
            os.chown(inner, 0, group)
            inner.chmod(above)
            lines = who(path)
            for user, asked in kernel.items():
                # an owner that gets there may change the mode
                may = asked("-e" if user.uid == owner else "-r")
                where = f"{mode:o} {above:o} {owner}:{group}"
                assert named(lines, user.name) == may, f"{where}: {lines}"
