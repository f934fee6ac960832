"""kmig review: what it writes and compares with, how it ends, and what it never does."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from migrate.adapters.clock import SystemClock
from migrate.cli.main import main
from migrate.documents.boundary import ROLES, Review
from migrate.documents.inventory import Inventory, State
from migrate.folder import INVENTORY, JOURNAL, PLAN, REVIEWS, WORKLOADS, Folder
from migrate.model.use import ExposedSecret
from tests.estate import acls, section

EXAMPLE = Path(__file__).parents[2] / "plans" / "first-wave"
SPRING = datetime(2026, 3, 31, 6, tzinfo=UTC)
SUMMER = datetime(2026, 6, 30, 6, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An example that was looked at just before spring's review."""
    shutil.copytree(EXAMPLE, tmp_path / "here")
    taken(tmp_path / "here", taken_at=SPRING - timedelta(hours=1))
    return tmp_path / "here"


def taken(folder: Path, **changes: Any) -> Inventory:
    here = Folder(folder)
    return here.save(INVENTORY, here.inventory().model_copy(update=changes))


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> "Day":
    """The day on which a review is typed."""
    moment = Day(SPRING)
    monkeypatch.setattr(SystemClock, "now", lambda _: moment.now)
    return moment


class Day:
    def __init__(self, now: datetime) -> None:
        self.now = now


def review(folder: Path, *words: str) -> int:
    return main(["-C", str(folder), "review", *words])


