"""Carried or issued: which of both, where a new secret may stand, and what a rotation may name."""

from typing import Any

import pytest
from pydantic import ValidationError

from migrate.documents.secrets import CredentialRef, Deliver
from migrate.model.cluster import ScramCredential
from migrate.plan.blocked import Blocked
from migrate.plan.build import build
from migrate.steps import CreateCredential
from tests.estate import config, inventory, people, workload

USERS = tuple(ScramCredential(user=u, mechanism="SCRAM-SHA-512", iterations=8192) for u in "ab")


def ref(secret: str = "${file:new.properties:a}", **how: bool) -> dict[str, Any]:
    return {"mechanism": "SCRAM-SHA-512", "secret": secret, **how}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (ref(carry=True, issue=True), "exclude each other"),
        (ref("${env:A}", issue=True), "a secret in a properties file"),
    ],
)
def test_what_cannot_be_is_said(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        CredentialRef.model_validate(given)


def test_a_mechanism_does_not_stand_where_the_secret_does() -> None:
    with pytest.raises(ValidationError, match="must be another key"):
        Deliver(file="f", key="app", mechanism_key="app")


def test_neither_carried_nor_issued_blocks_the_plan() -> None:
    with pytest.raises(Blocked, match="sets neither `carry` nor `issue`"):
        build(config(), people(workload("a", credential=ref())), inventory(scram=USERS[:1]))


def test_an_issued_credential_keeps_mechanism_and_iterations() -> None:
    made = build(
        config(), people(workload("a", credential=ref(issue=True))), inventory(scram=USERS[:1])
    )
    (step,) = (s for s in made.waves[0].prepare if isinstance(s, CreateCredential))
    assert step.issued
    assert (step.mechanism, step.iterations) == ("SCRAM-SHA-512", 8192)
    assert step.describe().startswith("issue SCRAM-SHA-512 of User:a into ${file:")


def test_one_new_secret_for_two_principals_blocks_the_plan() -> None:
    both = [workload(name, credential=ref(issue=True)) for name in "ab"]
    with pytest.raises(Blocked, match=r"is issued for several principals, of workloads a, b"):
        build(config(), people(*both), inventory(scram=USERS))
