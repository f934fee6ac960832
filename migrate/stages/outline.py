"""What the stages of a wave after `prepare` will do, before their facts are known: one line for the steps of a kind.

The lines stand in the order of the stages themselves; a test holds one against the other. Each says what it waits
for: the gate behind which its steps become concrete.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from migrate.documents.plan import Template, Wave
from migrate.documents.workloads import Workload


@dataclass(frozen=True)
class Outlook:
    """A wave and its workloads; `passing` are topics it reads whose producers stay.

    Each attribute is what some line is about; a line about nothing is left out.
    """

    wave: Wave
    workloads: tuple[Workload, ...]
    passing: tuple[str, ...]

    @property
    def copies(self) -> tuple[str, ...]:
        """Topics whose copy starts."""
        return self.wave.copies

    @property
    def owned(self) -> tuple[str, ...]:
        """Topics whose producers move."""
        return self.wave.owns_topics

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that move."""
        return self.wave.groups

    @property
    def producers(self) -> tuple[str, ...]:
        """Workloads that write to a topic of this wave."""
        return self.wave.producers

    @cached_property
    def consumers(self) -> tuple[str, ...]:
        """All others."""
        return tuple(w.name for w in self.workloads if w.name not in self.wave.producers)

    @property
    def consumer_groups(self) -> tuple[str, ...]:
        """Groups of consumers."""
        return self._groups_of(self.consumers)

    @property
    def producer_groups(self) -> tuple[str, ...]:
        """Groups of producers."""
        return self._groups_of(self.producers)

    @property
    def consumer_files(self) -> tuple[str, ...]:
        """Consumers that find their side in a file."""
        return self._with_file(self.consumers)

    @property
    def producer_files(self) -> tuple[str, ...]:
        """Producers that do."""
        return self._with_file(self.producers)

    @property
    def seen_consumers(self) -> tuple[str, ...]:
        """Consumers that a group or a health hook shows at work."""
        return self._seen(self.consumers)

    @property
    def seen_producers(self) -> tuple[str, ...]:
        """Producers that one does."""
        return self._seen(self.producers)

    @property
    def gated_owned(self) -> tuple[str, ...]:
        """Topics that must not have been written when the gate opens."""
        return self.owned if self.gated else ()

    @property
    def gated(self) -> tuple[str, ...]:
        """Principals to which the point of no return gives WRITE, or producers that wait for it."""
        granted = {acl.principal for acl in self.wave.grants}
        return tuple(sorted(granted)) or self.producers

    @property
    def restored(self) -> tuple[str, ...]:
        """Topics that get configs back."""
        return self.wave.restored

    @property
    def rotated(self) -> tuple[str, ...]:
        """Workloads whose credential is exchanged."""
        return self.wave.rotates

    @cached_property
    def restarted(self) -> tuple[str, ...]:
        """Workloads that log in with one of those credentials."""
        rotated = set(self.rotated)
        changed = {w.principal for w in self.workloads if w.name in rotated}
        return tuple(w.name for w in self.workloads if w.principal in changed)

    @property
    def rotated_groups(self) -> tuple[str, ...]:
        """Their groups."""
        return self._groups_of(self.restarted)

    def _groups_of(self, names: tuple[str, ...]) -> tuple[str, ...]:
        mine, moving = set(names), set(self.groups)
        workloads = (w for w in self.workloads if w.name in mine)
        return tuple(sorted(g for w in workloads for g in w.every_group if g in moving))

    def _with_file(self, names: tuple[str, ...]) -> tuple[str, ...]:
        mine = set(names)
        return tuple(
            w.name for w in self.workloads if w.name in mine and w.switch and w.switch.file
        )

    def _seen(self, names: tuple[str, ...]) -> tuple[str, ...]:
        groups, mine = set(self.groups), set(names)
        return tuple(
            w.name
            for w in self.workloads
            if w.name in mine
            and (groups & set(w.every_group) or (w.switch and w.switch.command.health))
        )


def templates(look: Outlook) -> Iterator[Template]:
    """The lines of a wave."""
    for line in _LINES:
        subjects = getattr(look, line["on"]) if line["on"] else ()
        if subjects or not line["on"]:
            said = {key: text for key, text in line.items() if key != "on"}
            listed = _LISTS.get(line["on"], "")
            about = {"of": listed} if listed else {"subjects": subjects}
            yield Template.model_validate({**said, **about})


_LISTS = {
    "copies": "copies",
    "owned": "owns_topics",
    "gated_owned": "owns_topics",
    "groups": "groups",
    "producers": "producers",
    "restored": "restored",
}
"""What the wave says itself is not said again."""


