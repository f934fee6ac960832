"""The wheel alone: in an environment of its own, outside the checkout, it starts clusters, inventories and plans."""

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.rehearse.lab.local.home import Home

SCENARIO = """\
like: tiny
name: alone
about: What the wheel has to do by itself, on clusters that it starts.
clients: []
commands:
  - {run: inventory}
  - {run: plan}
  - {run: plan --why history}
"""


@dataclass(frozen=True)
class Installed:
    """kmig from its wheel; `environ` leads to no other."""

    folder: Path
    environ: dict[str, str]

    def kmig(self, place: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "bin" / "kmig", *arguments],
            cwd=place,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=False)
    (wheel,) = wheels.glob("kmig-*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    install = ("install", "--quiet", "--no-index", "--find-links", str(wheels), str(wheel))
    subprocess.run([*pip, *install], check=True)
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return Installed(folder, environ)


def test_it_says_what_it_is(installed: Installed, tmp_path: Path) -> None:
    ran = installed.kmig(tmp_path, ["--version"])
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("kmig 0.")
    made = installed.kmig(tmp_path, ["init", "migration"])
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "migration/kmig.yaml").is_file()


@pytest.mark.parametrize(
    ("shell", "file"),
    [
        ("bash", ".bash_completions/kmig.sh"),
        ("zsh", ".zfunc/_kmig"),
        ("fish", ".config/fish/completions/kmig.fish"),
    ],
)
def test_it_installs_the_completion_of_each_shell(
    shell: str, file: str, installed: Installed, tmp_path: Path
) -> None:
    # Typer takes the shell's name where it is told not to look for the shell that called
    environ = {**installed.environ, "HOME": str(tmp_path)}
    environ["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    there = Installed(installed.folder, environ)
    shown = there.kmig(tmp_path, ["--show-completion", shell])
    assert shown.returncode == 0, shown.stderr
    ran = there.kmig(tmp_path, ["--install-completion", shell])
    assert ran.returncode == 0, ran.stderr
    script = (tmp_path / file).read_text()
    assert script.strip() == shown.stdout.strip()
    assert f"_KMIG_COMPLETE=complete_{shell}" in script


def test_it_inventories_and_plans_on_clusters_that_it_starts(
    installed: Installed, homes: dict[str, Home], tmp_path: Path
) -> None:
    assert homes, "Kafka is in the cache, so that nothing but the wheel is tried here"
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone/scenario.yaml").write_text(SCENARIO)
    ran = installed.kmig(tmp_path, ["rehearse", "alone", "--folder", "played"])
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 commands as expected" in ran.stdout
    assert (tmp_path / "played/inventory.json").is_file()
    assert (tmp_path / "played/report.html").is_file()
    # what it wrote is read where no cluster is, by the script that pip installed
    status = installed.kmig(tmp_path, ["-C", "played", "status"])
    assert status.returncode == 0, status.stderr
    assert "next: kmig apply 1" in status.stdout
