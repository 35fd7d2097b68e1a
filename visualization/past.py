"""Undo and redo: sessions before and after the present one."""

from __future__ import annotations

from dataclasses import dataclass

from visualization.session import Session

MOST_STEPS = 100


@dataclass(frozen=True)
class Past:
    """Sessions before and after the present one.

    Attributes
    ----------
    back, forth : the nearest last.
    """

    back: tuple[Session, ...] = ()
    forth: tuple[Session, ...] = ()

    def after(self, present: Session) -> Past:
        """The past once the present is changed."""
        return Past((*self.back, present)[-MOST_STEPS:])

    def undo(self, present: Session) -> tuple[Session, Past]:
        """One step back; the present itself if there is none."""
        if not self.back:
            return present, self
        return self.back[-1], Past(self.back[:-1], (*self.forth, present))

    def redo(self, present: Session) -> tuple[Session, Past]:
        """One step forth; the present itself if there is none."""
        if not self.forth:
            return present, self
        return self.forth[-1], Past((*self.back, present), self.forth[:-1])