_TABLE = """
replicate | create_acls | copies | target | let the copier write
  it writes to them until their producers move | the topics on target, empty | the grants are removed
replicate | start_copy | copies | copy | start the copy
  their first readers move with this wave | the copier's grants | the connector is deleted
cutover | await_pace |  | copy | see the copies keep pace
  a copy that is slower than its producers never drains |  | nothing was changed
cutover | switch_clients | consumers | clients | stop consumers
  they change sides | every approval that the policy wants | their hooks start them again
cutover | await_quiet | consumer_groups | source | see their groups empty and the commits still
  only what is still can be translated | the consumers stopped | nothing was changed
cutover | switch_clients | producers | clients | stop producers
  they change sides | the consumers stopped | their hooks start them again
cutover | await_quiet | producer_groups | source | see their groups empty and the commits still
  only what is still can be translated | the producers stopped | nothing was changed
cutover | create_acls | groups | source | deny READ to those who hold the groups
  nobody goes on from the old position | the groups quiet | the DENY is removed, and seen gone
cutover | create_acls | owned | source | fence: deny WRITE to everybody
  one writer at a time | the producers stopped | the DENY is removed
cutover | freeze_topics | owned | source | see the ends still and no transaction open
  what is drained must not grow | the fence, seen on every broker | nothing was changed
cutover | await_passed | passing | copy | see the copies past every commit
  a record in between would be read twice | the commits still | nothing was changed
cutover | await_drained | owned | target | read every record of the fenced topics there
  no record is left behind | the ends still | nothing was changed
cutover | pause_copy |  | copy | pause the copies
  a moving end cannot be matched | the copies past every commit | the copies are resumed
cutover | end_copy | owned | copy | take the topics out of the copies
  they are written on target from now on | the drain | the copies go on
cutover | delete_acls | owned | target | take WRITE from the copier
  it writes to them no more | the topics out of the copies | the copier gets it back
cutover | commit_offsets | groups | target | translate and commit offsets
  each group goes on where it stopped | the copies quiet | what was there returns
cutover | prove_offsets | groups | target | read at each commit on both sides
  an offset is committed only with its proof | the commits read back | nothing was changed
cutover | point_clients | consumer_files | clients | point consumers at target
  they find it in that file | the proof of their offsets | the file that was there returns
cutover | switch_clients | consumers | clients | start consumers
  they change sides | the proof of their offsets | they and their commits go back
cutover | await_members | seen_consumers | target | see consumers at work
  who does not come back must be noticed in time | the consumers started | nothing was changed
cutover | watch_source | gated_owned | source | see nothing written since the fence
  what was written then would be lost | the consumers at work | nothing was changed
cutover | open_write_gate | gated | target | open the write gate: the point of no return
  the consumers are proven, the copy has ended | a yes, typed | none: from here on go forward
cutover | point_clients | producer_files | clients | point producers at target
  they find it in that file | the write gate, seen on every broker | none: from here on go forward
cutover | switch_clients | producers | clients | start producers
  they change sides | the write gate, seen on every broker | none: from here on go forward
cutover | await_members | seen_producers | target | see them at work
  a client that does not come back must be noticed | the producers started | nothing was changed
cutover | alter_topic | restored | target | give topics their own configs back
  their copies have ended | the write gate | none: from here on go forward
cutover | resume_copy | passing | copy | resume the copies of topics that stay
  their producers stay | the switch | nothing was changed
cutover | watch_source | owned | source | watch for stray writes
  a super user passes every fence | the switch | nothing was changed
rotate | issue_secret | rotated | clients | make a new secret durable
  it must survive kmig before a cluster knows it | the cutover, and approvals | the pending secret is forgotten
rotate | overlap_credential | rotated | target | set it in the user's other mechanism
  both work while clients change over | the new secret durable | it is deleted
rotate | deliver_secret | rotated | clients | put it where clients read it
  they find it and its mechanism there | the new credential logs in | the old one returns
rotate | switch_clients | restarted | clients | restart clients
  they read their secret when they start | the new secret delivered | they are restarted again
rotate | await_quiet | rotated_groups | target | see old members gone
  members that stayed would be taken for new ones | clients stopped | nothing was changed
rotate | await_members | restarted | target | see the new secret in use
  nobody may need the old one any more | clients started | nothing was changed
rotate | revoke_credential | rotated | target | delete the old credential, and prove it dead
  revoked means proven | the new one in use | none: it is proven dead, or said not to be
rotate | forget_secret | rotated | clients | forget the old secret
  nothing is left to prove with it | the verdict `proven` | none: nothing can use it
close | watch_source | owned | source | see nothing written since the switch
  a writer that came back would write for nobody | the rotation | nothing was changed
close | delete_acls | owned | target | take what is left from the copier
  it is done with these topics | the source still | the copier gets it back
"""
"""Two lines each: stage, op, what it is about (of `Outlook`), site, what it does; why, after what, undo."""

_KEYS = ("stage", "op", "on", "site", "does", "because", "waits_for", "undo")


def _lines() -> Iterator[dict[str, str]]:
    rows = _TABLE.strip().splitlines()
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        parts = (part.strip() for row in (first, second) for part in row.split("|"))
        yield dict(zip(_KEYS, parts, strict=True))


_LINES = tuple(_lines())
