"""The packet that a shift hands over: its items in words, how far it is read back, on paper."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from console.domain.shifts import Handover, HandoverItem, HandoverKind
from console.ui.caseprint import write_pdf
from console.ui.lines import Line, LinesModel
from console.ui.mirror import Mirror
from console.ui.words import (
    form_word,
    level_word,
    moment_text,
    person_word,
    stage_word,
    verb_word,
)


def _noop(context: str, source: str) -> str:
    return source


_KINDS = {
    HandoverKind.OPEN: _noop("Handovers", "open"),
    HandoverKind.ENDED: _noop("Handovers", "ended in the shift"),
    HandoverKind.INSTRUCTION: _noop("Handovers", "standing instruction"),
    HandoverKind.WORD: _noop("Handovers", "handed over"),
}


def item_word(kind: HandoverKind) -> str:
    """Return what an item is, in words."""
    source = _KINDS[kind]
    return QCoreApplication.translate("Handovers", source)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """One item as it is listed."""

    no: int
    item: HandoverItem
    is_read: bool
    units: str


class HandoverModel(LinesModel[ItemLine]):
    """The items of the packet that is worked on: the newest that this desk may see.

    Signals:
        changed: The packet is another, or further; a `Handover`, or ``None``.
    """

    changed = Signal(object)
    NO, READ, KIND, NUMBER, WHAT, STAGE, DONE, UNITS = range(8)
    RIGHT = frozenset({NO})

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self.packet: Handover | None = None
        mirror.tables_changed.connect(self._take)
        mirror.replaced.connect(self.look)
        self.look()

    def titles(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return (
            self.tr("No."), self.tr("Read back"), self.tr("Kind"), self.tr("Number"),
            self.tr("What"), self.tr("Stage"), self.tr("Done in the shift"), self.tr("Units"),
        )  # fmt: skip

    def cell(self, value: ItemLine, column: int) -> str:
        """Return what a cell shows."""
        item = value.item
        words = {
            self.NO: str(value.no + 1),
            self.READ: "✓" if value.is_read else "",
            self.KIND: item_word(item.kind),
            self.NUMBER: item.number or "",
            self.WHAT: what_text(item),
            self.STAGE: "" if item.stage is None else stage_word(item.stage),
            self.DONE: done_text(item),
            self.UNITS: value.units,
        }
        return words[column]

    @Slot()
    def look(self) -> None:
        """Look for the newest packet, and at how far it is."""
        packets = self._mirror.every(Handover)
        packet = max(packets, key=lambda one: (one.prepared_at, one.id), default=None)
        lines = [] if packet is None else [
            Line(
                f"{packet.id}.{no}",
                ItemLine(
                    no=no, item=item, is_read=no in packet.read_back, units=self._signs(item)
                ),
            )
            for no, item in enumerate(packet.items)
        ]  # fmt: skip
        self.show(lines)
        if packet != self.packet:
            self.packet = packet
            self.changed.emit(packet)

    def print_to(self, path: Path) -> None:
        """Write the packet as PDF.

        Raises:
            FileNotWrittenError: It cannot be written there.
        """
        if self.packet is not None:
            title = QCoreApplication.translate("Handovers", "Hand-over of the shift")
            write_pdf(packet_html(self.packet, self.values), path, title)

    def _signs(self, item: HandoverItem) -> str:
        units = [self._mirror.unit(one) for one in item.units]
        return " ".join(one.call_sign for one in units if one is not None)

    @Slot(str, list)
    def _take(self, kind: str, _ids: list[str]) -> None:
        if kind == "handover":
            self.look()


def what_text(item: HandoverItem) -> str:
    """Return what an item is about."""
    if item.form is None:
        return item.text or ""
    level = "" if item.level is None else f"{level_word(item.level)} · "
    return f"{level}{form_word(item.form)} · {item.place or ''}"


def done_text(item: HandoverItem) -> str:
    """Return what was done with a case in the shift."""
    return " → ".join(verb_word(verb) for verb in item.events)


def packet_html(packet: Handover, lines: list[ItemLine]) -> str:
    """Return a packet as HTML: whose it is, its items, both signatures."""

    def say(text: str) -> str:
        return QCoreApplication.translate("Handovers", text)

    head = [
        (say(_noop("Handovers", "Shift since")), moment_text(packet.since)),
        (say(_noop("Handovers", "Prepared")), moment_text(packet.prepared_at)),
        (say(_noop("Handovers", "Up to revision")), str(packet.rev)),
        (say(_noop("Handovers", "Handed over by")), _signed(packet.given_by, packet.given_at)),
        (say(_noop("Handovers", "Taken over by")), _signed(packet.taken_by, packet.taken_at)),
    ]  # fmt: skip
    rows = [
        (
            str(line.no + 1), "✓" if line.is_read else "", item_word(line.item.kind),
            line.item.number or "", what_text(line.item),
            "" if line.item.stage is None else stage_word(line.item.stage),
            done_text(line.item), line.units,
        )
        for line in lines
    ]  # fmt: skip
    title = say(_noop("Handovers", "Hand-over of the shift"))
    return f"<h1>{html.escape(title)}</h1>{_table(head)}<p></p>{_table(rows)}"


def _signed(person: str | None, at: datetime | None) -> str:
    who = person_word(person or "—")
    when = "" if at is None else f" · {moment_text(at)}"
    return f"{who}{when}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table border="1" cellspacing="0" cellpadding="4" width="100%">{body}</table>'
