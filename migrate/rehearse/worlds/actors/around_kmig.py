"""What people and faults do around kmig itself: to its directory, disk and network, and to what it made."""

from functools import partial

from migrate.rehearse.worlds.actors.acts import event_of
from migrate.rehearse.worlds.cluster import Credential
from migrate.rehearse.worlds.estate import ADMIN
from migrate.rehearse.worlds.history import Event
from migrate.rehearse.worlds.timeline import HOUR
from migrate.rehearse.worlds.world import HOME, World


@event_of("the network between kmig and a cluster is down")
def _part(world: World, event: Event) -> None:
    world.calls.away[event.on] = world.timeline.now + float(event.value or 60)


@event_of("Connect refuses kmig's login for some time")
def _refuse_login(world: World, event: Event) -> None:
    world.connect.refuses_until = world.timeline.now + float(event.value or 60)


@event_of("somebody edits plan.json")
def _edit_plan(world: World, event: Event) -> None:  # noqa: ARG001
    path = HOME / "plan.json"
    content = world.disk.present(str(path))
    if content is not None:
        world.backups[path] = content
        world.disk.remove_quietly(path)
        world.disk.put_file(path, content.replace(b'"because": "', b'"because": "really: ', 1))


@event_of("a file of the migration directory is deleted")
def _delete_file(world: World, event: Event) -> None:
    path = HOME / event.on
    content = world.disk.present(str(path))
    if content is not None:
        world.backups[path] = content
        world.disk.remove_quietly(path)


@event_of("the disk is full for some hours")
def _fill_disk(world: World, event: Event) -> None:
    world.disk.room = int(event.value or 0)
    world.timeline.after(2 * HOUR, partial(setattr, world.disk, "room", None))


@event_of("an administrator takes a client's rights on the target")
def _revoke_target(world: World, event: Event) -> None:
    mine = [acl for acl in world.target.acls if acl.principal == f"User:{event.on}"]
    world.target.change_acls(remove=mine, by=ADMIN)


@event_of("a secret is changed on the target")
def _change_secret(world: World, event: Event) -> None:
    for user, mechanism in list(world.target.users):
        if user == event.on:
            world.target.set_user(user, mechanism, Credential("another", 4096), by=ADMIN)


@event_of("a topic is deleted on the target")
def _delete_topic(world: World, event: Event) -> None:
    world.target.delete_topic(event.on, by=ADMIN)


@event_of("somebody deletes the copy's connectors")
def _delete_connectors(world: World, event: Event) -> None:  # noqa: ARG001
    for name in sorted(world.connect.connectors):
        world.connect.delete(name)


@event_of("somebody stops the copy's connectors")
def _stop_connectors(world: World, event: Event) -> None:  # noqa: ARG001
    for name in sorted(world.connect.connectors):
        world.connect.stop(name)
