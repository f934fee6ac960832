"""A change of ACLs reaches one broker after the other, and what one knows it does not forget."""

from migrate.rehearse.worlds.estate import acl_of
from migrate.rehearse.worlds.history import History
from migrate.rehearse.worlds.world import World

_READ = acl_of("ALLOW READ on topic t to User:r")
_WRITE = acl_of("ALLOW WRITE on topic t to User:r")


def test_a_broker_that_becomes_late_keeps_what_it_knows() -> None:
    target = World(History()).target
    late = target.broker_ids[-1]
    target.change_acls([_READ], by="User:admin")
    target.timeline.advance(1.0)
    target.hold_back(late, 20.0)
    target.change_acls([_WRITE], by="User:admin")
    target.timeline.advance(10.0)
    assert target.allows("User:r", "READ", "TOPIC", "t", late)
    assert not target.allows("User:r", "WRITE", "TOPIC", "t", late)
    target.timeline.advance(11.0)
    assert target.allows("User:r", "WRITE", "TOPIC", "t", late)
