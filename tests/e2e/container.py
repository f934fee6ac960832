"""kmig's own image, built from compose/kmig/Dockerfile as docs/docker.md says, and run in a folder of a user."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.e2e.engine import Engine

ROOT = Path(__file__).parents[2]
TAG, RECIPE = "kmig-of-tests", "compose/kmig/Dockerfile"
CONTEXT = ("LICENSE", "README.md", "compose", "migrate", "pyproject.toml", "scenarios")
OWNER = 1234
"""Who the folder belongs to: nobody in the image."""


def build(engine: Engine, wheels: Path, place: Path) -> None:
    """Build it over a base that the engine has, from wheels that this machine has."""
    for name in (*CONTEXT, ".dockerignore"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    shutil.copytree(wheels, place / "dist")
    base = ("--build-arg", "KMIG_PYTHON_IMAGE=kmig-base-python", "--network", "host")
    command = ["docker", "build", "--quiet", "--tag", TAG, "--file", RECIPE, *base, "."]
    subprocess.run(command, cwd=place, env=engine.environ, check=True)


def given(folder: Path) -> Path:
    """Give a folder and what is in it to a user that is not this one."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, OWNER, OWNER)
    return folder


def run(
    engine: Engine, folder: Path, *arguments: str, program: str = "kmig"
) -> subprocess.CompletedProcess[str]:
    """Run kmig, or another program of the image, as the owner of the folder that is mounted."""
    user = ("--user", f"{OWNER}:{OWNER}", "--env", "USER=ada", "--entrypoint", program)
    where = ("--network", "host", "--volume", f"{folder}:/migration")
    command = ["docker", "run", "--rm", *user, *where, TAG, *arguments]
    return subprocess.run(command, env=engine.environ, capture_output=True, text=True, check=False)


def remove(engine: Engine) -> None:
    """Leave no image of a checkout behind."""
    engine.client.images.remove(TAG, force=True)
