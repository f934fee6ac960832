"""`kmig inventory` against Kafka's own tools and against the bare requests, on one estate; ratios of one run.

The tools do the same reads as far as they can; they read no quotas of users with a client id, no sizes, no last
stable offsets, no transactions. kcp, a peer in Go, reads a smaller set (topics with configs, ACLs) in about half a
second: it decodes faster than Python does, and asks for nothing per group, partition end, user or quota.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench import estate
from bench.proxy import Proxy
from migrate.inventory.authorizer_logs import AuthorizerLogReader
from migrate.rehearse.lab.disposable.cluster import Cluster
from migrate.rehearse.lab.disposable.ports import free
from tests import many_groups

TOOLS = "org.apache.kafka.tools"
READS = (
    ("kafka-topics --describe", f"{TOOLS}.TopicCommand", ["--describe"]),
    ("kafka-acls --list", "kafka.admin.AclCommand", ["--list"]),
    (
        "kafka-consumer-groups --describe --all-groups --offsets",
        f"{TOOLS}.consumer.group.ConsumerGroupCommand",
        ["--describe", "--all-groups", "--offsets"],
    ),
    (
        "kafka-configs topics",
        "kafka.admin.ConfigCommand",
        ["--describe", "--entity-type", "topics", "--all"],
    ),
    ("kafka-configs users", "kafka.admin.ConfigCommand", ["--describe", "--entity-type", "users"]),
    ("kafka-get-offsets --time -2", f"{TOOLS}.GetOffsetShell", ["--time", "-2"]),
    ("kafka-get-offsets --time -1", f"{TOOLS}.GetOffsetShell", ["--time", "-1"]),
)
JVM = ("-Xmx256M", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-Djava.awt.headless=true")
"""What kafka-run-class.sh gives a tool."""

DELAY = 0.005
LINES = 2_000_000
LINE = (
    "[2025-01-02 03:04:05,006] DEBUG Principal = User:svc-{p} is Allowed operation = READ from host = 10.0.0.{h} on "
    "resource = Topic:LITERAL:team.{t} for request = Fetch with resourceRefCount = 1 based on rule "
    "MatchingAcl(acl=StandardAcl(resourceType=TOPIC, resourceName=team.{t}, patternType=LITERAL, "
    "principal=User:svc-{p}, host=*, operation=READ, permissionType=ALLOW)) (kafka.authorizer.logger)\n"
)


def main() -> None:
    """Measure everything, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="end with one line of JSON")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--folder", type=Path, default=estate.CACHE / "bench")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        near = Bench(given.folder, Path(place), 0)
        with near:
            mine, tools = near.kmig(given.runs), near.tools()
            bare = near.bare(given.runs)
        port = free(1)[0]
        far = Bench(given.folder, Path(place), port)
        with far as cluster:
            upstream = int(cluster.bootstrap.rpartition(":")[2])
            with Proxy(port, upstream, DELAY):
                mine_far, tools_far = far.kmig(given.runs), far.tools()
    # the logs first: a process begins with the peak of the one that started it
    (_, short, _), (_, long, _) = many(10, logs=1), many(10, logs=10)
    few, (seconds, peak, group_requests) = many(6_500), many(65_000)
    rate = lines_per_second()
    figures = {
        "ratio_loopback": tools / mine,
        "ratio_rtt10": tools_far / mine_far,
        "ratio_bare": mine / bare,
        "requests": far.requests,
        "peak_mb": far.peak_mb,
        "groups_65k_requests": group_requests,
        "groups_65k_mb": peak,
        "groups_65k_seconds_by_tenth": seconds / few[0],
        "log_mb_of_100": short,
        "log_mb_of_1000": long,
        "log_lines_per_s": rate,
    }
    rows = (
        ("kmig inventory", mine, mine_far),
        (f"{len(READS)} of Kafka's own tools", tools, tools_far),
        ("the bare requests", bare, float("nan")),
    )
    print(f"{'':32}loopback    10 ms round trip")
    for name, here, away in rows:
        print(f"{name:32}{here:8.2f} s  {away:8.2f} s")
    for name, value in figures.items():
        print(f"{name:32}{value:12,.2f}")
    if given.json:
        print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


