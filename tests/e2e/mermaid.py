"""Mermaid's own parser and renderer, in the browser: the published package `@mermaid-js/tiny`, pinned.

It is one script of 1.7 MB without dependencies (all kinds of diagrams but mindmap and architecture), fetched by
`npm pack` once and kept under ~/.cache/kmig. Its digest is checked each time.
"""

import hashlib
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium.webdriver import Chrome

from bench.estate import CACHE

VERSION = "11.12.0"
SHA256 = "082c50b982106e4332e6eef4da54b50897036c80ea29ef2753956c1bba5a14d4"

_RUN = """
const element = document.createElement("script");
element.textContent = arguments[0];
document.head.append(element);
"""

_RENDER = """
const [text, done] = arguments;
mermaid.initialize({startOnLoad: false, securityLevel: "strict"});
mermaid.parse(text).then(() => mermaid.render("drawing", text)).then(
    made => { document.body.innerHTML = made.svg; done(""); },
    error => done(String(error.message || error)));
"""


def script() -> str:
    """The package's one script, from the cache or the registry."""
    kept = CACHE / f"mermaid-tiny-{VERSION}.js"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as place:
            command = ["npm", "pack", "--silent", f"@mermaid-js/tiny@{VERSION}"]
            subprocess.run(command, cwd=place, check=True, capture_output=True)
            (packed,) = Path(place).glob("*.tgz")
            with tarfile.open(packed) as archive:
                member = archive.extractfile("package/dist/mermaid.tiny.js")
                assert member is not None
                kept.write_bytes(member.read())
    content = kept.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{kept} is not mermaid {VERSION}"
    return content.decode()


def load(browser: Chrome) -> None:
    """An empty page with the script in it; it loads nothing else."""
    browser.get("data:text/html;charset=utf-8,<!doctype html><title>mermaid</title><body>")
    browser.execute_script(_RUN, script())
    browser.set_script_timeout(30)


def fault(browser: Chrome, diagram: str) -> str:
    """What Mermaid says against a diagram; empty where it draws it, and then the page shows it."""
    said: str = browser.execute_async_script(_RENDER, diagram)
    return said