def printed(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert review(folder, *words) == 0
    return capsys.readouterr().out


def kept(folder: Path, name: str) -> Review:
    return Folder(folder).review(f"{REVIEWS}/{name}.json")


def test_the_first_review_is_written_sealed_and_for_its_owner_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(folder, capsys)
    head, _, *roles = out.splitlines()
    assert head == (
        "review of 2026-03-31, as of the inventory of 2026-03-31 05:00 UTC; the first review"
    )
    assert [role for role in ROLES for line in roles if line.startswith(role)] == list(ROLES)
    assert out.splitlines()[-1] == "nothing to compare with yet: the next review names what changed"
    file = folder / REVIEWS / "2026-03-31.json"
    assert file.stat().st_mode & 0o777 == 0o600
    made = kept(folder, "2026-03-31")
    assert made.digest
    assert made.inventory == Folder(folder).inventory().steady_digest
    assert [one.role for one in made.reviewed] == list(ROLES)


def test_each_credential_has_its_four_lines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(folder, capsys)
    names = [
        b.credential.name for one in kept(folder, "2026-03-31").reviewed for b in one.boundaries
    ]
    assert len(names) == 2
    for title in ("opens", "held by", "restart", "dies"):
        assert len(re.findall(rf"^{title} ", out, re.MULTILINE)) == len(names)


def test_a_change_between_two_reviews_is_named_and_is_no_failure(
    folder: Path, capsys: pytest.CaptureFixture[str], day: Day
) -> None:
    review(folder)
    day.now = SUMMER
    before = Folder(folder).inventory().acls
    wider = "ALLOW READ on topic prefixed orders. to User:ledger"
    widened = before.model_copy(update={"found": (*before.found, *acls(wider))})
    taken(folder, taken_at=SUMMER - timedelta(hours=1), acls=widened)
    out = printed(folder, capsys)
    assert "; since the review of 2026-03-31\n" in out
    changed = out[out.index("\nchanged since") :]
    assert changed.startswith(
        "\nchanged since 2026-03-31: 9\n\nmost regulated consumer ledger  User:ledger\n"
    )
    assert "+ READ on 3 topics: orders.audit, orders.created, orders.enriched\n" in changed
    assert f"+ ACL {wider}\n" in changed
    assert "− topics that it reads: 3\n" in changed
    assert json.loads((folder / REVIEWS / "2026-06-30.json").read_bytes())["since"] == "2026-03-31"


def test_what_is_the_same_for_several_credentials_stands_once(
    folder: Path, capsys: pytest.CaptureFixture[str], day: Day
) -> None:
    review(folder)
    day.now = SUMMER
    taken(folder, taken_at=SUMMER, copies=section(()))
    out = printed(folder, capsys)
    assert out.endswith(
        "changed since 2026-03-31: 4\n\n2 credentials: User:order-api, User:ledger\n"
        "where it is stored  − unknown: copies in files (not searched: kmig inventory --scan PATH)\n"
        "who can read it     − unknown: readers of copies in files (not searched: kmig inventory --scan PATH)\n"
    )


def test_a_login_that_two_workloads_share_is_one_credential(
    folder: Path, capsys: pytest.CaptureFixture[str], day: Day
) -> None:
    people = folder / WORKLOADS
    people.write_text(people.read_text().replace("User:order-api", "User:ledger"))
    review(folder)
    day.now = SUMMER
    taken(folder, taken_at=SUMMER, copies=section(()))
    out = printed(folder, capsys)
    assert "changed since 2026-03-31: 4\n\nbusiest producer order-api  User:ledger\n" in out
    assert " credentials: " not in out[out.index("changed since") :]


def test_nothing_changed_is_told_only_of_what_was_looked_at_again(
    folder: Path, capsys: pytest.CaptureFixture[str], day: Day
) -> None:
    review(folder)
    assert printed(folder, capsys).splitlines()[-1] == (
        "nothing changed in the files since 2026-03-31; no cluster was looked at again: run `kmig inventory`"
    )
    day.now = SUMMER
    taken(folder, taken_at=SUMMER - timedelta(hours=1))
    assert printed(folder, capsys).splitlines()[-1] == "nothing changed since 2026-03-31"


def test_a_change_in_workloads_yaml_alone_says_that_no_cluster_was_looked_at(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review(folder)
    people = folder / WORKLOADS
    people.write_text(people.read_text().replace("owner: billing-team", "owner: risk-team"))
    out = printed(folder, capsys)
    assert "changed since 2026-03-31: 1\nno cluster was looked at again" in out
    assert "+ workload ledger: owner risk-team," in out


def test_a_second_review_on_a_day_gets_a_number_and_the_newest_is_compared_with(
    folder: Path, capsys: pytest.CaptureFixture[str], day: Day
) -> None:
    for _ in range(11):
        assert review(folder) == 0
    names = sorted(path.name for path in (folder / REVIEWS).iterdir())
    assert len(names) == 11
    assert "2026-03-31-11.json" in names
    day.now = SUMMER
    capsys.readouterr()
    assert review(folder) == 0
    assert f"compared with {folder / REVIEWS / '2026-03-31-11.json'}\n" in capsys.readouterr().err


def test_what_is_no_review_is_not_compared_with(
    folder: Path, capsys: pytest.CaptureFixture[str], day: Day
) -> None:
    place = folder / REVIEWS
    place.mkdir()
    for name in ("2026-03-30 copy.json", ".2026-03-30.json.x1", "notes.json", "2026-3-3.json"):
        (place / name).write_text("no review")
    day.now = SUMMER
    assert review(folder) == 0
    day.now = SPRING
    capsys.readouterr()
    assert review(folder) == 0
    err = capsys.readouterr().err
    assert "warning: not compared with, its date is in the future: reviews/2026-06-30.json\n" in err
    assert "no earlier review\n" in err


def test_another_review_is_named_with_since(
    folder: Path, capsys: pytest.CaptureFixture[str], day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    review(folder)
    day.now = SUMMER
    review(folder)
    monkeypatch.chdir(folder)
    assert "since the review of 2026-03-31\n" in printed(
        folder, capsys, "--since", "reviews/2026-03-31.json"
    )


@pytest.mark.parametrize("damage", ["edited", "cut", "other"])
def test_a_damaged_review_is_named_with_what_to_do(
    damage: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review(folder)
    file = folder / REVIEWS / "2026-03-31.json"
    text = file.read_text()
    edits = {
        "edited": text.replace("User:ledger", "User:other"),
        "cut": text[:-200],
        "other": (folder / INVENTORY).read_text(),
    }
    file.write_text(edits[damage])
    capsys.readouterr()
    assert review(folder) == 4
    err = capsys.readouterr().err
    first, *_, hint, _ = err.splitlines()
    assert first.startswith(f"refused: {file}")
    assert hint == (
        "hint: restore it from a backup, or compare with another one: kmig review --since FILE"
    )
    assert [path.name for path in (folder / REVIEWS).iterdir()] == ["2026-03-31.json"]


def test_a_review_to_compare_with_that_does_not_exist(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert review(folder, "--since", "reviews/none.json") == 2
    assert "does not exist" in capsys.readouterr().err


def test_typed_names_replace_the_rule(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(folder, capsys, "fraud-scorer", "order-api")
    assert re.search(
        r"^most regulated consumer +fraud-scorer +named on the command line$", out, re.M
    )
    assert review(folder, "nobody") == 2
    assert review(folder, "dashboard", "order-metrics") == 2
    err = capsys.readouterr().err
    assert "two workloads are named for one role, most regulated consumer" in err


def test_no_migration_is_needed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (JOURNAL, PLAN):
        (folder / name).unlink()
    printed(folder, capsys)
    (folder / WORKLOADS).unlink()
    out = printed(folder, capsys)
    assert "no workload without a connector writes a topic" in out
    assert "order-api is gone from workloads.yaml" in " ".join(out.split())


def test_a_section_that_is_not_complete_ends_with_3_after_the_file_was_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review(folder)
    groups = Folder(folder).inventory().groups
    partial = groups.model_copy(update={"standing": State.PARTIAL, "error": "broker 2: timed out"})
    taken(folder, groups=partial, taken_at=SPRING)
    capsys.readouterr()
    assert review(folder) == 3
    out, err = capsys.readouterr()
    assert "changed since 2026-03-31: " in out
    assert "sections of the inventory are not complete: groups" in err
    assert kept(folder, "2026-03-31-2").changes


def test_an_old_inventory_is_warned_of_with_its_age(
    folder: Path, capsys: pytest.CaptureFixture[str], day: Day
) -> None:
    review(folder)
    assert "warning" not in capsys.readouterr().err
    day.now = SUMMER
    review(folder)
    assert (
        "warning: inventory.json is 91 days old (2026-03-31 05:00 UTC)" in capsys.readouterr().err
    )


def test_json_is_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(folder, capsys, "-o", "json"))
    assert found == json.loads((folder / REVIEWS / "2026-03-31.json").read_bytes())


def test_another_kmig_in_the_directory_is_waited_for(folder: Path) -> None:
    with Folder(folder).locked("plan"):
        assert review(folder) == 4
    assert not (folder / REVIEWS).exists()


KILLED = """
import os, sys
os.replace = lambda *_: os._exit(9)
from migrate.cli.main import main
main(sys.argv[1:])
"""


def test_a_kill_before_the_rename_leaves_the_reviews_as_they_were(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review(folder)
    file = folder / REVIEWS / "2026-03-31.json"
    before = file.read_bytes()
    words = [sys.executable, "-c", KILLED, "-C", str(folder), "review"]
    assert subprocess.run(words, check=False, capture_output=True).returncode == 9
    assert file.read_bytes() == before
    assert len(list((folder / REVIEWS).iterdir())) == 2, "nothing was about to be written"
    assert "nothing changed in the files since 2026-03-31" in printed(folder, capsys)
    assert [path.name for path in sorted((folder / REVIEWS).glob("2026*"))] == [
        *("2026-03-31-2.json", "2026-03-31.json")
    ]


def test_no_secret_is_in_what_is_written_and_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every secret that the directory names, in its file and in the environment."""
    people = yaml.safe_load((folder / WORKLOADS).read_text())["workloads"]
    keys = [w["credential"]["secret"] for w in people if "credential" in w]
    files = {key[len("${file:") : -1].split(":")[1] for key in keys if key.startswith("${file:")}
    place = folder / "secrets" / "clients.properties"
    place.parent.mkdir()
    place.touch(mode=0o600)
    place.write_text("".join(f"{name}=hunter-{name}-secret\n" for name in files))
    exposed = ExposedSecret(file="/srv/1042.txt", line=3, found="equal to a secret", of=keys[0])
    taken(folder, copies=section((exposed,)))
    os.environ["REHEARSAL_LEDGER_PASSWORD"] = "hunter-ledger-secret"
    try:
        out = printed(folder, capsys)
    finally:
        del os.environ["REHEARSAL_LEDGER_PASSWORD"]
    for path in (folder / REVIEWS).iterdir():
        assert "hunter" not in path.read_text()
    assert "hunter" not in out


def test_reviews_that_cannot_be_listed_are_not_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert review(folder) == 0
    (first,) = (folder / REVIEWS).iterdir()
    before = first.read_bytes()

    def refused(_: object) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "listdir", refused)
    monkeypatch.setattr(os, "scandir", refused)
    assert review(folder) == 3
    assert "error: cannot list the reviews in" in capsys.readouterr().err
    assert first.read_bytes() == before
