"""A Streams application with changelogs moves only once its stop hook has said that its local state is gone."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from migrate.documents.config import Policy
from migrate.documents.workloads import Workload
from migrate.execute.run import preview
from migrate.journal.copying import CopyConnector
from migrate.model.rights import SourceView
from migrate.stages.cutover import cutover
from migrate.stages.move import Move, keeps_state
from migrate.stages.rotate import rotate
from migrate.steps import SwitchClients
from tests.estate import people
from tests.execute.moving import PEOPLE, TOPICS, WAVE, switched

STATE = "ledger-by-key-changelog"


def streams(kind: str = "streams") -> Workload:
    (one,) = people(switched("ledger", kind=kind, groups=["ledger"])).workloads
    return one


@pytest.mark.parametrize(
    ("kind", "topics", "keeps"),
    [
        ("streams", ("paid", STATE), True),
        ("streams", ("ledger-by-key-repartition",), False),
        ("streams", (f"sub{STATE}", f"{STATE}s"), False),
        ("service", (STATE,), False),
    ],
)
def test_state_is_kept_where_a_changelog_of_the_application_is_copied(
    kind: str,
    topics: Sequence[str],
    keeps: bool,
) -> None:
    assert keeps_state(streams(kind), topics) is keeps


def test_only_the_stop_of_a_cutover_must_say_that_it_is_gone() -> None:
    workloads = [
        w if w.name != "ledger" else w.model_copy(update={"kind": "streams"})
        for w in PEOPLE.workloads
    ]
    copies = {"copy": CopyConnector((*TOPICS, STATE), {"topics": ",".join((*TOPICS, STATE))})}
    move = Move(WAVE, tuple(workloads), Policy(), (), SourceView(), copies, "User:copier")
    steps = [s for s in preview(cutover(move)) if isinstance(s, SwitchClients)]
    assert [s.key for s in steps if s.says] == ["stop_clients ledger"]
    turned = [s for s in preview(rotate(replace(move), {})) if isinstance(s, SwitchClients)]
    assert turned
    assert not any(s.says for s in turned)
