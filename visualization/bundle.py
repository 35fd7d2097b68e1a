"""Scripts of the views for widgets that carry them: a module and what it imports, joined to one module.

The files are plain ES modules without a build step; an application serves them as they are. Joining takes imports and
exports away and puts modules one after the other, what is imported first; so top-level names are unique among all of
them (tested), imports name files of the folder, and exports stand before declarations.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
"""Folder that an application serves (`visualization.widgets.serve_from`)."""
STYLES = "views.css"
_IMPORT = re.compile(r'^import\s+(?:\{[^}]*\}|\*\s+as\s+\w+)\s+from\s+"\./([\w.-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?=(?:async\s+)?(?:function|const|class|let)\b)", re.MULTILINE)


def source(name: str) -> str:
    """Text of a module."""
    return (ASSETS / f"{name}.js").read_text(encoding="utf-8")


def modules() -> tuple[str, ...]:
    """Names of all modules."""
    return tuple(sorted(path.stem for path in ASSETS.glob("*.js")))


def imported(name: str) -> tuple[str, ...]:
    """Modules that a module needs, in the order in which they must come, itself last."""
    found: dict[str, None] = {}

    def visit(one: str, around: tuple[str, ...]) -> None:
        if one in around:
            raise ValueError(f"{one}.js imports itself through {', '.join(around)}")
        for needed in _IMPORT.findall(source(one)):
            visit(needed, (*around, one))
        found[one] = None

    visit(name, ())
    return tuple(found)


@lru_cache(maxsize=32)
def module_text(name: str) -> str:
    """A view's module with all that it imports, as one module whose default export renders it."""
    parts = [_EXPORT.sub("", _IMPORT.sub("", source(one))) for one in imported(name)]
    return "\n".join([*parts, "export default { render };\n"])


def loader(name: str, url: str) -> str:
    """A module that fetches a view's own from a path of the page's host; `version` keeps old copies out of caches."""
    return (
        f'const root = globalThis.solara?.rootPath ?? "";\n'
        f"const home = new URL(`${{root}}{url}`, globalThis.location.origin);\n"
        f"const at = (file) => new URL(`${{file}}?v={version()}`, home).href;\n"
        f'if (!document.querySelector("link[data-views]")) {{\n'
        f'  const link = document.createElement("link");\n'
        f'  [link.rel, link.href, link.dataset.views] = ["stylesheet", at("{STYLES}"), ""];\n'
        f"  document.head.append(link);\n"
        f"}}\n"
        f'const {{ render }} = await import(at("{name}.js"));\n'
        f"export default {{ render }};\n"
    )


@lru_cache(maxsize=1)
def css_text() -> str:
    """Styles of all views."""
    return (ASSETS / STYLES).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def version() -> str:
    """Digest of all scripts and styles, short."""
    digest = hashlib.sha256()
    for path in sorted(ASSETS.iterdir()):
        if path.suffix in (".js", ".css"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