class Bench:
    """The estate's broker, reached directly or through the proxy's port."""

    def __init__(self, folder: Path, place: Path, proxied: int) -> None:
        self._folder, self._place, self._proxied = folder, place, proxied
        self.requests, self.peak_mb = 0, 0.0

    def __enter__(self) -> Cluster:
        self._cluster = estate.started(self._folder, self._proxied)
        direct = self._cluster.bootstrap
        self._bootstrap = f"127.0.0.1:{self._proxied}" if self._proxied else direct
        login = self._place / "client.properties"
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        login.touch(mode=0o600)
        login.write_text(
            "security.protocol=SASL_PLAINTEXT\n"
            f"sasl.mechanism={estate.MECHANISM}\n"
            f'sasl.jaas.config={module} required username="{estate.KMIG}" password="{estate.KMIG}";\n'
            "default.api.timeout.ms=600000\n"
        )
        closed = "allow_everyone_if_no_acl_found: false"
        (self._place / "kmig.yaml").write_text(
            "version: 1\nname: bench\n"
            f'source: {{bootstrap_servers: "{self._bootstrap}", command_config: client.properties, {closed}}}\n'
            f'target: {{bootstrap_servers: "127.0.0.1:1", {closed}}}\n'
        )
        return self._cluster

    def __exit__(self, *_: object) -> None:
        self._cluster.stop_gracefully(estate.SECONDS)

    def kmig(self, runs: int) -> float:
        """Return the seconds of the whole command; workloads.yaml is drafted before the measurement."""
        for _ in range(3):  # the broker's JVM warms up as well
            timed(kmig(self._place), self._place)
        took = []
        for _ in range(runs):
            seconds, peak = timed(kmig(self._place), self._place)
            took.append(seconds)
            self.peak_mb = max(self.peak_mb, peak)
        self.requests = requests(self._place)
        return statistics.median(took)

    def bare(self, runs: int) -> float:
        """Return the seconds of the same requests, which are only decoded."""
        script = Path(__file__).parent / "bare.py"
        login = [self._bootstrap, estate.KMIG, estate.KMIG, estate.MECHANISM]
        command = [sys.executable, str(script), *login]
        return statistics.median(timed(command, self._place)[0] for _ in range(runs))

    def tools(self) -> float:
        """Return the seconds of Kafka's tools, one after the other."""
        home = estate.home_of(self._cluster)
        java = [str(home.tools.java), *JVM, "-cp", home.class_path]
        login = ["--bootstrap-server", self._bootstrap, "--command-config"]
        file = str(self._place / "client.properties")
        took = 0.0
        for name, main_class, arguments in READS:
            command = [*java, main_class, *login, file, *arguments, *_patience(main_class)]
            seconds, _ = timed(command, self._place)
            print(f"  {name}: {seconds:.2f} s", file=sys.stderr, flush=True)
            took += seconds
        return took


def kmig(place: Path) -> list[str]:
    """Return the command that is measured."""
    return [sys.executable, "-m", "migrate", "-C", str(place), "inventory"]


def requests(place: Path) -> int:
    """Return the number of requests that the inventory in this folder took."""
    document = json.loads((place / "inventory.json").read_text())
    return sum(section["requests"] for section in document.values() if isinstance(section, dict))


def timed(command: list[str], place: Path, code: int = 0) -> tuple[float, float]:
    """Return the seconds of a command, and its peak memory in MB."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=place
    )
    peaks = [0]
    watch = threading.Thread(target=_watch, args=(process.pid, peaks))
    watch.start()
    process.wait()
    took = time.monotonic() - began
    watch.join()
    assert process.returncode == code, f"exit {process.returncode}: {' '.join(command[-6:])}"
    return took, max(peaks) / 1024


def _watch(pid: int, peaks: list[int]) -> None:
    """Note the high-water mark of a process's memory in KB.

    What the system reports at its end includes the parent's memory before exec.
    """
    status = Path(f"/proc/{pid}/status")
    while True:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return
        mark = [line.split()[1] for line in lines if line.startswith("VmHWM")]
        if not mark:
            return
        peaks.append(int(mark[0]))
        time.sleep(0.02)


def many(groups: int, logs: int = 0) -> tuple[float, float, int]:
    """Return seconds, peak in MB and requests of an inventory of so many groups, on a broker that is only a socket.

    `logs` is how many authorizer logs of 100 MB it reads as well.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        many_groups.broker(groups).running() as fake,
    ):
        place = Path(folder)
        given = [option for log in _logs(place, logs) for option in ("--authorizer-log", str(log))]
        closed = "allow_everyone_if_no_acl_found: false"
        known = 'principal: "User:kmig", super_users: ["User:kmig"], timeout_seconds: 300'
        (place / "kmig.yaml").write_text(
            "version: 1\nname: bench\n"
            f'source: {{bootstrap_servers: "127.0.0.1:{fake.port}", {known}, {closed}}}\n'
            f'target: {{bootstrap_servers: "127.0.0.1:1", {closed}}}\n'
        )
        seconds, peak = timed([*kmig(place), *given], place)
        return seconds, peak, requests(place)


def _logs(place: Path, number: int) -> list[Path]:
    """Write logs of 100 MB, which are one file under many names."""
    if not number:
        return []
    lines = [LINE.format(p=n % 50, h=n % 5, t=n % 200) for n in range(2_000)]
    block = "".join(lines).encode()
    first = place / "authorizer.log"
    with first.open("wb") as out:
        for _ in range(100_000_000 // len(block)):
            out.write(block)
    names = [place / f"authorizer.log.{n}" for n in range(1, number)]
    for name in names:
        name.hardlink_to(first)
    return [first, *names]


def _patience(main_class: str) -> list[str]:
    return ["--timeout", "600000"] if main_class.endswith("ConsumerGroupCommand") else []


def lines_per_second(clock: Callable[[], float] = time.monotonic) -> float:
    """Return lines of an authorizer log read per second on one core, with 2,000 different uses."""
    block = [LINE.format(p=n % 50, h=n % 5, t=n % 200).encode() for n in range(2_000)]
    reading = AuthorizerLogReader()
    began = clock()
    for _ in range(LINES // len(block)):
        reading.add(block)
    took = clock() - began
    assert reading.section(1).found.decisions == LINES
    return LINES / took


if __name__ == "__main__":
    main()
