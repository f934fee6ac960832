"""What outside actors and faults do to an estate: administrators, operators, clients, brokers, workers."""

from migrate.rehearse.worlds.actors.acts import event_of
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.estate import ADMIN, acl_of
from migrate.rehearse.worlds.history import Event
from migrate.rehearse.worlds.timeline import HOUR
from migrate.rehearse.worlds.world import World

# an administrator of the source


@event_of("an administrator deletes an ACL on the source")
def _revoke(world: World, event: Event) -> None:
    world.source.change_acls(remove=[acl_of(event.on)], by=ADMIN)


@event_of("an administrator creates an ACL on the source")
def _grant(world: World, event: Event) -> None:
    world.source.change_acls(add=[acl_of(event.on)], by=ADMIN)


@event_of("an administrator creates an ACL on the target")
def _grant_target(world: World, event: Event) -> None:
    world.target.change_acls(add=[acl_of(event.on)], by=ADMIN)


@event_of("a topic is created on the source")
def _create(world: World, event: Event) -> None:
    world.source.create_topic(event.on, int(event.value or 1), 1, {}, by=ADMIN)


@event_of("a topic is deleted and created again on the source")
def _recreate(world: World, event: Event) -> None:
    topic = world.source.topic(event.on)
    partitions, configs = len(topic.logs), dict(topic.own)
    world.source.delete_topic(event.on, by=ADMIN)
    world.shadows.forget(event.on, world.timeline.now)
    made = world.source.create_topic(event.on, partitions, 1, configs, by=ADMIN)
    writer = world.writer_of(event.on)
    for index in range(int(event.value or 0)):
        number, now = world.doings.next_number(), world.timeline.now
        place = (event.on, index % len(made.logs))
        world.source.produce(writer, place, [Content(number, number, 1000, 1.0, now)])


@event_of("partitions are added to a topic on the source")
def _grow(world: World, event: Event) -> None:
    topic = world.source.topic(event.on)
    world.source.grow_topic(event.on, len(topic.logs) + 1, by=ADMIN)


@event_of("a config of a topic is changed on the source")
def _configure(world: World, event: Event) -> None:
    key, _, value = event.value.partition("=")
    if world.source.topics.get(event.on) is not None:
        world.source.topics.alter(event.on, {key: value})
        world.source.note("config", event.on, ADMIN, ((key, value),))


@event_of("records are deleted on the source")
def _delete_records(world: World, event: Event) -> None:
    for index in range(len(world.source.topic(event.on).logs)):
        log = world.source.log(event.on, index)
        upto = min(log.end, log.start + int(event.value or 1))
        world.source.delete_records((event.on, index), upto)


@event_of("a user is deleted on the source")
def _delete_user(world: World, event: Event) -> None:
    for user, mechanism in list(world.source.users):
        if user == event.on:
            world.source.set_user(user, mechanism, None, by=ADMIN)


@event_of("an operator deletes a user on the target")
def _delete_target_user(world: World, event: Event) -> None:
    for user, mechanism in list(world.target.users):
        if user == event.on:
            world.target.set_user(user, mechanism, None, by=ADMIN)


@event_of("an operator begins to delete users that it does not know")
def _reconcile(world: World, event: Event) -> None:
    world.target.reconciles_after = float(event.value or 120)


@event_of("somebody types the same command a second time")
def _type_again(world: World, event: Event) -> None:
    world.type_beside(event.value or world.command)


@event_of("cron runs kmig watch")
def _cron(world: World, _: Event) -> None:
    world.type_beside("watch --once")


@event_of("somebody types a command in a copy of the directory")
def _type_in_copy(world: World, event: Event) -> None:
    copy = world.copy_directory()
    world.timeline.after(2 * HOUR, lambda: world.type_beside(event.value, copy))


# clients


@event_of("a client starts")
def _start(world: World, event: Event) -> None:
    world.clients[event.on].start()


@event_of("a client is killed and starts again")
def _restart(world: World, event: Event) -> None:
    client = world.clients[event.on]
    if client.process is None:
        return  # whoever supervises it starts again what ran
    client.process.stop(clean=False)
    client.start()


@event_of("a client is stopped by its owner")
def _stop(world: World, event: Event) -> None:
    for process in world.clients[event.on].processes:
        process.stop(clean=True)


@event_of("somebody tries a client on the target")
def _try(world: World, event: Event) -> None:
    world.clients[event.on].try_on("target", float(event.value or 60))


@event_of("a transaction stays open on the source")
def _hang(world: World, event: Event) -> None:
    writer = world.writer_of(event.on)
    transaction = world.source.begin_unasked(f"hangs-{event.on}", float(event.value or 600))
    number, now = world.doings.next_number(), world.timeline.now
    content = Content(number, number, 1000, 1.0, now)
    world.source.produce(writer, (event.on, 0), [content], transaction)


# brokers


@event_of("one broker of the target gets metadata late")
def _lag_target(world: World, event: Event) -> None:
    _lag(world, world.target, float(event.value))


@event_of("one broker of the source gets metadata late")
def _lag_source(world: World, event: Event) -> None:
    _lag(world, world.source, float(event.value))


def _lag(world: World, cluster: Cluster, seconds: float) -> None:
    """Let the last broker be behind for some hours."""
    broker = cluster.broker_ids[-1]
    usual = cluster.lag[broker]
    cluster.hold_back(broker, seconds)
    world.timeline.after(6 * HOUR, lambda: cluster.hold_back(broker, usual))


@event_of("a coordinator moves on the source")
def _move_coordinator(world: World, event: Event) -> None:
    until = world.timeline.now + float(event.value or 20)
    world.source.groups.hidden_until[event.on] = until


@event_of("leaders move on the source")
def _move_leaders(world: World, event: Event) -> None:
    world.source.moving_until = world.timeline.now + float(event.value or 5)


@event_of("leaders move on the target")
def _move_target_leaders(world: World, event: Event) -> None:
    world.target.moving_until = world.timeline.now + float(event.value or 5)


@event_of("an unclean election loses records on the source")
def _unclean(world: World, event: Event) -> None:
    log = world.source.log(event.on, 0)
    lost = max(log.start, log.end - int(event.value or 1))
    world.lost |= {r.content.number for r in log.records if r.offset >= lost and r.content}
    world.source.lose_tail((event.on, 0), lost)


# Connect


@event_of("the Connect worker is killed")
def _kill_worker(world: World, event: Event) -> None:
    world.connect.kill()
    seconds = float(event.value or 60)
    world.timeline.after(seconds, world.connect.start)


@event_of("a copy task fails")
def _fail_task(world: World, event: Event) -> None:  # noqa: ARG001
    for name in sorted(world.connect.connectors):
        world.connect.fail_task(name, "Caused by: java.lang.OutOfMemoryError: Java heap space")


@event_of("Connect loses the copy's offsets")
def _lose_offsets(world: World, event: Event) -> None:  # noqa: ARG001
    for name in sorted(world.connect.connectors):
        world.connect.lose_positions(name)
