"""Where groups and topics stood when a wave moved them, as the journal has it."""

from migrate.documents.plan import Plan, Wave
from migrate.journal.standing import Journal
from migrate.logs.translate import Translation
from migrate.model.record import Position, TopicPartition, behind
from migrate.steps import AwaitQuiet, CommitOffsets, FreezeTopics, OpenWriteGate, SettleStrays


def committed(journal: Journal, wave: Wave) -> dict[str, tuple[Translation, ...]]:
    """Return what a wave's cutover has committed, by group, without groups whose commits are being undone."""
    return {
        step.group: step.translations
        for state, step in journal.standing(CommitOffsets)
        if state.wave == wave.number and state.event == "done"
    }


def quiet_commits(journal: Journal, wave: int) -> dict[str, tuple[Position, ...]]:
    """Return the commits on the source that a wave's cutover read while the groups were to be quiet, by group."""
    asked = [(n, s) for n, s in journal.standing(AwaitQuiet) if n.wave == wave]
    gates = (s for n, s in asked if n.finished or n.event == "failed")
    return {
        group: commits
        for gate in gates
        if gate.side == "source"
        for group, commits in gate.commits.items()
    }


def left_source(journal: Journal, plan: Plan) -> dict[str, tuple[Position, ...]]:
    """Return where the groups that have moved stood on the source then, as far as that is known."""
    return {
        group: tuple(
            Position(topic=t.topic, partition=t.partition, offset=at)
            for t in translations
            if (at := t.commit if t.commit is not None else t.source) is not None
        )
        for wave in plan.waves
        for group, translations in committed(journal, wave).items()
    }


def frozen(journal: Journal, wave: int) -> tuple[Position, ...]:
    """Return where the topics that a wave owns ended on the source when they were frozen, or settled since."""
    ends = [s.ends for n, s in journal.standing(FreezeTopics) if n.wave == wave and s.ends]
    return behind(ends[-1], settled(journal, wave)) if ends else ()


def settled(journal: Journal, wave: int) -> dict[TopicPartition, int]:
    """Return up to where stray writes on the source are settled, by partition."""
    return {
        stray.place: stray.end
        for state, step in journal.standing(SettleStrays)
        if state.wave == wave and state.event == "done"
        for stray in step.found
    }


def opened(journal: Journal, wave: int) -> tuple[Position, ...]:
    """Return where the target's logs ended when the write gate of a wave was opened; nothing if it was not."""
    gates = [s for n, s in journal.standing(OpenWriteGate) if n.wave == wave]
    return gates[-1].ends if gates else ()
