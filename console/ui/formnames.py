"""Names of the site's own forms, given to Qt as texts, so that every label shows them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, QTranslator, Signal

from console.domain.catalogue import CatalogueItem, CatalogueName, form_from
from console.domain.forms import FORMS, Form
from console.ui.mirror import Mirror
from console.ui.words import FORM_NAMES, is_chinese


class FormTexts(QTranslator):
    """Gives Qt the name of a form for its code, in the language shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: dict[str, tuple[str, str]] = {}

    def take(self, forms: dict[str, Form]) -> None:
        """Know these forms from now on."""
        self._names = {code: (form.name_zh, form.name_en) for code, form in forms.items()}

    def isEmpty(self) -> bool:  # noqa: N802 (Qt's name)
        """Whether there is nothing to translate with: never, forms come later."""
        return False

    def translate(
        self,
        context: str,
        source_text: str,
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str | None:
        """Return a form's name; ``None``, Qt's null string, asks the next one."""
        if context != FORM_NAMES or source_text not in self._names:
            return None
        zh, en = self._names[source_text]
        return (zh or en) if is_chinese() else (en or zh)


class SiteForms(QObject):
    """The forms of the site's catalogue, over those the program knows by itself.

    Signals:
        changed: The `Form`s that may be chosen now, a list.
    """

    changed = Signal(list)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._texts = FormTexts(self)
        app = QCoreApplication.instance()
        if app is not None:
            app.installTranslator(self._texts)
        mirror.tables_changed.connect(self._look)

    @property
    def forms(self) -> list[Form]:
        """The forms that may be chosen, by code; the program's own while there are no others."""
        items = self._items()
        open_ones = [form_from(item) for item in items if not item.retired]
        return sorted(open_ones, key=lambda form: form.code) if items else list(FORMS)

    def stop(self) -> None:
        """Take the names out of Qt's hands."""
        app = QCoreApplication.instance()
        if app is not None:
            app.removeTranslator(self._texts)

    def _items(self) -> list[CatalogueItem]:
        return [
            item
            for item in self._mirror.every(CatalogueItem)
            if item.catalogue is CatalogueName.FORM
        ]

    def _look(self, kind: str, _ids: list[str]) -> None:
        if kind == "catalogue":
            self._texts.take({item.code: form_from(item) for item in self._items()})
            self.changed.emit(self.forms)
