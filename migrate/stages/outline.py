"""What the stages of a wave after `prepare` will do, before their facts are known: one line for the steps of a kind.

The lines stand in the order of the stages themselves; a test holds one against the other. Each says what it waits
for: the gate behind which its steps become concrete.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from migrate.documents.plan import StageName, Template
from migrate.stages.subjects import Subjects
from migrate.steps import (
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
    ForgetFile,
    ForgetSecret,
    FreezeTopics,
    IssueSecret,
    OpenWriteGate,
    OverlapCredential,
    PauseCopy,
    PointClients,
    ProveOffsets,
    ReadPositions,
    ResumeCopy,
    RevokeCredential,
    StartCopy,
    SwitchClients,
    WatchSource,
)
from migrate.steps.change import Change

Listed = Literal["", "copies", "owns_topics", "groups", "producers", "restored"]


def _always(_: Subjects) -> None:
    """What a line is about that is about the whole wave."""


@dataclass(frozen=True)
class Line:
    """The steps of one kind in a stage. `on` says what they are done to; a line about nothing is left out."""

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
        """The kind's name in plan.json."""
        return str(self.kind.model_fields["op"].default)


def templates(about: Subjects) -> Iterator[Template]:
    """The lines of a wave."""
    for line in LINES:
        subjects = line.on(about)
        if subjects == ():
            continue
        listed = _LISTS.get(line.on, "")
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


_LISTS: dict[Callable[[Subjects], tuple[str, ...] | None], Listed] = {
    Subjects.copies: "copies",
    Subjects.owned: "owns_topics",
    Subjects.gated_owned: "owns_topics",
    Subjects.groups: "groups",
    Subjects.producers: "producers",
    Subjects.restored: "restored",
}
"""What the wave says itself is not said again."""

