"""Standing instructions that hold now, the oldest first."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Slot

from console.domain.shifts import Instruction
from console.ui.lines import Line, LinesModel
from console.ui.mirror import Mirror
from console.ui.words import moment_text, person_word, place_word


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionLine:
    """One instruction as it is listed."""

    instruction: Instruction
    place: str


class InstructionsModel(LinesModel[InstructionLine]):
    """The instructions that hold."""

    TEXT, PLACE, SINCE, BY = range(4)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        mirror.tables_changed.connect(self._take)
        mirror.replaced.connect(self.look)
        self.look()

    def titles(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return (
            self.tr("Standing instruction"), self.tr("For"), self.tr("Since"), self.tr("By"),
        )  # fmt: skip

    def cell(self, value: InstructionLine, column: int) -> str:
        """Return what a cell shows."""
        one = value.instruction
        words = {
            self.TEXT: one.text,
            self.PLACE: value.place or self.tr("Whole city"),
            self.SINCE: moment_text(one.since),
            self.BY: person_word(one.by or "—"),
        }
        return words[column]

    @Slot()
    def look(self) -> None:
        """Look at the instructions again."""
        now = self._mirror.now()
        held = [one for one in self._mirror.every(Instruction) if one.holds_at(now)]
        held.sort(key=lambda one: (one.since, one.id))
        self.show([Line(one.id, self._line(one)) for one in held])

    def _line(self, one: Instruction) -> InstructionLine:
        place = self._mirror.jurisdiction(one.district or "")
        return InstructionLine(instruction=one, place="" if place is None else place_word(place))

    @Slot(str, list)
    def _take(self, kind: str, _ids: list[str]) -> None:
        if kind == "instruction":
            self.look()
