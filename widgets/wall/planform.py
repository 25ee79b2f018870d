"""The form of one patrol plan: what it is made from, when it runs, how long it stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.ui.planbook import Base
from console.ui.plandraft import PlanDraft
from console.ui.wall_values import GRIDS
from widgets.wall.presetcell import PresetDelegate

_ID = int(Qt.ItemDataRole.UserRole)
_NAME, _DWELL, _PRESET = range(3)
_SHORT_PX = 84
#: What a plan can be shown in: as it is on, the grids, one large tile among small ones.
_LAYOUTS = (0, *GRIDS, 6, 8, 13)


def _kind_word(kind: str) -> str:
    words = {
        "district": QCoreApplication.translate("PlanForm", "District"),
        "form": QCoreApplication.translate("PlanForm", "Form"),
        "event": QCoreApplication.translate("PlanForm", "Event"),
    }
    return words[kind]


class PlanForm(QWidget):
    """Fields of a plan and its points.

    Signals:
        base_chosen: Code of what the plan is to be made from.
        points_searched: What was typed to find points to add.
        presets_wanted: Id of a point whose camera is to say where it can be sent; answer with
            `show_presets`.
    """

    base_chosen = Signal(str)
    points_searched = Signal(str)
    presets_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name_of: Callable[[str], str] = str
        self.name, self.dwell, self.revisit = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.from_time, self.to_time = QLineEdit(self), QLineEdit(self)
        self.base, self.tiles = QComboBox(self), QComboBox(self)
        self.base.setMaxVisibleItems(24)
        self.days = [QCheckBox(self) for _ in range(7)]
        self.add = QLineEdit(self)
        self.points = QTableWidget(0, 3, self)
        self._presets = PresetDelegate(_ID, self)
        self.points.setItemDelegateForColumn(_PRESET, self._presets)
        self._presets.presets_wanted.connect(self.presets_wanted)
        self.count = QLabel(self)
        self._labels = {name: QLabel(self) for name in ("name", "base", "dwell", "revisit", "days",
                                                        "time", "tiles", "until")}  # fmt: skip
        for line in (self.dwell, self.revisit, self.from_time, self.to_time):
            line.setMaximumWidth(_SHORT_PX)
        self._lay_out()
        self.base.activated.connect(self._choose_base)
        self.add.returnPressed.connect(self._search)
        self.points.installEventFilter(self)

    def show_presets(self, point: str, names: Sequence[str], why: str) -> None:
        """Offer a camera's presets in the cell that is being edited, or say why it has none."""
        self._presets.show_presets(point, names, why)

    def set_names(self, name_of: Callable[[str], str]) -> None:
        """Say how a point is called, by its id."""
        self._name_of = name_of

    def set_bases(self, bases: Sequence[Base]) -> None:
        """Offer what plans can be made from; what is chosen stays chosen."""
        chosen = self.base.currentData()
        self.base.clear()
        self.base.addItem(self.tr("points picked by hand"), "")
        for one in bases:
            self.base.addItem(f"{_kind_word(one.kind)}: {one.name}", one.code)
        self.base.setCurrentIndex(max(0, self.base.findData(chosen)))

    def show_draft(self, draft: PlanDraft) -> None:
        """Show a plan."""
        self.name.setText(draft.name)
        self.name.setCursorPosition(0)
        self.base.setCurrentIndex(max(0, self.base.findData(draft.base)))
        self.dwell.setText(draft.dwell)
        self.revisit.setText(draft.revisit)
        self.from_time.setText(draft.from_time)
        self.to_time.setText(draft.to_time)
        for day, box in enumerate(self.days):
            box.setChecked(day in draft.days)
        self.tiles.setCurrentIndex(max(0, self.tiles.findData(draft.tiles)))
        self.points.setRowCount(0)
        self._append(draft.points)
        for row, point in enumerate(draft.points):
            self._put(row, _DWELL, draft.dwells.get(point, ""))
            self._put(row, _PRESET, draft.presets.get(point, ""))

    def draft(self, picked: PlanDraft) -> PlanDraft:
        """Return what stands in the form, as a change of the plan that was picked."""
        points = tuple(self._ids())
        return PlanDraft(
            id=picked.id,
            version=picked.version,
            name=self.name.text(),
            base=str(self.base.currentData() or ""),
            points=points,
            dwell=self.dwell.text(),
            dwells=dict(zip(points, self._column(_DWELL), strict=True)),
            presets=dict(zip(points, self._column(_PRESET), strict=True)),
            revisit=self.revisit.text(),
            days=tuple(day for day, box in enumerate(self.days) if box.isChecked()),
            from_time=self.from_time.text(),
            to_time=self.to_time.text(),
            tiles=int(self.tiles.currentData() or 0),
        )

    def set_points(self, points: Sequence[str]) -> None:
        """Take other points; what was typed for those that stay is kept."""
        columns = zip(self._column(_DWELL), self._column(_PRESET), strict=True)
        typed = dict(zip(self._ids(), columns, strict=True))
        self.points.setRowCount(0)
        self._append(points)
        for row, point in enumerate(points):
            dwell, preset = typed.get(point, ("", ""))
            self._put(row, _DWELL, dwell)
            self._put(row, _PRESET, preset)

    def add_points(self, points: Sequence[str]) -> int:
        """Add points that are not in it yet; return how many that were."""
        held = set(self._ids())
        fresh = [point for point in points if point not in held]
        self._append(fresh)
        return len(fresh)

    def focus(self, field: str) -> None:
        """Put the cursor where something is to be mended."""
        fields = {"name": self.name, "dwell": self.dwell, "revisit": self.revisit,
                  "from_time": self.from_time, "to_time": self.to_time,
                  "points": self.add, "dwells": self.points}  # fmt: skip
        found = fields.get(field)
        if found is not None:
            found.setFocus()

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        """Delete takes the chosen points out of the plan."""
        pressed = watched is self.points and event.type() is QEvent.Type.KeyPress
        if pressed and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Delete:
            for row in sorted({one.row() for one in self.points.selectedIndexes()}, reverse=True):
                self.points.removeRow(row)
            self._say_count()
            return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]  # Qt's own object

    def retranslate(self) -> None:
        """Name everything in the language shown."""
        texts = {
            "name": self.tr("Name"), "base": self.tr("Made from"),
            "dwell": self.tr("A page stays, s"),
            "revisit": self.tr("No point unseen longer than, min"),
            "days": self.tr("Days"), "time": self.tr("From, until"), "tiles": self.tr("Layout"),
            "until": "–",
        }  # fmt: skip
        for name, text in texts.items():
            self._labels[name].setText(text)
        names = (self.tr("Mon"), self.tr("Tue"), self.tr("Wed"), self.tr("Thu"), self.tr("Fri"),
                 self.tr("Sat"), self.tr("Sun"))  # fmt: skip
        for box, text in zip(self.days, names, strict=True):
            box.setText(text)
        self.revisit.setPlaceholderText(self.tr("plain"))
        self.revisit.setToolTip(
            self.tr("Set: pages come by expected yield. Empty: the points in turn.")
        )
        self.from_time.setPlaceholderText("22:00")
        self.to_time.setPlaceholderText("06:00")
        self.add.setPlaceholderText(self.tr("Add points: type a part of the name, Enter"))
        self.points.setHorizontalHeaderLabels(
            [self.tr("Point"), self.tr("Stays, s"), self.tr("Preset")]
        )
        at = max(0, self.tiles.currentIndex())
        self.tiles.clear()
        for tiles in _LAYOUTS:
            text = self.tr("{0} tiles").format(tiles) if tiles else self.tr("as it is on")
            self.tiles.addItem(text, tiles)
        self.tiles.setCurrentIndex(at)
        for field, name in ((self.name, "name"), (self.base, "base"), (self.dwell, "dwell"),
                            (self.revisit, "revisit"), (self.tiles, "tiles")):  # fmt: skip
            field.setAccessibleName(texts[name])
        self._say_count()

    def _lay_out(self) -> None:
        days = QHBoxLayout()
        days.setSpacing(6)
        for box in self.days:
            days.addWidget(box)
        days.addStretch(1)
        dwell = QHBoxLayout()
        for widget in (self.dwell, self._labels["revisit"], self.revisit):
            dwell.addWidget(widget)
        dwell.addStretch(1)
        times = QHBoxLayout()
        for widget in (self.from_time, self._labels["until"], self.to_time):
            times.addWidget(widget)
        times.addSpacing(16)
        times.addWidget(self._labels["tiles"])
        times.addWidget(self.tiles)
        times.addStretch(1)
        fields = QFormLayout()
        fields.setVerticalSpacing(6)
        fields.addRow(self._labels["name"], self.name)
        fields.addRow(self._labels["base"], self.base)
        fields.addRow(self._labels["dwell"], dwell)
        fields.addRow(self._labels["days"], days)
        fields.addRow(self._labels["time"], times)
        header = self.points.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.points.setColumnWidth(_DWELL, _SHORT_PX)
        self.points.setColumnWidth(_PRESET, 120)
        self.points.verticalHeader().hide()
        self.points.verticalHeader().setDefaultSectionSize(24)
        self.points.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.points.setTabKeyNavigation(False)
        order = [self.name, self.base, self.dwell, self.revisit, *self.days, self.from_time,
                 self.to_time, self.tiles, self.add, self.points]  # fmt: skip
        for one, following in pairwise(order):
            QWidget.setTabOrder(one, following)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(fields)
        whole.addWidget(self.add)
        whole.addWidget(self.points, 1)
        whole.addWidget(self.count)

    def _items(self, column: int) -> list[QTableWidgetItem]:
        rows = range(self.points.rowCount())
        return [item for row in rows if (item := self.points.item(row, column)) is not None]

    def _ids(self) -> list[str]:
        return [str(item.data(_ID)) for item in self._items(_NAME)]

    def _column(self, column: int) -> list[str]:
        return [item.text() for item in self._items(column)]

    def _put(self, row: int, column: int, text: str) -> None:
        self.points.setItem(row, column, QTableWidgetItem(text))

    def _append(self, points: Sequence[str]) -> None:
        first = self.points.rowCount()
        self.points.setRowCount(first + len(points))
        for row, point in enumerate(points, first):
            item = QTableWidgetItem(self._name_of(point))
            item.setData(_ID, point)
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            self.points.setItem(row, _NAME, item)
            self._put(row, _DWELL, "")
            self._put(row, _PRESET, "")
        self._say_count()

    def _say_count(self) -> None:
        text = self.tr("{0} points · Del takes the chosen ones out · F2: preset or stay")
        self.count.setText(text.format(f"{self.points.rowCount():,}"))

    def _choose_base(self, _index: int) -> None:
        code = str(self.base.currentData() or "")
        if code:
            self.base_chosen.emit(code)

    def _search(self) -> None:
        typed = self.add.text().strip()
        if typed:
            self.points_searched.emit(typed)
            self.add.clear()
