"""`kmig apply WAVE --prune` on a real cluster: only what is in scope, only so many, and back again."""

from migrate.model.acl import Acl
from tests.live.conftest import Migration, Side


def grant(principal: str, topic: str = "catalog.prices") -> Acl:
    return Acl(
        principal=principal,
        permission="ALLOW",
        operation="DESCRIBE_CONFIGS",
        resource_type="TOPIC",
        resource_name=topic,
    )


def test_only_extras_of_the_waves_principals_go_and_come_back(
    planned: Migration, target: Side
) -> None:
    planned.must("apply", "1", "--yes")
    before = target.state()
    mine = [grant("User:session-builder"), grant("User:catalog-service", "elsewhere")]
    others = [grant("User:*"), grant("User:somebody-else"), grant("User:ledger")]
    with target.changed(add=[*mine, *others]):
        told = planned.must("verify", "acls", code=1).said
        assert f"extra: {mine[0]}: not created by kmig" in told
        with_extras = target.state()

        ran = planned.must("apply", "1", "--prune", code=4)
        assert f"delete {mine[0]}" in ran.said
        assert "nothing was changed" in ran.err
        ran = planned.must("apply", "1", "--prune", "--at-most", "1", "--yes", code=4)
        assert "2 ACLs would be deleted, but at most 1 are allowed" in ran.err
        assert target.state() == with_extras

        assert "2 ACLs deleted" in planned.must("apply", "1", "--prune", "--yes").out
        left = target.reader.acls()
        assert left.isdisjoint(mine)
        assert left.issuperset(others)
        assert "no ACL beyond the plan" in planned.must("apply", "1", "--prune", "--yes").out

        assert "1 step of prune undone" in planned.must("rollback", "1", "--yes").out
        assert target.state() == with_extras
        # and once more: a prune that was undone may be made again
        assert "2 ACLs deleted" in planned.must("apply", "1", "--prune", "--yes").out
        planned.must("rollback", "1", "--yes")
    assert target.state() == before
    planned.must("audit", "--check")
