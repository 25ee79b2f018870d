"""How everything looks and which language it speaks, switchable while running."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from widgets.common.language import LANGUAGES, LanguageSwitch
from widgets.common.qss import stylesheet
from widgets.common.theme import TEXT_PX, Theme, load_theme

#: First one that is installed is taken; all of them carry Chinese.
FONT_FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei UI",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "sans-serif",
)


def interface_font() -> QFont:
    """Return the interface's font, with digits of one width where the font has such."""
    font = QFont()
    font.setFamilies(list(FONT_FAMILIES))
    font.setPixelSize(TEXT_PX)
    font.setFeature(QFont.Tag("tnum"), 1)
    font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    return font


class Appearance(QObject):
    """Theme and language of the running program.

    The style sheet is changed, never taken away: Qt would delete a style that Python still knows.

    Args:
        app: Given the style sheet, the palette, the font and the translators.
        resources: Folder of ``themes/`` and ``i18n/``.

    Signals:
        theme_changed: The `Theme` now shown.
        language_changed: The language now shown, "zh_CN" or "en"; widgets get Qt's
            ``LanguageChange`` event as well, what is no widget listens here.
    """

    theme_changed = Signal(object)
    language_changed = Signal(str)

    def __init__(
        self,
        app: QApplication,
        resources: Path,
        *,
        theme: str = "dark",
        language: str = "zh_CN",
    ) -> None:
        super().__init__()
        self._app = app
        self._themes = resources / "themes"
        self._switch = LanguageSwitch(app, resources / "i18n")
        app.setFont(interface_font())
        self.theme: Theme = load_theme(theme, self._themes)
        self._put_on(self.theme)
        self._switch.use(language)

    @property
    def language(self) -> str:
        """The language shown now."""
        return self._switch.language

    def use_theme(self, name: str) -> None:
        """Show another theme.

        Raises:
            ThemeError: Its file cannot be used; the theme shown stays.
        """
        self.theme = load_theme(name, self._themes)
        self._put_on(self.theme)
        self.theme_changed.emit(self.theme)

    def use_language(self, language: str) -> None:
        """Show another language.

        Raises:
            CatalogueError: It cannot be read; the language shown stays.
        """
        self._switch.use(language)
        self.language_changed.emit(language)

    def next_theme(self) -> None:
        """Change between dark and light."""
        self.use_theme("light" if self.theme.is_dark else "dark")

    def next_language(self) -> None:
        """Change to the next language."""
        codes = list(LANGUAGES)
        at = codes.index(self.language) if self.language in codes else -1
        self.use_language(codes[(at + 1) % len(codes)])

    def _put_on(self, theme: Theme) -> None:
        self._app.setPalette(theme.palette())
        self._app.setStyleSheet(stylesheet(theme))
