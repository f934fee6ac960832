"""ACLs exported for Kafka's own tool, typed on a real target: the same state as `kmig apply` makes."""

import shlex
import subprocess
from pathlib import Path

from migrate.folder import Folder
from migrate.rehearse.lab.disposable.server import Program
from migrate.rehearse.lab.local.home import Home
from migrate.rehearse.setup import Rehearsal
from migrate.steps import CreateAcls
from tests.live.conftest import Migration, Side

TOOL = "kafka.admin.AclCommand"


def test_the_tool_makes_what_apply_would_make(
    stage: Rehearsal,
    target: Side,
    planned: Migration,
    homes: dict[str, Home],
    tmp_path: Path,
) -> None:
    before = target.reader.acls()
    lines = planned.must("apply", "1", "--export", "kafka-acls").out.splitlines()
    home = homes["3.9.1"]  # its tool; that of 4.3.1 has moved
    login = {
        "$BOOTSTRAP": stage.target.bootstrap,
        "$COMMAND_CONFIG": str(planned.folder / "secrets" / "target.properties"),
    }
    for line in lines:
        words = [login.get(word, word) for word in shlex.split(line)]
        assert words[0] == "kafka-acls.sh"
        tool = home.tool(
            Program(name="acls", main=TOOL, folder=tmp_path, arguments=tuple(words[1:]))
        )
        ran = subprocess.run(tool, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    wave = Folder(planned.folder).plan().waves[0]
    wanted = {a for s in wave.prepare if isinstance(s, CreateAcls) for a in s.acls}
    assert target.reader.acls() - before == wanted
    said = planned.must("apply", "1", "--yes")
    assert "kept   create 6 deny ACLs" in said.err
    assert target.reader.acls() - before == wanted
    planned.must("verify", "acls")
