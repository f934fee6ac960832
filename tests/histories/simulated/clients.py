"""Programs of a world that read, and the library that its programs write through."""

from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.consuming import Process
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.history import ClientSpec
from migrate.rehearse.worlds.producing import Writer
from migrate.rehearse.worlds.programs import Login, Surroundings
from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.histories.simulated.play import ADMIN, NotModelledError, Play, answer

_SILENCE = 2.0
_LIBRDKAFKAS = {"MESSAGE_TOO_LARGE": "MSG_SIZE_TOO_LARGE"}
"""Errors that librdkafka, which real clusters are asked with, names otherwise."""


@answer.register
def _(op: ops.OpenConsumer, play: Play) -> Answer:
    if op.reset == "error":
        raise NotModelledError("auto.offset.reset=none")
    user = op.user or "admin"
    if not op.user:
        answer(ops.SetPassword(user, user), play)
    spec = ClientSpec(
        name=op.name,
        user=user,
        reads=(op.topic,),
        group=op.group,
        assigns=op.assign,
        reset=op.reset,
    )
    login = Login(play.side, spec.mechanism, user)
    sides = {"source": play.source, "target": play.target}
    around = Surroundings(play.timeline, sides, lambda _: login, lambda: False, play.doings)
    process = Process(spec, around, 1)
    process.start()
    play.consumers[op.name] = (process, 0)
    return OK


@answer.register
def _(op: ops.Poll, play: Play) -> Answer:
    play.timeline.advance(_SILENCE)
    process, seen = play.consumers[op.name]
    rows = [r for r in play.doings.processed if r.client == process.id]
    play.consumers[op.name] = (process, len(rows))
    return tuple(f"{r.offset}:{play.values[r.number]}" for r in rows[seen:])


@answer.register
def _(op: ops.CloseConsumer, play: Play) -> Answer:
    play.consumers[op.name][0].stop(clean=True)
    return OK


@answer.register
def _(op: ops.OpenProducer, play: Play) -> Answer:
    user = f"User:{op.user}" if op.user else ADMIN
    play.writers[op.name] = Writer(play.cluster, user, op.tx)
    return OK


@answer.register
def _(op: ops.Send, play: Play) -> Answer:
    writer = play.writers[op.name]
    if writer.transactional_id and writer.transaction is None:
        writer.begin()
    number = play.doings.next_number()
    play.values[number] = op.value
    try:
        return writer.send(op.topic, Content(number, number, len(op.value), 1.0, play.timeline.now))
    except BrokerError as error:
        return _LIBRDKAFKAS.get(error.code, error.code)


@answer.register
def _(op: ops.EndSent, play: Play) -> Answer:
    writer = play.writers[op.name]
    if op.commit:
        writer.end()
    else:
        writer.abort()
    return OK
