"""What an export for administrators cannot say is said: a DENY is no part of an ALL."""

from migrate.plan.build import build
from migrate.plan.byoc import express
from migrate.plan.export import inexpressible_acls
from tests.estate import acls, config, inventory, people, reads, topic, workload


def test_parts_of_an_all_come_with_the_gate_and_a_deny_beside_it_does_not() -> None:
    rules = acls("ALLOW ALL on topic pay to User:a", "DENY DELETE on topic pay to User:a")
    who = people(workload("a", writes=reads("pay")))
    made = build(config(), who, inventory(topics=(topic("pay"),), acl=rules))
    (wave,) = made.waves
    unspoken = inexpressible_acls(wave, express(wave.granted).unexpressed)
    assert [acl for acl, _ in unspoken] == [rules[1]]
