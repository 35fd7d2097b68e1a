"""Code blocks of pages, run as a reader would type them."""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable
from pathlib import Path


class Page:
    """A page with its code blocks in order."""

    def __init__(self, path: Path) -> None:
        self.path, self.text = path, path.read_text(encoding="utf-8")
        self.all = re.findall(r"^```(\w+)\n(.*?)^```$", self.text, re.DOTALL | re.MULTILINE)

    def blocks(self, language: str) -> list[str]:
        """Code blocks of one language; it is an error if there are none."""
        found = [code for name, code in self.all if name == language]
        assert found, f"{self.path.name} has no block of {language}"
        return found

    def write_files(self, folder: Path) -> None:
        """Blocks of TOML as files; the first line names each."""
        for code in self.blocks("toml"):
            name = re.match(r"# (\S+\.toml)\n", code)
            assert name, f"the first line must name the file:\n{code}"
            (folder / name[1]).write_text(code, encoding="utf-8")

    def run_python(self, printed: Callable[[], str]) -> dict[str, object]:
        """Python blocks in one session; each must print something. Gives the names of the session."""
        session: dict[str, object] = {"__name__": f"page_{self.path.stem}"}
        for code in self.blocks("python"):
            exec(compile(code, str(self.path), "exec"), session)
            assert printed().strip(), f"prints nothing:\n{code}"
        return session

    def check_answers(self, session: dict[str, object] | None = None) -> None:
        """Interactive blocks answer as shown."""
        for code in self.blocks("pycon"):
            example = doctest.DocTestParser().get_doctest(code, dict(session or {}), self.path.name, None, 0)
            result = doctest.DocTestRunner(verbose=False).run(example)
            assert result.attempted > 0
            assert result.failed == 0, f"{self.path.name}: see the report above"

    def dead_links(self) -> list[str]:
        """Links of the page to files that do not exist."""
        prose = re.sub(r"^```.*?^```$", "", self.text, flags=re.DOTALL | re.MULTILINE)
        targets = re.findall(r"\]\(([^)#\s]+)\)", prose)
        assert targets, f"{self.path.name} leads nowhere"
        return [target for target in targets if "://" not in target and not (self.path.parent / target).exists()]
