"""Suffix equality against a model copier: what is called exact is exact, and nothing better exists."""

from migrate.logs.align import align
from migrate.logs.fingerprint import Fingerprints
from migrate.logs.translate import LogPair, Translation, translate
from migrate.model.record import Ends, VisibleRecord
from tests.logs.model_copier import Case, case, is_subsequence


def logs(one: Case) -> LogPair:
    return LogPair(Ends(start=0, stable=one.end, end=one.end), one.source, one.target, True)


def answered(one: Case) -> Translation:
    return translate("t", 0, one.commit, logs(one))


def unread(one: Case) -> list[bytes]:
    return [r.mark for r in one.source if r.offset >= one.commit]


def left(one: Case, position: int) -> list[bytes]:
    return [r.mark for r in one.target if r.offset >= position]


def test_exact_is_never_wrong_in_20_000_histories() -> None:
    exact = bounded = 0
    for seed in range(20_000):
        one = case(seed)
        found = answered(one)
        if found.proof == "exact":
            exact += 1
            assert found.target is not None
            assert left(one, found.target) == unread(one), f"seed {seed}"
        elif found.proof == "lower bound":
            bounded += 1
            assert found.target is not None
            rest = left(one, found.target)
            assert is_subsequence(unread(one), rest), f"seed {seed}"
            assert len(rest) - len(unread(one)) == found.reread, f"seed {seed}"
    assert exact > 12_000
    assert bounded > 1_000


def test_no_other_offset_is_better_in_5_000_small_histories() -> None:
    for seed in range(5_000):
        one = case(seed, small=True)
        if not unread(one):
            continue
        found = answered(one)
        last = one.target[-1].offset + 1
        safe = [p for p in range(last + 1) if is_subsequence(unread(one), left(one, p))]
        assert found.target is not None, f"seed {seed}"
        assert len(left(one, found.target)) == len(left(one, max(safe))), f"seed {seed}"


def record(offset: int, mark: str) -> VisibleRecord:
    return VisibleRecord(offset=offset, mark=mark.encode())


def of(source: str, target: str, commit: int, end: int | None = None) -> Translation:
    """Logs of one-letter records; a dot is an offset that nobody can read."""
    tail = [record(i, c) for i, c in enumerate(source) if c != "."]
    other = [record(i, c) for i, c in enumerate(target) if c != "."]
    stable = len(source) if end is None else end
    made = LogPair(Ends(start=0, stable=stable, end=stable), tail, other, True)
    return translate("t", 0, commit, made)


def test_markers_shift_what_is_exact() -> None:
    found = of("ab.c.d.", "a.b..c.d", 3)
    assert (found.target, found.method, found.proof, found.lag) == (
        5,
        "suffix equality",
        "exact",
        2,
    )


def test_a_group_that_has_read_all_continues_after_the_last_record() -> None:
    found = of("ab.c.", "a.bc..", 4)
    assert (found.target, found.method, found.proof) == (4, "drained", "exact")


def test_a_record_that_is_not_in_the_copy_is_never_committed_over() -> None:
    found = of("abcd", "abd", 1)
    assert (found.target, found.proof) == (None, "unknown")
    assert "offset 2" in found.evidence


def test_a_stranger_in_the_tail_is_no_exact_answer() -> None:
    found = of("abcd", "abcXd", 2)
    assert (found.target, found.proof, found.reread) == (2, "lower bound", 1)
    assert "at offset 3" in found.evidence


def test_a_stranger_behind_a_drained_log_is_no_answer() -> None:
    assert of("abc", "abcX", 3).proof == "unknown"


def test_a_commit_beyond_the_end_is_refused() -> None:
    found = of("abc", "abc", 9)
    assert (found.proof, found.target) == ("unknown", None)
    assert "beyond" in found.evidence


def test_two_empty_logs_and_one_that_only_looks_empty() -> None:
    assert of("", "", 0).proof == "exact"
    assert of("...", "", 3).method == "empty"
    assert of("...", "ab", 3).proof == "unknown"


def test_all_groups_of_a_partition_share_one_pass() -> None:
    tail = [record(i, c) for i, c in enumerate("abcabc")]
    other = [record(i, c) for i, c in enumerate("ab.cabc") if c != "."]
    found = align(tail, other)
    assert [found.position(c) for c in range(7)] == [0, 1, 3, 4, 5, 6, 7]


def test_fingerprints_tell_null_from_empty_and_headers_apart() -> None:
    def mark(*args: object) -> bytes:
        return Fingerprints(b"k").of(*args)  # type: ignore[arg-type]

    several = {
        mark(None, b"v", (), 1),
        mark(b"", b"v", (), 1),
        mark(b"v", None, (), 1),
        mark(b"", b"v", (), 2),
        mark(b"", b"v", (("h", None),), 1),
        mark(b"", b"v", (("h", b""),), 1),
        mark(b"", b"v", (("h", b""), ("g", b"")), 1),
        mark(b"", b"v", (("g", b""), ("h", b"")), 1),
    }
    assert len(several) == 8
    assert Fingerprints(b"other").of(b"", b"v", (), 1) not in several


def test_a_log_that_expired_after_it_was_read_continues_at_the_copys_end() -> None:
    ends, copied = Ends(start=9, stable=9, end=9), [VisibleRecord(4, b"x")]
    found = translate("t", 0, 9, LogPair(ends, [], copied, False))
    assert (found.target, found.proof) == (5, "exact")
    assert translate("t", 0, 8, LogPair(ends, [], copied, False)).proof == "unknown"
