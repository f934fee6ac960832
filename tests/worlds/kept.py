"""Histories that are kept: a file each, with what broke in it. The seed is only where it came from."""

import json
from pathlib import Path

from migrate.model.base import Model
from migrate.rehearse.worlds.history import FORMAT, History

FOLDER = Path(__file__).parent / "histories"
MENDED = Path(__file__).parent / "mended"
"""Histories of defects that are mended: they break nothing of their kind any more."""


class Kept(Model):
    """A shrunk history, the promise that it breaks, and the seed of which generation it came from."""

    seed: int
    generation: int
    kind: str
    told: str
    history: History


def file_of(name: str) -> Path:
    """The file of a history by its name."""
    return FOLDER / f"{name}.json"


def read(path: Path) -> Kept:
    """Read a history; one of another format is refused, since a default may have meant something else there."""
    document = json.loads(path.read_text(encoding="utf-8"))
    found = document.get("history", {}).get("format")
    if found != FORMAT:
        raise ValueError(
            f"{path.name}: history format {found} is not the format of this version ({FORMAT}); "
            "shrink it again from a seed, or rewrite it by hand"
        )
    return Kept.model_validate(document)


def write(path: Path, kept: Kept) -> None:
    """Write a history as people read it: what is as usual is left out."""
    document = kept.model_dump(mode="json", exclude_defaults=True)
    document["history"] = {"format": FORMAT, **document["history"]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
