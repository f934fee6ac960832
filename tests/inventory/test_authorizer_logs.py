"""Authorizer logs of every format, and of none."""

import gzip
import resource
from pathlib import Path

import pytest

from migrate.adapters import log_files
from migrate.cli.evidence import observed
from migrate.documents.inventory import State
from migrate.errors import UsageError
from migrate.inventory import authorizer_logs as module
from migrate.inventory.authorizer_logs import AuthorizerLogReader
from migrate.model.use import Use

LINES = dict(
    line.split("\t", 1)
    for line in (Path(__file__).parent / "authorizer.log").read_text().splitlines()
)
BEFORE_2 = LINES["BEFORE_2"]
SINCE_2 = LINES["SINCE_2"]
SINCE_24 = LINES["SINCE_24"]
KRAFT = LINES["KRAFT"]
SUPER = LINES["SUPER"]
OPEN = LINES["OPEN"]
CONTROLLER = LINES["CONTROLLER"]
HARDCODE = LINES["HARDCODE"]
ZK_SUPER = LINES["ZK_SUPER"]
ZK_SUPER_USE = LINES["ZK_SUPER_USE"]
ZK_OPEN = LINES["ZK_OPEN"]
ZK_OPEN_USE = LINES["ZK_OPEN_USE"]


def read(*lines: str) -> tuple[Use, ...]:
    reading = AuthorizerLogReader()
    reading.add(line.encode() + b"\n" for line in lines)
    return reading.section(1).found.uses


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((BEFORE_2,), ("User:a", "READ", "TOPIC", "orders", "unsaid")),
        ((SINCE_2,), ("User:a", "DESCRIBE_CONFIGS", "TOPIC", "orders", "unsaid")),
        (
            (SINCE_24,),
            ("User:CN=app one, OU=Pay\\, ments,O=X", "WRITE", "TOPIC", "orders", "unsaid"),
        ),
        ((KRAFT,), ("User:a", "READ", "GROUP", "g 1", "acl")),
        ((SUPER,), ("User:root", "ALTER", "CLUSTER", "kafka-cluster", "super")),
        ((OPEN,), ("User:b", "WRITE", "TOPIC", "open", "default")),
        ((CONTROLLER,), ("User:a", "CREATE", "TOPIC", "new", "acl")),
        ((ZK_SUPER, ZK_SUPER_USE), ("User:zroot", "ALTER", "CLUSTER", "kafka-cluster", "super")),
        ((ZK_OPEN, ZK_OPEN_USE), ("User:c", "WRITE", "TOPIC", "free", "default")),
    ],
)
def test_every_format(lines: tuple[str, ...], expected: tuple[str, ...]) -> None:
    (use,) = read(*lines)
    key = (use.principal, use.operation, use.resource_type, use.resource_name, use.ground)
    assert key == expected


def test_the_same_use_is_counted_over_requests_and_hosts_and_the_window_is_shown() -> None:
    later = KRAFT.replace("2025-01-02", "2025-02-03").replace("10.0.0.2", "10.0.0.3")
    fetch = KRAFT.replace("JoinGroup", "Heartbeat")
    reading = AuthorizerLogReader()
    reading.add(line.encode() + b"\n" for line in (KRAFT, later, fetch, SINCE_2))
    found = reading.section(1).found
    by_name = {use.resource_name: use for use in found.uses}
    assert (by_name["g 1"].allowed, by_name["g 1"].denied) == (3, 0)
    assert by_name["g 1"].hosts == ("10.0.0.2", "10.0.0.3")
    assert (by_name["orders"].allowed, by_name["orders"].denied) == (0, 1)
    assert (found.first, found.last) == ("2019-01-02 03:04:05", "2025-02-03 03:04:05")
    assert found.decisions == found.lines == 4


def test_hardcode_is_no_topic() -> None:
    reading = AuthorizerLogReader()
    reading.add([HARDCODE.encode()])
    found = reading.section(1).found
    assert (found.uses, found.any_topic) == ((), ("User:a",))


def test_refusals_alone_do_not_show_what_is_used() -> None:
    reading = AuthorizerLogReader()
    reading.add([SINCE_2.encode()])
    section = reading.section(1)
    assert section.standing is State.PARTIAL
    assert "DEBUG" in section.hint
    assert AuthorizerLogReader().section(1).standing is State.PARTIAL, (
        "nothing at all is not nothing used"
    )


def test_garbage_and_a_line_of_10_mb_do_not_stop_it(tmp_path: Path) -> None:
    garbage = bytes(range(256)) * 64
    long = KRAFT.replace("g 1", "g" * 10_000_000)
    log = tmp_path / "kafka-authorizer.log"
    log.write_bytes(b"\n".join([garbage, long.encode(), KRAFT.encode(), garbage]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    section = observed([str(log)])
    assert {u.resource_name for u in section.found.uses if len(u.resource_name) < 100} == {"g 1"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # KiB


def test_gzip_rotated_and_directories_are_read_together(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(KRAFT + "\n")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.log.1.gz").write_bytes(gzip.compress(SUPER.encode() + b"\n"))
    section = observed([str(tmp_path)])
    assert section.standing is State.COMPLETE
    assert section.found.principals == {"User:a", "User:root"}
    assert section.found.files == 2


def test_a_damaged_gzip_is_partial_and_keeps_what_was_read(tmp_path: Path) -> None:
    packed = gzip.compress("".join(f"{KRAFT}{i}\n" for i in range(5000)).encode(), mtime=0)
    (tmp_path / "a.gz").write_bytes(packed[: len(packed) // 2])
    section = observed([str(tmp_path / "a.gz")])
    assert section.standing is State.PARTIAL
    assert "gzip stream is damaged" in section.error
    assert section.found.decisions > 0


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        log_files.expand([str(tmp_path / "none")])


def test_more_uses_than_fit_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    reading = AuthorizerLogReader()
    reading.add(KRAFT.replace("g 1", f"g{i}").encode() for i in range(25))
    section = reading.section(1)
    assert section.standing is State.PARTIAL
    assert "15 lines left out" in section.error


def test_k4_every_topic_of_a_line_and_long_lines_count() -> None:
    """A peer read trace lines: only a request's first topic, and no line after one of 64 KiB (its defect K4)."""
    long = KRAFT.replace("User:a", "User:" + "x" * 70_000)
    assert len(read(long, KRAFT, OPEN)) == 3
