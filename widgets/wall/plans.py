"""The editor of patrol plans: the plans at the left, the one picked beside them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.ui.planbook import PlanBook
from console.ui.plandraft import PlanDraft, time_of
from widgets.common.labels import set_tone
from widgets.wall.planform import PlanForm

_LIST_PX = 250
_ID = int(Qt.ItemDataRole.UserRole)
_NEW = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_N)


class PlanSheet(QFrame):
    """Makes, changes, retires and starts plans; lies over the wall.

    Keys: ↑/↓ choose a plan, Tab goes through the form, Ctrl+N begins a new one, Ctrl+S saves,
    Ctrl+Return runs it, Ctrl+R retires it, Esc closes.

    Signals:
        run_wanted: Id of a plan to be run on this wall.
        closed: It was closed by its key.
    """

    run_wanted = Signal(str)
    closed = Signal()

    def __init__(self, book: PlanBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._picked = PlanDraft()
        self._asked = ""
        self.setProperty("role", "popup")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.title, self.told = QLabel(self), QLabel(self)
        set_tone(self.title, "title")
        self.told.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setFixedWidth(_LIST_PX)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.form = PlanForm(self)
        self.buttons = {
            name: QPushButton(self) for name in ("new", "save", "run", "retire", "close")
        }
        self._lay_out()
        self._join()
        self._fill()
        self._retranslate()

    def open(self) -> None:
        """Show the plans, the first one picked."""
        self.form.set_bases(self._book.bases())
        self._fill()
        self.say("")
        self.show()
        self.raise_()
        if not self.list.count():
            self.begin_new()
            self.say(
                self.tr("There are no plans yet: name one, choose what it is made from, save.")
            )
        elif self.list.currentRow() < 0:
            self.list.setCurrentRow(0)
        (self.list if self.list.count() else self.form.name).setFocus()

    def say(self, sentence: str, *, is_trouble: bool = False) -> None:
        """Say what was done, or why it was not."""
        self.told.setText(sentence)
        set_tone(self.told, "alarm" if is_trouble else "secondary")

    def begin_new(self) -> None:
        """Empty the form for a new plan."""
        self.list.setCurrentRow(-1)
        self._show(PlanDraft())
        self.form.name.setFocus()

    def begin_with(self, name: str, points: Sequence[str]) -> None:
        """Begin a new plan of points that were chosen elsewhere."""
        self.begin_new()
        self._show(PlanDraft(name=name[:80], points=tuple(points)))
        self.form.name.selectAll()
        text = self.tr("{0} points: name the plan, say when it runs, save it with Ctrl+S.")
        self.say(text.format(f"{len(points):,}"))

    def save(self) -> None:
        """Have central keep what stands in the form."""
        error = self._book.save(self.form.draft(self._picked))
        if error is not None:
            self.form.focus(error.field)
            self.say(str(error), is_trouble=True)

    def retire(self) -> None:
        """Take the picked plan away; it can be made again."""
        if self._picked.id:
            name = self._picked.name
            self._book.retire(self._picked.id)
            self.begin_new()
            self.say(self.tr("“{0}” is retired; walls that run it go on until they turn.")
                     .format(name))  # fmt: skip

    def run(self) -> None:
        """Run the picked plan on this wall."""
        if self._picked.id:
            self.run_wanted.emit(self._picked.id)
        else:
            self.say(self.tr("Save the plan first: Ctrl+S."), is_trouble=True)

    def event(self, event: QEvent) -> bool:
        """Have Ctrl+N begin a plan, though the window has it for a new incident."""
        ours = isinstance(event, QKeyEvent) and event.keyCombination() == _NEW
        if ours and event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if ours and event.type() is QEvent.Type.KeyPress:
            self.begin_new()
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say it in the new language."""
        if event.type() is QEvent.Type.LanguageChange:
            self._retranslate()
            self.form.set_bases(self._book.bases())
            self._fill()
        super().changeEvent(event)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in self.buttons.values():
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.insertStretch(4, 1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.form, 1)
        right.addWidget(self.told)
        right.addLayout(buttons)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.list)
        middle.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 10, 12, 10)
        whole.addWidget(self.title)
        whole.addLayout(middle, 1)

    def _join(self) -> None:
        does = {
            "new": (self.begin_new, ""), "save": (self.save, "Ctrl+S"),
            "run": (self.run, "Ctrl+Return"), "retire": (self.retire, "Ctrl+R"),
            "close": (self.closed.emit, "Esc"),
        }  # fmt: skip
        for name, (do, key) in does.items():
            self.buttons[name].clicked.connect(lambda _=False, do=do: do())
            if not key:
                continue  # Ctrl+N is the window's as well: see `event`
            short = QShortcut(QKeySequence(key), self)
            short.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            short.activated.connect(do)
        self.list.currentItemChanged.connect(self._pick)
        self.list.itemActivated.connect(lambda _item: self.form.name.setFocus())
        self.form.base_chosen.connect(self._find)
        book = self._book
        book.changed.connect(self._fill)
        book.saved.connect(self._take_saved)
        book.failed.connect(lambda sentence: self.say(sentence, is_trouble=True))
        book.points_found.connect(self._take_points)

    def _find(self, code: str) -> None:
        self._asked = code
        self._book.find_points(code)

    def _take_points(self, code: str, points: list[str]) -> None:
        if code == self._asked and not points:
            self.form.base.setCurrentIndex(0)
        elif code == self._asked:
            self.form.set_points(points)
            self.say(self.tr("{0} points").format(f"{len(points):,}"))

    def _take_saved(self, plan_id: str, name: str) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(_ID) == plan_id:
                self.list.setCurrentRow(row)
        draft = self._book.draft(plan_id)
        if draft is not None:
            self._show(draft)
        self.say(self.tr("“{0}” is saved; every wall offers it.").format(name))

    def _pick(self, item: QListWidgetItem | None) -> None:
        draft = None if item is None else self._book.draft(str(item.data(_ID)))
        if draft is not None:
            self._show(draft)
            self.say("")

    def _show(self, draft: PlanDraft) -> None:
        self._picked = draft
        self.form.show_draft(draft)
        for name in ("run", "retire"):
            self.buttons[name].setEnabled(bool(draft.id))

    def _fill(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for plan in self._book.plans:
            when = ""
            if plan.from_minute is not None:
                when = f"  {time_of(plan.from_minute)}–{time_of(plan.to_minute)}"
            text = f"{plan.name}{when}  ·  {len(plan.points):,}"
            item = QListWidgetItem(text)
            item.setData(_ID, plan.id)
            item.setToolTip(text)
            self.list.addItem(item)
            if plan.id == self._picked.id:
                self.list.setCurrentItem(item)
        self.list.setVisible(bool(self.list.count()))
        self.list.blockSignals(False)

    def _retranslate(self) -> None:
        self.title.setText(self.tr("Patrol plans"))
        self.list.setAccessibleName(self.tr("Patrol plans"))
        for name, text in (
            ("new", self.tr("New  Ctrl+N")),
            ("save", self.tr("Save  Ctrl+S")),
            ("run", self.tr("Run here  Ctrl+Enter")),
            ("retire", self.tr("Retire  Ctrl+R")),
            ("close", self.tr("Close  Esc")),
        ):
            self.buttons[name].setText(text)
        self.form.retranslate()
