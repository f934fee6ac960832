"""Ports for servers that do not listen yet: no two processes are given the same one."""

import subprocess
import sys

import pytest

from migrate.rehearse.lab.disposable import ports

_OTHER = """
from migrate.rehearse.lab.disposable import ports
ports._RANGE = range({first}, {end})
print(*ports.free({count}))
"""


def test_a_port_given_to_one_process_is_given_to_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    few = range(31_900, 31_940)
    monkeypatch.setattr(ports, "_RANGE", few)
    mine = ports.free(5)
    script = _OTHER.format(first=few.start, end=few.stop, count=len(few))
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not set(map(int, told.stdout.split())) & set(mine)
    assert len(set(mine)) == 5
