"""Run one of Kafka's tools in a container to its end, as if it were a process here: `python -m ... SPEC ARGUMENTS`.

SPEC is a JSON file: the engine's address, and what its `create` takes but the arguments. Output comes out, SIGTERM
goes in, and the exit code is the container's.
"""

import json
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from docker.errors import NotFound

from migrate.errors import KmigError
from migrate.rehearse.lab.docker.engine import connect, engine_call


def run(spec: dict[str, Any], arguments: Sequence[str]) -> int:
    """Run the tool and return its exit code. Its standard error is printed at the end, so that no line is torn."""
    client = connect(spec.pop("engine"))
    command = [*spec.pop("command"), *arguments]
    with engine_call(f"run {command[0]}"):
        container = client.containers.create(command=command, **spec)
        signal.signal(signal.SIGTERM, lambda *_: container.kill("SIGTERM"))
        output = container.attach(stdout=True, stderr=True, stream=True, logs=True, demux=True)
        container.start()
        errors = b""
        for out, err in output:
            sys.stdout.buffer.write(out or b"")
            sys.stdout.buffer.flush()
            errors += err or b""
        code = int(container.wait()["StatusCode"])
        with suppress(NotFound):
            container.remove()
    sys.stderr.buffer.write(errors)
    return code


if __name__ == "__main__":
    try:
        sys.exit(run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2:]))
    except KmigError as error:
        sys.exit(error.message)
