"""A command line and a help text as Typer takes them, and its usage errors as kmig prints errors."""

import inspect
import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches

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


_REPHRASED = (
    (r"Value error, ", ""),
    (r"Input should be a valid integer.*", "it must be a whole number"),
    (r"Input should be a valid number.*", "it must be a number"),
    (r"Input should be greater than or equal to (\S+)", r"it must be \1 or more"),
    (r"Input should be less than or equal to (\S+)", r"it must be \1 or less"),
    (
        r"^No such command '(.*?)'\. Did you mean '(.*?)'\?",
        r"unknown command: '\1' (did you mean '\2'?)",
    ),
    (r"^No such command '(.*?)'\.?$", r"unknown command: '\1'"),
    (
        r"^No such option: (\S+) \(Possible options: (.*)\)",
        r"unknown option: '\1' (did you mean '\2'?)",
    ),
    (r"^No such option: (\S+)", r"unknown option: '\1'"),
    (r"^Option (.+) requires an argument\.?", r"option \1 needs a value"),
    (r"^Got unexpected extra arguments?(?:\(s\))? \((.*)\)", r"unexpected argument: '\1'"),
    (r"^(Missing|Invalid) ", lambda found: found[0].lower()),
    (r"\.$", ""),
    (r"'([^']*)'", r"`\1`"),
)
"""What Typer and pydantic say of a command line, and how kmig says it."""


def usage(message: str) -> str:
    """Return a usage error of Typer's in kmig's words, with the word that was probably meant."""
    for pattern, words in _REPHRASED:
        message = re.sub(pattern, words, message)
    typed, _, choices = message.partition(" is not one of ")
    known = re.findall(r"`([^`]*)`", choices)
    near = get_close_matches(typed.rpartition(": ")[2].strip("`"), known, 1)
    return f"{message} (did you mean `{near[0]}`?)" if near else message
