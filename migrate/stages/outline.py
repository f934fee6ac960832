"""The templates of the stages after `prepare`: one line for the steps of a kind, before their facts are known.

The lines are in the order of the stages; a test compares the two. Each line says what it waits for: the gate behind
which its steps become concrete.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from migrate.documents.plan import StageName, Template
from migrate.stages.subjects import Subjects
from migrate.steps import (
    AdoptCopy,
    AlterTopic,
    AwaitDrained,
    AwaitMembers,
    AwaitPace,
    AwaitPassed,
    AwaitQuiet,
    CommitOffsets,
    CreateAcls,
    DeleteAcls,
    DeliverSecret,
    EndCopy,
    FenceCopier,
    ForgetFile,
    ForgetSecret,
    FreezeTopics,
    IssueSecret,
    KeepCopies,
    LookAhead,
    OpenWriteGate,
    OverlapCredential,
    PauseCopy,
    PointClients,
    ProveCopies,
    ProveOffsets,
    ReadPositions,
    ResumeCopy,
    ReturnRetention,
    RevokeCredential,
    StartCopy,
    SwitchClients,
    WatchCommits,
    WatchSource,
)
from migrate.steps.change import Change

Listed = Literal["", "copies", "owns_topics", "groups", "producers", "restored", "retained"]


def _always(_: Subjects) -> None:
    """The subject of a line that is about the whole wave."""


@dataclass(frozen=True)
class StageLine:
    """The steps of one kind in a stage. `on` returns their subjects; a line without any is left out."""

    stage: StageName
    kind: type[Change]
    on: Callable[[Subjects], tuple[str, ...] | None]
    site: Literal["source", "target", "copy", "clients"]
    does: str
    because: str
    undo: str
    after: str = ""

    @property
    def op(self) -> str:
        """Return the kind's name in plan.json."""
        return str(self.kind.model_fields["op"].default)


def templates(about: Subjects) -> Iterator[Template]:
    """Yield the templates of a wave."""
    for line in LINES:
        subjects = line.on(about)
        if subjects == ():
            continue
        listed = _LISTS.get(line.on, "")
        if listed and subjects != getattr(about.wave, listed):
            listed = ""
        yield Template(
            stage=line.stage,
            op=line.op,
            does=line.does,
            subjects=() if listed else subjects or (),
            of=listed,
            site=line.site,
            because=line.because,
            waits_for=line.after,
            undo=line.undo,
        )


_NO_ROLLBACK = "none: no rollback from here on"

_LISTS: dict[Callable[[Subjects], tuple[str, ...] | None], Listed] = {
    Subjects.copies: "copies",
    Subjects.started: "copies",
    Subjects.adopted: "copies",
    Subjects.owned: "owns_topics",
    Subjects.gated_owned: "owns_topics",
    Subjects.groups: "groups",
    Subjects.switched_producers: "producers",
    Subjects.restored: "restored",
    Subjects.retained: "retained",
}
"""Subjects that, where nothing is left out, are a list of the wave already: the template names the list."""

