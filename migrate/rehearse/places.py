"""Where scenarios are: in the package that was installed, or in the project."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_FILE = "scenario.yaml"


def known() -> list[str]:
    """Return the names of all scenarios that come with kmig."""
    return sorted(file.parent.name for place in _places() for file in place.glob(f"*/{_FILE}"))


def folder_of(name: str) -> Path | None:
    """Return the folder of a scenario by its path or its name; None where none exists."""
    places = (Path(name), *(place / name for place in _places()))
    return next((place for place in places if (place / _FILE).is_file()), None)


def _places() -> tuple[Path, ...]:
    return _PACKAGE / "scenarios", _PACKAGE.parents[1] / "scenarios"
