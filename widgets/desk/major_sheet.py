"""Command of a big incident (重大事件), over the window: plan, sectors, cases, log; by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.ui.commandtexts import post_text
from console.ui.majorboard import MajorBoard, PlanLine, SectorLine
from console.ui.queuetexts import short_number
from console.ui.words import form_word
from widgets.common.labels import set_tone

_MARGIN_PX = 60
_ID = Qt.ItemDataRole.UserRole


class _List(QListWidget):
    """A list whose letters are left to the sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setWordWrap(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move; letters, Enter and Esc go on to the sheet."""
        moves = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
                 Qt.Key.Key_Home, Qt.Key.Key_End)  # fmt: skip
        if event.key() in moves:
            super().keyPressEvent(event)
        else:
            event.ignore()

    @property
    def chosen(self) -> str:
        """Id of the chosen row, empty if there is none."""
        item = self.currentItem()
        return "" if item is None else str(item.data(_ID))

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show rows as id and words; the chosen one stays chosen."""
        before, row = self.chosen if self.count() else None, self.currentRow()
        self.clear()
        for row_id, words in rows:
            item = QListWidgetItem(words)
            item.setData(_ID, row_id)
            self.addItem(item)
        found = next((at for at, (row_id, _) in enumerate(rows) if row_id == before), row)
        self.setCurrentRow(max(0, min(found, len(rows) - 1)))


class MajorSheet(QFrame):
    """Shows what a big incident is commanded with, or how one is made of the picked incident.

    P command post, W who commands; N new sector, R name, T task, L lead, U units, D ends a
    sector; A new case, Enter goes to the chosen one; M a line in the log; Tab goes from list to
    list; Esc leaves.

    Signals:
        incident_wanted: Id of a case to go to.
    """

    incident_wanted = Signal(str)

    def __init__(self, board: MajorBoard, parent: QWidget) -> None:
        super().__init__(parent)
        self._board = board
        self._before: QWidget | None = None
        self._asks: Callable[[str], object] | None = None
        self._asked_of: str | None = None
        self._may_be_empty = False
        self._plans: list[PlanLine] = []
        self.setProperty("role", "popup")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title, self.keys, self.question = QLabel(), QLabel(), QLabel()
        self.preview, self.post = QLabel(), QLabel()
        self.plans, self.sectors, self.cases, self.log = _List(), _List(), _List(), _List()
        self.words = QLineEdit()
        self._headings = {name: QLabel() for name in ("plans", "sectors", "cases", "log")}
        self._lay_out()
        self.words.installEventFilter(self)
        self.plans.currentRowChanged.connect(self._show_preview)
        board.changed.connect(self._follow)
        self._retranslate()
        self.hide()

    def _lay_out(self) -> None:
        set_tone(self.title, "title")
        set_tone(self.keys, "secondary")
        self.keys.setWordWrap(True)
        self.title.setWordWrap(True)
        self.post.setWordWrap(True)
        self.preview.setWordWrap(True)
        self.preview.setMargin(8)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid = QGridLayout()
        grid.addWidget(self._headings["plans"], 0, 0)
        grid.addWidget(self.plans, 1, 0, 3, 1)
        grid.addWidget(self.preview, 1, 1, 3, 1)
        grid.addWidget(self._headings["sectors"], 0, 0)
        grid.addWidget(self.sectors, 1, 0, 3, 1)
        grid.addWidget(self._headings["cases"], 0, 1)
        grid.addWidget(self.cases, 1, 1)
        grid.addWidget(self._headings["log"], 2, 1)
        grid.addWidget(self.log, 3, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)
        grid.setRowStretch(3, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.addWidget(self.title)
        column.addWidget(self.post)
        column.addLayout(grid, 1)
        column.addWidget(self.question)
        column.addWidget(self.words)
        column.addWidget(self.keys)
        self.question.hide()
        self.words.hide()

    # what is shown

    def open(self) -> None:
        """Show the picked incident's command; nothing if none is picked."""
        if self._board.incident is None:
            return
        self._before = self.window().focusWidget()
        self.setGeometry(
            self.window().rect().adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        )
        self._end_question()
        self.show()
        self.raise_()
        self._follow()
        (self.sectors if self._is_major else self.plans).setFocus()

    def put_away(self) -> None:
        """Hide, and go back to where the focus was."""
        self.hide()
        if self._before is not None:
            self._before.setFocus()

    @property
    def _is_major(self) -> bool:
        incident = self._board.incident
        return incident is not None and incident.is_major

    def _follow(self) -> None:
        """Show what is so now."""
        incident = self._board.incident
        if not self.isVisible():
            return
        if incident is None:
            self.put_away()
            return
        if self._asks is not None and self._asked_of != incident.id:
            self._end_question()  # an answer belongs to what it was asked about
        is_major = incident.is_major
        was_plans = self.plans.isVisible()
        of_plans: list[QWidget] = [self.plans, self.preview, self._headings["plans"]]
        of_major: list[QWidget] = [
            self.post, self.sectors, self.cases, self.log, *self._labels_of_major(),
        ]  # fmt: skip
        for widget in of_plans:
            widget.setVisible(not is_major)
        for widget in of_major:
            widget.setVisible(is_major)
        words = self.tr("{0} {1} · {2} · big incident")
        if not is_major:
            words = self.tr("Make a big incident of {0} {1} · {2}")
        self.title.setText(
            words.format(short_number(incident), form_word(incident.form), incident.place)
        )
        if is_major:
            self._show_lists()
        else:
            self._plans = self._board.plans()
            self.plans.show_rows([(one.code, one.name) for one in self._plans])
            self._show_preview()
        if is_major and was_plans and not self.words.isVisible():
            self.sectors.setFocus()
        self._show_keys()

    def _labels_of_major(self) -> tuple[QLabel, ...]:
        return tuple(self._headings[name] for name in ("sectors", "cases", "log"))

    def _show_lists(self) -> None:
        board = self._board
        self.post.setText(post_text(board.post) or self.tr("No command post yet — P says where."))
        set_tone(self.post, "secondary" if board.post is None else "figure")
        self.sectors.show_rows([(one.id, self._sector_words(one)) for one in board.sectors()])
        self.cases.show_rows(board.cases())
        self.log.show_rows([("", line) for line in board.log()])

    def _sector_words(self, sector: SectorLine) -> str:
        lead = self.tr("lead {0}").format(sector.lead) if sector.lead else self.tr("no lead")
        units = " ".join(sector.units) or self.tr("no units")
        first = " · ".join((sector.name, lead, units))
        return f"{first}\n    {sector.task}" if sector.task else first

    def _show_preview(self, _row: int = 0) -> None:
        row = self.plans.currentRow()
        if not 0 <= row < len(self._plans):
            self.preview.clear()
            return
        plan = self._plans[row]
        parts = [plan.text]
        if plan.sectors:
            parts.append(self.tr("Sectors: {0}").format(" · ".join(plan.sectors)))
        if plan.tasks:
            tasks = (f"    {task}" for task in plan.tasks)
            parts.append("\n".join((self.tr("Cases that are opened:"), *tasks)))
        self.preview.setText("\n\n".join(parts))

    def _show_keys(self) -> None:
        if self.words.isVisible():
            self.keys.setText(self.tr("Enter does it · Esc leaves it"))
        elif self._is_major:
            self.keys.setText(self.tr(
                "P command post · W who commands — N new sector · R name · T task · L lead · "
                "U units · D end it — A new case · Enter goes to it — M line in the log — "
                "Tab next list · Esc back"
            ))  # fmt: skip
        else:
            self.keys.setText(self.tr("↑ ↓ choose a plan · Enter makes it big by it · Esc back"))

    # what is done

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Do what a key says."""
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self.put_away()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif self._is_major and key in self._questions():
            question, does, needs_sector = self._questions()[key]
            if not needs_sector or self.sectors.chosen:
                self._ask(question, does)
            if self.words.isVisible():
                self._offer(key)
        elif self._is_major and key == Qt.Key.Key_D and self.sectors.chosen:
            self._ask_end(self.sectors.chosen)

    def _questions(self) -> Mapping[Qt.Key, tuple[str, Callable[[str], object], bool]]:
        """Return what keys ask, what is done with the answer, and if it is about a sector."""
        board, sector = self._board, self.sectors.chosen
        return {
            Qt.Key.Key_N: (self.tr("Name of the new sector"), board.add_sector, False),
            Qt.Key.Key_P: (
                self.tr("Where the command post is; emptied, there is none any more"),
                board.set_post, False,
            ),
            Qt.Key.Key_W: (
                self.tr("Who commands, as called on the radio"), board.set_commander, False,
            ),
            Qt.Key.Key_R: (
                self.tr("New name of the sector"), lambda text: board.change(sector, name=text),
                True,
            ),
            Qt.Key.Key_T: (
                self.tr("What has to be done there"), lambda text: board.change(sector, task=text),
                True,
            ),
            Qt.Key.Key_L: (
                self.tr("Call sign of the lead"), lambda text: board.set_lead(sector, text), True,
            ),
            Qt.Key.Key_U: (
                self.tr("Call signs of the units that work there"),
                lambda text: board.place(sector, text), True,
            ),
            Qt.Key.Key_A: (
                self.tr("New case: what has to be done, or form; what"), board.add_case, False,
            ),
            Qt.Key.Key_M: (self.tr("Line for the log"), board.note, False),
        }  # fmt: skip

    def _enter(self) -> None:
        if self._is_major:
            if self.cases.hasFocus() and self.cases.chosen:
                wanted = self.cases.chosen
                self.put_away()
                self.incident_wanted.emit(wanted)
            return
        code = self.plans.chosen
        question = self.tr("Why is it a big incident? Whoever commands reads it.")
        self._ask(question, lambda reason: self._board.make_major(code, reason))

    def _sector(self, sector_id: str) -> SectorLine | None:
        return next((one for one in self._board.sectors() if one.id == sector_id), None)

    def _offer(self, key: Qt.Key) -> None:
        """Have a task, the post's place or who commands to be changed; emptied, it is none."""
        post, sector = self._board.post, self._sector(self.sectors.chosen)
        held = {
            Qt.Key.Key_T: "" if sector is None else sector.task,
            Qt.Key.Key_P: self._board.offered_place,
            Qt.Key.Key_W: "" if post is None else post.commander or "",
        }
        if key in held:
            self._may_be_empty = key == Qt.Key.Key_T or (post is not None and bool(held[key]))
            self.words.setText(held[key])
            self.words.selectAll()

    def _ask_end(self, sector_id: str) -> None:
        sector = self._sector(sector_id)
        name = "" if sector is None else sector.name
        self._ask(
            self.tr("End the sector {0}? Enter ends it, Esc keeps it.").format(name),
            lambda _words: self._board.end_sector(sector_id),
        )
        self._may_be_empty = True

    def _ask(self, question: str, does: Callable[[str], object]) -> None:
        incident = self._board.incident
        self._asked_of = None if incident is None else incident.id
        self._asks, self._may_be_empty = does, False
        self.question.setText(question)
        self.question.show()
        self.words.clear()
        self.words.setAccessibleName(question)
        self.words.show()
        self.words.setFocus()
        self._show_keys()

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        """Enter gives the answer, Esc leaves the question; neither goes on to the sheet."""
        if watched is self.words and event.type() is QEvent.Type.KeyPress:
            key = event.key() if isinstance(event, QKeyEvent) else None
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._answer()
                return True
            if key == Qt.Key.Key_Escape:
                self._end_question()
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]  # Qt's own object

    def _answer(self) -> None:
        text, does = self.words.text().strip(), self._asks
        if does is None or not (text or self._may_be_empty):
            return
        self._end_question()
        does(text)

    def _end_question(self) -> None:
        self._asks = None
        self.question.hide()
        self.words.hide()
        (self.sectors if self._is_major else self.plans).setFocus()
        self._show_keys()

    def _retranslate(self) -> None:
        words = {
            "plans": self.tr("EVENT PLANS"), "sectors": self.tr("SECTORS"),
            "cases": self.tr("CASES"), "log": self.tr("LOG"),
        }  # fmt: skip
        lists = {"plans": self.plans, "sectors": self.sectors, "cases": self.cases,
                 "log": self.log}  # fmt: skip
        for name, text in words.items():
            self._headings[name].setText(text)
            set_tone(self._headings[name], "small")
            lists[name].setAccessibleName(text)
        self.setAccessibleName(self.tr("Command of a big incident"))
        self._follow()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