# fmt: off
LINES: tuple[StageLine, ...] = (
    StageLine("replicate", CreateAcls, Subjects.copies, "target", "let the copier write",
         because="it writes to them until their producers move", after="the topics exist on the target",
         undo="the grants are deleted"),
    StageLine("replicate", StartCopy, Subjects.started, "copy", "start the copy",
         because="their first readers move with this wave", after="the copier may write",
         undo="the connector is deleted"),
    StageLine("replicate", AdoptCopy, Subjects.adopted, "copy", "count on the copy that runs already",
         because="their first readers move with this wave", after="the copier may write",
         undo="nothing to undo"),
    StageLine("cutover", LookAhead, _always, "source", "ask what would be refused once clients are stopped",
         because="it is known before anybody is stopped", undo="nothing to undo"),
    StageLine("cutover", KeepCopies, _always, "copy", "look for the copies' connectors",
         because="one that somebody has deleted is made again, and goes on where it was", undo="nothing to undo"),
    StageLine("cutover", AwaitPace, _always, "copy", "check that the copies are faster than their producers",
         because="a slower copy never drains", undo="nothing to undo"),
    StageLine("cutover", ProveCopies, _always, "copy", "compare every record of both sides",
         because="a record that is missing is found while everybody runs", undo="nothing to undo"),
    StageLine("cutover", WatchCommits, Subjects.groups, "source", "watch how groups without members commit",
         because="how long they must be still is known only while they run", undo="nothing to undo"),
    StageLine("cutover", SwitchClients, Subjects.switched_consumers, "clients", "stop consumers",
         because="they move to the target", after="all approvals that the policy requires",
         undo="their start hooks run"),
    StageLine("cutover", AwaitQuiet, Subjects.consumer_groups, "source",
         "wait until the groups are empty and the commits stop changing",
         because="a changing offset cannot be translated", after="the consumers are stopped",
         undo="nothing to undo"),
    StageLine("cutover", ReadPositions, Subjects.consumer_groups, "source",
         "record the commits, and where the topics end",
         because="a commit that disappears later must be noticed", after="the groups are quiet",
         undo="nothing to undo"),
    StageLine("cutover", CreateAcls, Subjects.consumer_groups, "source",
         "deny READ to the principals that use the groups",
         because="no client may continue on the source", after="the groups are quiet",
         undo="the DENY is deleted, checked on every broker"),
    StageLine("cutover", AwaitPassed, Subjects.consumer_groups, "copy",
         "wait until the copies have passed every commit",
         because="a record in between would be read twice", after="the commits no longer change",
         undo="nothing to undo"),
    StageLine("cutover", CommitOffsets, Subjects.consumer_groups, "target", "translate and commit offsets",
         because="each group continues where it stopped", after="the copies have passed every commit",
         undo="the previous commits are restored"),
    StageLine("cutover", ProveOffsets, Subjects.consumer_groups, "target",
         "compare the records at each commit on both sides",
         because="no consumer starts at an unproven offset", after="the commits are read back",
         undo="nothing to undo"),
    StageLine("cutover", PointClients, Subjects.consumer_files, "clients", "point consumers at the target",
         because="they read the address from that file", after="the offsets are proven",
         undo="the previous file is restored"),
    StageLine("cutover", SwitchClients, Subjects.switched_consumers, "clients", "start consumers",
         because="what is still written on the source is copied", after="the offsets are proven",
         undo="they and their commits return to the source"),
    StageLine("cutover", AwaitMembers, Subjects.observable_consumers, "target", "check that the consumers run",
         because="a client that does not start must be noticed", after="the consumers are started",
         undo="nothing to undo"),
    StageLine("cutover", SwitchClients, Subjects.switched_producers, "clients", "stop producers",
         because="they move to the target", after="the consumers run on the target",
         undo="their start hooks run"),
    StageLine("cutover", AwaitQuiet, Subjects.producer_groups, "source",
         "wait until the groups are empty and the commits stop changing",
         because="a changing offset cannot be translated", after="the producers are stopped",
         undo="nothing to undo"),
    StageLine("cutover", ReadPositions, Subjects.producer_groups, "source",
         "record the commits, and where the topics end",
         because="a commit that disappears later must be noticed", after="the groups are quiet",
         undo="nothing to undo"),
    StageLine("cutover", CreateAcls, Subjects.producer_groups, "source",
         "deny READ to the principals that use the groups",
         because="no client may continue on the source", after="the groups are quiet",
         undo="the DENY is deleted, checked on every broker"),
    StageLine("cutover", CreateAcls, Subjects.owned, "source", "fence: deny WRITE to every principal",
         because="only one side may be written to", after="the producers are stopped",
         undo="the DENY is deleted"),
    StageLine("cutover", FreezeTopics, Subjects.owned, "source",
         "check that the topics no longer grow and no transaction is open",
         because="a topic that grows cannot be drained", after="every broker shows the fence",
         undo="nothing to undo"),
    StageLine("cutover", AwaitPassed, Subjects.passed_by_producers, "copy",
         "wait until the copies have passed every commit",
         because="a record in between would be read twice", after="the commits no longer change",
         undo="nothing to undo"),
    StageLine("cutover", AwaitDrained, Subjects.owned, "target", "read every record of the fenced topics",
         because="no record may be missing", after="the topics no longer grow",
         undo="nothing to undo"),
    StageLine("cutover", PauseCopy, Subjects.unbound, "copy", "pause the copies",
         because="their topics are about to change", after="the topics are drained",
         undo="the copies are resumed"),
    StageLine("cutover", EndCopy, Subjects.unbound, "copy", "remove the topics from the copies",
         because="their producers write on the target from now on", after="the topics are drained",
         undo="the topics are copied again"),
    StageLine("cutover", DeleteAcls, Subjects.unbound_granted, "target", "revoke WRITE from the copier",
         because="it no longer writes to them", after="the copies no longer have the topics",
         undo="the copier may write again"),
    StageLine("cutover", ResumeCopy, Subjects.unbound_passing, "copy", "resume the copies of topics that stay",
         because="their producers stay on the source", after="the copies no longer have the topics",
         undo="the copies are paused"),
    StageLine("cutover", CommitOffsets, Subjects.producer_groups, "target", "translate and commit offsets",
         because="each group continues where it stopped", after="the topics are drained",
         undo="the previous commits are restored"),
    StageLine("cutover", ProveOffsets, Subjects.producer_groups, "target",
         "compare the records at each commit on both sides",
         because="no consumer starts at an unproven offset", after="the commits are read back",
         undo="nothing to undo"),
    StageLine("cutover", FenceCopier, Subjects.bound, "target", "deny WRITE to the copier",
         because="these topics belong to their producers now", after="the topics are drained",
         undo="the DENY is deleted, and tasks that failed are started again"),
    StageLine("cutover", WatchSource, Subjects.gated_owned, "source",
         "check that nothing was written on either side",
         because="such a record would be lost", after="the copier can write no more",
         undo="nothing to undo"),
    StageLine("cutover", OpenWriteGate, Subjects.gated, "target", "open the write gate: the point of no return",
         because="the consumers run, the copier can write no more", after="both ends are as they were",
         undo=_NO_ROLLBACK),
    StageLine("cutover", PointClients, Subjects.producer_files, "clients", "point producers at the target",
         because="they read the address from that file", after="every broker shows the write gate's grants",
         undo=_NO_ROLLBACK),
    StageLine("cutover", SwitchClients, Subjects.switched_producers, "clients", "start producers",
         because="they move to the target", after="every broker shows the write gate's grants",
         undo=_NO_ROLLBACK),
    StageLine("cutover", AwaitMembers, Subjects.observable_producers, "target", "check that the producers run",
         because="a client that does not start must be noticed", after="the producers are started",
         undo="nothing to undo"),
    StageLine("cutover", PauseCopy, Subjects.bound, "copy", "pause the copies",
         because="their topics are about to change", after="the switch",
         undo="the copies are resumed"),
    StageLine("cutover", EndCopy, Subjects.bound, "copy", "remove the topics from the copies",
         because="their producers write on the target from now on", after="the switch",
         undo="the topics are copied again"),
    StageLine("cutover", DeleteAcls, Subjects.bound, "target", "revoke WRITE from the copier, and its DENY",
         because="it no longer writes to them", after="the copies no longer have the topics",
         undo="the copier gets them back"),
    StageLine("cutover", ResumeCopy, Subjects.bound_passing, "copy", "resume the copies of topics that stay",
         because="their producers stay on the source", after="the copies no longer have the topics",
         undo="the copies are paused"),
    StageLine("cutover", AlterTopic, Subjects.restored, "target", "restore the topics' configs, but for retention",
         because="their copies have ended", after="the write gate",
         undo=_NO_ROLLBACK),
    StageLine("cutover", WatchSource, Subjects.owned, "source", "watch for stray writes",
         because="super users are not stopped by a fence", after="the switch",
         undo="nothing to undo"),
    StageLine("cutover", ReturnRetention, Subjects.retained, "target", "restore the topics' retention",
         because="a copy keeps everything", after="every group has read what it deletes",
         undo=_NO_ROLLBACK),
    StageLine("rotate", IssueSecret, Subjects.rotated, "clients", "store a new secret",
         because="it must be stored before a cluster knows it", after="the cutover and its approvals",
         undo="the pending secret is deleted"),
    StageLine("rotate", OverlapCredential, Subjects.rotated, "target", "add it to the user under the other mechanism",
         because="both secrets work while clients change over", after="the new secret is stored",
         undo="it is deleted"),
    StageLine("rotate", DeliverSecret, Subjects.rotated, "clients", "write it where the clients read it",
         because="they read the secret and its mechanism there", after="the new secret logs in",
         undo="the old secret is restored"),
    StageLine("rotate", WatchCommits, Subjects.rotated_groups, "target", "watch how groups without members commit",
         because="how long they must be still is known only while they run", after="the new secret is delivered",
         undo="nothing to undo"),
    StageLine("rotate", SwitchClients, Subjects.restarted, "clients", "restart clients",
         because="they read their secret when they start", after="the new secret is delivered",
         undo="they are restarted again"),
    StageLine("rotate", AwaitQuiet, Subjects.rotated_groups, "target", "wait until the old members are gone",
         because="they could be mistaken for new ones", after="the clients are stopped",
         undo="nothing to undo"),
    StageLine("rotate", AwaitMembers, Subjects.restarted, "target", "check that the new secret is in use",
         because="no client may still need the old one", after="the clients are started",
         undo="nothing to undo"),
    StageLine("rotate", RevokeCredential, Subjects.rotated, "target",
         "delete the old credential, and prove that it no longer logs in",
         because="a revocation counts only with proof", after="the new secret is in use",
         undo="none: the old credential is deleted"),
    StageLine("rotate", ForgetSecret, Subjects.rotated, "clients", "delete the old secret from its store",
         because="the proof no longer needs it", after="the verdict `proven`",
         undo="none: nothing can use it"),
    StageLine("close", ReturnRetention, Subjects.retained, "target", "restore the retention that waited for a group",
         because="the wave is over", after="the rotation",
         undo=_NO_ROLLBACK),
    StageLine("close", WatchSource, Subjects.owned, "source", "check that nothing was written since the switch",
         because="a client that still writes there would lose its records", after="the rotation",
         undo="nothing to undo"),
    StageLine("close", DeleteAcls, Subjects.owned, "target", "revoke the copier's remaining grants",
         because="it no longer needs these topics", after="nothing was written on the source",
         undo="the copier gets them back"),
    StageLine("close", ForgetFile, Subjects.forgotten_files, "clients", "delete what their files held before",
         because="no rollback needs it any more", after="nothing was written on the source",
         undo=_NO_ROLLBACK),
)
# fmt: on
