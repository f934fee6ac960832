"""Histories written by hand, each of one defect that kmig has; who mends it takes it off the table of the test."""

from migrate.rehearse.worlds.history import (
    ClientSpec,
    ClusterSpec,
    Estate,
    Event,
    Fault,
    History,
    Load,
    TopicSpec,
    Typed,
)
from migrate.rehearse.worlds.timeline import DAY, HOUR, MINUTE
from migrate.rehearse.worlds.workloads import made

DAY_MS = str(int(DAY * 1000))


def _history(
    topics: tuple[TopicSpec, ...],
    clients: tuple[ClientSpec, ...],
    *,
    ranks: dict[str, str] | None = None,
    source: ClusterSpec | None = None,
    target: ClusterSpec | None = None,
    **more: object,
) -> History:
    acls = []
    for client in clients:
        who = f"to User:{client.name}"
        acls += [f"ALLOW READ on topic {t} {who}" for t in client.reads]
        acls += [f"ALLOW WRITE on topic {t} {who}" for t in client.writes]
        acls += [f"ALLOW READ on group {client.group} {who}"] if client.group else []
    estate = Estate(
        source=source or ClusterSpec(brokers=1),
        target=target or ClusterSpec(brokers=1),
        topics=topics,
        clients=clients,
        acls=tuple(acls),
    )
    workloads = tuple(
        made(
            c,
            (ranks or {}).get(c.name, "public"),
            list(c.reads),
            list(c.writes),
            rotates=False,
            health=True,
        )
        for c in clients
    )
    return History.model_validate(
        {"estate": estate, "workloads": workloads, "pauses": (20 * MINUTE,) * 30, **more}
    )


def _reader(**more: object) -> ClientSpec:
    base: dict[str, object] = {"name": "r", "reads": ("a.t",), "group": "g", "reset": "earliest"}
    return ClientSpec.model_validate(base | more)


def _writer(**more: object) -> ClientSpec:
    return ClientSpec.model_validate({"name": "w", "writes": ("a.t",), "idle": HOUR} | more)


_STAY = {"r": "public", "w": "restricted"}
"""The reader moves first, and the writer in the second wave."""

_SLOW: dict[str, object] = {"takes": 1, "naps": DAY, "commits_from": {"a.t": 3}}

UNCOMPRESSED = _history(
    (
        TopicSpec(
            name="a.t",
            configs={"retention.bytes": "100000", "segment.bytes": "50000", "retention.ms": "-1"},
            loads=(Load(count=80, age=HOUR, size=8000, ratio=0.1),),
        ),
    ),
    (_writer(idle=6 * HOUR, busy=20.0, size=8000, ratio=0.1), _reader(**_SLOW)),
)

BROKER_DEFAULTS = _history(
    (TopicSpec(name="a.t", loads=(Load(count=30, age=HOUR),)),),
    (_writer(), _reader(**_SLOW)),
    source=ClusterSpec(brokers=1, defaults={"log.retention.ms": "-1"}),
    target=ClusterSpec(brokers=1, defaults={"log.retention.ms": DAY_MS}),
)

GAP = _history(
    (TopicSpec(name="a.t", configs={"retention.ms": DAY_MS, "segment.bytes": "20000"}),),
    (_writer(size=8000), _reader()),
    ranks=_STAY,
    events=(Event(after=9, what="the Connect worker is killed", value="500000"),),
    pauses=(20 * MINUTE,) * 9 + (8 * DAY,) + (20 * MINUTE,) * 20,
)

RECOPIED = _history(
    (TopicSpec(name="a.t", loads=(Load(count=30, age=HOUR),)),),
    (_writer(), _reader()),
    ranks=_STAY,
    events=(
        Event(after=8, what="the Connect worker is killed", value="60"),
        Event(after=8, what="Connect loses the copy's offsets", seconds=30.0),
    ),
)

MADE_ANEW = _history(
    (TopicSpec(name="a.t", loads=(Load(count=700, age=HOUR),)),),
    (_writer(), _reader()),
    ranks=_STAY,
    events=(
        Event(after=8, what="the Connect worker is killed", value="60"),
        Event(
            after=8,
            what="a topic is deleted and created again on the source",
            on="a.t",
            value="2000",
            seconds=20.0,
        ),
    ),
)

NOT_QUIET = _history(
    (TopicSpec(name="a.t"),),
    (_writer(busy=0.3), _reader(assigns=True, stop="late", commits_from={"a.t": 0})),
)

UNSEEN_COMMITS = _history(
    (TopicSpec(name="a.t", partitions=1, loads=(Load(count=30, age=HOUR),)),),
    (_writer(), _reader(**_SLOW)),
    policy={"uncommitted": "latest"},
    events=tuple(
        Event(after=7, what="a coordinator moves on the source", on="g", value="60", call=call)
        for call in (60,)
    ),
)

EXPIRED_BEFORE_ROLLBACK = _history(
    (TopicSpec(name="a.t", loads=(Load(count=30, age=HOUR),)),),
    (_writer(idle=20 * DAY, busy=20 * DAY), _reader(commits_from={"a.t": 3})),
    ranks=_STAY,
    source=ClusterSpec(brokers=1, defaults={"offsets.retention.minutes": "1440"}),
    pauses=(20 * MINUTE,) * 8 + (3 * DAY,) + (20 * MINUTE,) * 20,
    typed=(Typed(at=8, command="rollback 1"),),
    faults=(Fault(command=7, call=150, kind="killed after"),),
)

NOT_TAKEN_BACK = _history(
    (TopicSpec(name="a.t", loads=(Load(count=30, age=HOUR),)), TopicSpec(name="a.u")),
    (
        _writer(idle=20 * DAY, busy=20 * DAY),
        _writer(name="v", writes=("a.u",), begins=16_000.0),
        _reader(reads=("a.t", "a.u"), commits_from={"a.t": 3}),
    ),
    ranks={**_STAY, "v": "restricted"},
    policy={"uncommitted": "earliest"},
    pauses=(20 * MINUTE,) * 8 + (DAY,) + (20 * MINUTE,) * 20,
    typed=(Typed(at=8, command="rollback 1"),),
)

STUCK_BETWEEN = _history(
    (TopicSpec(name="a.t", loads=(Load(count=30, age=HOUR),)),),
    (_writer(idle=20 * DAY, busy=5000.0), _reader(takes=5, naps=10 * DAY, commits_from={"a.t": 3})),
    ranks=_STAY,
    pauses=(20 * MINUTE,) * 8 + (12 * DAY,) + (20 * MINUTE,) * 20,
    typed=(Typed(at=8, command="rollback 1"),),
)

TAKEN_BACK = _history(
    (TopicSpec(name="a.t", loads=(Load(count=30, age=HOUR),)),),
    (_writer(idle=20 * DAY, busy=5000.0), _reader(**_SLOW)),
    ranks=_STAY,
    faults=(Fault(command=7, call=130, kind="killed after"),),
    events=(Event(after=8, what="somebody tries a client on the target", on="r", value="60"),),
)
