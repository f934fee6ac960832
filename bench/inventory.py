"""`kmig inventory` against what a user would type instead: Kafka's own tools, one after the other.

Both read the same cluster. Prints medians and their ratio. The tools read less: no end offsets beside groups, no
class of a connector's secrets.
"""

import os
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from migrate.adapters.command import kmig
from migrate.rehearse.play import Options, start
from migrate.rehearse.scenario import load

RUNS = 5
ADMIN = "org.apache.kafka.tools"
TOOLS = (
    ("kafka-topics --describe", f"{ADMIN}.TopicCommand", ["--describe"]),
    ("kafka-acls --list", "kafka.admin.AclCommand", ["--list"]),
    (
        "kafka-consumer-groups --describe",
        f"{ADMIN}.consumer.group.ConsumerGroupCommand",
        ["--describe", "--all-groups"],
    ),
    ("kafka-configs users", "kafka.admin.ConfigCommand", ["--describe", "--entity-type", "users"]),
    (
        "kafka-configs topics",
        "kafka.admin.ConfigCommand",
        ["--describe", "--entity-type", "topics"],
    ),
)


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as cleanup:
        folder = Path(place) / "migration"
        folder.mkdir()
        options = Options("first-wave", folder, None, None, hold=False, runtime="local")
        here = start(load("first-wave"), options, folder, print, cleanup)
        config = folder / "secrets" / "source.properties"
        ours, theirs = [], []
        for _ in range(RUNS):
            ran = kmig(["inventory"], folder, here.environ)
            assert ran.code == 0, ran.err
            ours.append(ran.seconds)
            began = time.monotonic()
            for _, main_class, arguments in TOOLS:
                command = here.source.home.command("broker", main_class, heap="128m", logs=folder)
                addressed = [
                    "--bootstrap-server",
                    here.source.bootstrap,
                    "--command-config",
                    str(config),
                ]
                subprocess.run(
                    [*command, *addressed, *arguments],
                    check=True,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=os.environ,
                )
            theirs.append(time.monotonic() - began)
    mine, others = statistics.median(ours), statistics.median(theirs)
    print(f"kmig inventory            {mine:6.2f} s")
    print(f"{len(TOOLS)} of Kafka's own tools   {others:6.2f} s")
    print(f"ratio                     {others / mine:6.2f}, {RUNS} pairs")


if __name__ == "__main__":
    main()
