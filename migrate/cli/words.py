"""A command line and a help text, put into the form that Typer takes."""

import inspect
from collections.abc import Callable, Iterable

_GLOBAL = ("-C", "-o", "--output")
"""The global options, each with a value; no command has one of its own by these names."""

_EXAMPLE = "Example: "


def globals_first(arguments: Iterable[str]) -> list[str]:
    """Return the arguments with the global options before the verb, wherever they were typed."""
    moved: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in _GLOBAL:
            value = next(words, None)
            if value is None:  # alone, so that this is what the usage error is about
                return [word]
            moved += [word, value]
        elif word.startswith(("-C", "-o", "--output=")):
            moved.append(word)
        else:
            rest.append(word)
    return moved + rest


def help_text(command: Callable[..., None]) -> str:
    """Return the command's docstring with its examples last, one a line: Typer would join them into one paragraph."""
    lines = inspect.cleandoc(command.__doc__ or "").splitlines()
    examples = [line.removeprefix(_EXAMPLE) for line in lines if line.startswith(_EXAMPLE)]
    text = "\n".join(line for line in lines if not line.startswith(_EXAMPLE))
    title = "Example:" if len(examples) == 1 else "Examples:"
    # \b keeps the line breaks of the paragraph that it begins
    return "\n".join([text.strip(), "", "\b", title, *(f"  {one}" for one in examples)])