# fmt: off
LINES: tuple[Line, ...] = (
    Line("replicate", CreateAcls, Subjects.copies, "target", "let the copier write",
         because="it writes to them until their producers move", after="the topics on target, empty",
         undo="the grants are removed"),
    Line("replicate", StartCopy, Subjects.copies, "copy", "start the copy",
         because="their first readers move with this wave", after="the copier's grants",
         undo="the connector is deleted"),
    Line("cutover", AwaitPace, _always, "copy", "see the copies keep pace",
         because="a copy that is slower than its producers never drains", undo="nothing was changed"),
    Line("cutover", SwitchClients, Subjects.consumers, "clients", "stop consumers",
         because="they change sides", after="every approval that the policy wants",
         undo="their hooks start them again"),
    Line("cutover", AwaitQuiet, Subjects.consumer_groups, "source", "see their groups empty and the commits still",
         because="only what is still can be translated", after="the consumers stopped",
         undo="nothing was changed"),
    Line("cutover", SwitchClients, Subjects.producers, "clients", "stop producers",
         because="they change sides", after="the consumers stopped",
         undo="their hooks start them again"),
    Line("cutover", AwaitQuiet, Subjects.producer_groups, "source", "see their groups empty and the commits still",
         because="only what is still can be translated", after="the producers stopped",
         undo="nothing was changed"),
    Line("cutover", ReadPositions, Subjects.groups, "source", "note where they stand, and where their topics end",
         because="a commit that goes missing later must be missed", after="the groups quiet",
         undo="nothing was changed"),
    Line("cutover", CreateAcls, Subjects.groups, "source", "deny READ to those who hold the groups",
         because="nobody goes on from the old position", after="the groups quiet",
         undo="the DENY is removed, and seen gone"),
    Line("cutover", CreateAcls, Subjects.owned, "source", "fence: deny WRITE to everybody",
         because="one writer at a time", after="the producers stopped",
         undo="the DENY is removed"),
    Line("cutover", FreezeTopics, Subjects.owned, "source", "see the ends still and no transaction open",
         because="what is drained must not grow", after="the fence, seen on every broker",
         undo="nothing was changed"),
    Line("cutover", AwaitPassed, Subjects.passing, "copy", "see the copies past every commit",
         because="a record in between would be read twice", after="the commits still",
         undo="nothing was changed"),
    Line("cutover", AwaitDrained, Subjects.owned, "target", "read every record of the fenced topics there",
         because="no record is left behind", after="the ends still",
         undo="nothing was changed"),
    Line("cutover", PauseCopy, _always, "copy", "pause the copies",
         because="a moving end cannot be matched", after="the copies past every commit",
         undo="the copies are resumed"),
    Line("cutover", EndCopy, Subjects.owned, "copy", "take the topics out of the copies",
         because="they are written on target from now on", after="the drain",
         undo="the copies go on"),
    Line("cutover", DeleteAcls, Subjects.owned, "target", "take WRITE from the copier",
         because="it writes to them no more", after="the topics out of the copies",
         undo="the copier gets it back"),
    Line("cutover", CommitOffsets, Subjects.groups, "target", "translate and commit offsets",
         because="each group goes on where it stopped", after="the copies quiet",
         undo="what was there returns"),
    Line("cutover", ProveOffsets, Subjects.groups, "target", "read at each commit on both sides",
         because="an offset is committed only with its proof", after="the commits read back",
         undo="nothing was changed"),
    Line("cutover", PointClients, Subjects.consumer_files, "clients", "point consumers at target",
         because="they find it in that file", after="the proof of their offsets",
         undo="the file that was there returns"),
    Line("cutover", SwitchClients, Subjects.consumers, "clients", "start consumers",
         because="they change sides", after="the proof of their offsets",
         undo="they and their commits go back"),
    Line("cutover", AwaitMembers, Subjects.seen_consumers, "target", "see consumers at work",
         because="who does not come back must be noticed in time", after="the consumers started",
         undo="nothing was changed"),
    Line("cutover", WatchSource, Subjects.gated_owned, "source", "see nothing written since the fence",
         because="what was written then would be lost", after="the consumers at work",
         undo="nothing was changed"),
    Line("cutover", OpenWriteGate, Subjects.gated, "target", "open the write gate: the point of no return",
         because="the consumers are proven, the copy has ended", after="a yes, typed",
         undo="none: from here on go forward"),
    Line("cutover", PointClients, Subjects.producer_files, "clients", "point producers at target",
         because="they find it in that file", after="the write gate, seen on every broker",
         undo="none: from here on go forward"),
    Line("cutover", SwitchClients, Subjects.producers, "clients", "start producers",
         because="they change sides", after="the write gate, seen on every broker",
         undo="none: from here on go forward"),
    Line("cutover", AwaitMembers, Subjects.seen_producers, "target", "see them at work",
         because="a client that does not come back must be noticed", after="the producers started",
         undo="nothing was changed"),
    Line("cutover", AlterTopic, Subjects.restored, "target", "give topics their own configs back",
         because="their copies have ended", after="the write gate",
         undo="none: from here on go forward"),
    Line("cutover", ResumeCopy, Subjects.passing, "copy", "resume the copies of topics that stay",
         because="their producers stay", after="the switch",
         undo="nothing was changed"),
    Line("cutover", WatchSource, Subjects.owned, "source", "watch for stray writes",
         because="a super user passes every fence", after="the switch",
         undo="nothing was changed"),
    Line("rotate", IssueSecret, Subjects.rotated, "clients", "make a new secret durable",
         because="it must survive kmig before a cluster knows it", after="the cutover, and approvals",
         undo="the pending secret is forgotten"),
    Line("rotate", OverlapCredential, Subjects.rotated, "target", "set it in the user's other mechanism",
         because="both work while clients change over", after="the new secret durable",
         undo="it is deleted"),
    Line("rotate", DeliverSecret, Subjects.rotated, "clients", "put it where clients read it",
         because="they find it and its mechanism there", after="the new credential logs in",
         undo="the old one returns"),
    Line("rotate", SwitchClients, Subjects.restarted, "clients", "restart clients",
         because="they read their secret when they start", after="the new secret delivered",
         undo="they are restarted again"),
    Line("rotate", AwaitQuiet, Subjects.rotated_groups, "target", "see old members gone",
         because="members that stayed would be taken for new ones", after="clients stopped",
         undo="nothing was changed"),
    Line("rotate", AwaitMembers, Subjects.restarted, "target", "see the new secret in use",
         because="nobody may need the old one any more", after="clients started",
         undo="nothing was changed"),
    Line("rotate", RevokeCredential, Subjects.rotated, "target", "delete the old credential, and prove it dead",
         because="revoked means proven", after="the new one in use",
         undo="none: it is proven dead, or said not to be"),
    Line("rotate", ForgetSecret, Subjects.rotated, "clients", "forget the old secret",
         because="nothing is left to prove with it", after="the verdict `proven`",
         undo="none: nothing can use it"),
    Line("close", WatchSource, Subjects.owned, "source", "see nothing written since the switch",
         because="a writer that came back would write for nobody", after="the rotation",
         undo="nothing was changed"),
    Line("close", DeleteAcls, Subjects.owned, "target", "take what is left from the copier",
         because="it is done with these topics", after="the source still",
         undo="the copier gets it back"),
    Line("close", ForgetFile, Subjects.forgotten_files, "clients", "remove what their files held before",
         because="no rollback puts it back any more", after="the source still",
         undo="none: from here on go forward"),
)
# fmt: on
