"""Every step that kmig can take, one module each. `Step` is their union; the journal tells them apart by `op`."""

from typing import Annotated

from pydantic import Field

from migrate.steps.adopt_copy import AdoptCopy
from migrate.steps.alter_topic import AlterTopic
from migrate.steps.await_copy import AwaitPace, AwaitPassed
from migrate.steps.await_drained import AwaitDrained
from migrate.steps.await_groups import AwaitMembers, AwaitQuiet
from migrate.steps.change import Gate
from migrate.steps.commit_offsets import CommitOffsets
from migrate.steps.create_acls import CreateAcls
from migrate.steps.create_credential import CreateCredential
from migrate.steps.create_topic import CreateTopic
from migrate.steps.delete_acls import DeleteAcls
from migrate.steps.end_copy import EndCopy
from migrate.steps.fence_copier import FenceCopier
from migrate.steps.freeze_topics import FreezeTopics, WatchSource
from migrate.steps.grow_topic import GrowTopic
from migrate.steps.keep_copies import KeepCopies
from migrate.steps.look_ahead import LookAhead
from migrate.steps.open_write_gate import OpenWriteGate
from migrate.steps.pause_copy import PauseCopy, ResumeCopy
from migrate.steps.prove_copies import ProveCopies
from migrate.steps.prove_offsets import ProveOffsets
from migrate.steps.read_positions import ReadPositions
from migrate.steps.return_retention import ReturnRetention
from migrate.steps.revoke_credential import RevokeCredential
from migrate.steps.rotate_credential import (
    DeliverSecret,
    ForgetSecret,
    IssueSecret,
    OverlapCredential,
)
from migrate.steps.set_quota import SetQuota
from migrate.steps.settle_strays import SettleStrays
from migrate.steps.start_copy import StartCopy
from migrate.steps.switch_clients import ForgetFile, PointClients, SwitchClients
from migrate.steps.watch_commits import WatchCommits

__all__ = [
    "AdoptCopy",
    "AlterTopic",
    "AwaitDrained",
    "AwaitMembers",
    "AwaitPace",
    "AwaitPassed",
    "AwaitQuiet",
    "CommitOffsets",
    "CreateAcls",
    "CreateCredential",
    "CreateTopic",
    "DeleteAcls",
    "DeliverSecret",
    "EndCopy",
    "FenceCopier",
    "ForgetFile",
    "ForgetSecret",
    "FreezeTopics",
    "Gate",
    "GrowTopic",
    "IssueSecret",
    "KeepCopies",
    "LookAhead",
    "OpenWriteGate",
    "OverlapCredential",
    "PauseCopy",
    "PointClients",
    "ProveCopies",
    "ProveOffsets",
    "ReadPositions",
    "ResumeCopy",
    "ReturnRetention",
    "RevokeCredential",
    "SetQuota",
    "SettleStrays",
    "StartCopy",
    "Step",
    "SwitchClients",
    "WatchCommits",
    "WatchSource",
]

Step = Annotated[
    CreateTopic
    | GrowTopic
    | CreateCredential
    | CreateAcls
    | SetQuota
    | StartCopy
    | AdoptCopy
    | LookAhead
    | KeepCopies
    | WatchCommits
    | AwaitPace
    | ProveCopies
    | SwitchClients
    | AwaitQuiet
    | ReadPositions
    | FreezeTopics
    | AwaitDrained
    | AwaitPassed
    | PauseCopy
    | EndCopy
    | FenceCopier
    | DeleteAcls
    | CommitOffsets
    | ProveOffsets
    | PointClients
    | AwaitMembers
    | OpenWriteGate
    | AlterTopic
    | ResumeCopy
    | ReturnRetention
    | WatchSource
    | SettleStrays
    | IssueSecret
    | OverlapCredential
    | DeliverSecret
    | RevokeCredential
    | ForgetSecret
    | ForgetFile,
    Field(discriminator="op"),
]
