"""Languages: translations from JSON catalogues, switched while running."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from console.domain.errors import ZhihuiError

#: Languages the program speaks, each by its own name.
LANGUAGES: Mapping[str, str] = {"zh_CN": "简体中文", "en": "English"}
SOURCE_LANGUAGE = "en"

Catalogue = dict[str, dict[str, str]]


class CatalogueError(ZhihuiError):
    """A catalogue of translations cannot be read; says which and why."""


def load_catalogue(folder: Path) -> Catalogue:
    """Read every JSON file of a language into one catalogue: context → source → translation.

    Raises:
        CatalogueError: A file is no such JSON, or two files translate one source differently.
    """
    catalogue: Catalogue = {}
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            for context, texts in content.items():
                known = catalogue.setdefault(context, {})
                for source, text in texts.items():
                    if known.setdefault(source, str(text)) != text:
                        raise CatalogueError(f"{path}: “{source}” has another text elsewhere.")
        except (OSError, ValueError, AttributeError) as error:
            raise CatalogueError(
                f"The translations in {path} cannot be read ({error}). Put the file back."
            ) from error
    return catalogue


class JsonTranslator(QTranslator):
    """Gives Qt the texts of a catalogue."""

    def __init__(self, catalogue: Catalogue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalogue = catalogue

    def isEmpty(self) -> bool:  # noqa: N802
        """Whether there is nothing to translate with; Qt asks when installing."""
        return not self._catalogue

    def translate(
        self,
        context: str,
        source_text: str,
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str | None:
        """Return the text for a source text; ``None``, Qt's null string, asks the next one."""
        return self._catalogue.get(context, {}).get(source_text)


class LanguageSwitch:
    """Installs one language's translators at a time.

    Args:
        app: Sends ``LanguageChange`` to every widget when a language is put in.
        folder: Holds one folder of catalogues a language.
    """

    def __init__(self, app: QCoreApplication, folder: Path) -> None:
        self._app, self._folder = app, folder
        self._installed: list[QTranslator] = []
        self.language = SOURCE_LANGUAGE

    def use(self, language: str) -> None:
        """Show another language.

        Raises:
            CatalogueError: Its catalogue cannot be read; the language shown stays.
        """
        translators: list[QTranslator] = []
        if language != SOURCE_LANGUAGE:
            translators = [self._own_texts(language), *self._texts_of_qt(language)]
        # Fields of date and time go by the locale: with 24 hours, as every other time here.
        QLocale.setDefault(QLocale("en_GB" if language == "en" else language))
        for translator in self._installed:
            self._app.removeTranslator(translator)
        self.language, self._installed = language, translators
        for translator in reversed(translators):
            self._app.installTranslator(translator)

    def _own_texts(self, language: str) -> QTranslator:
        catalogue = load_catalogue(self._folder / language)
        if not catalogue:
            raise CatalogueError(f"There are no translations for {language} in {self._folder}.")
        return JsonTranslator(catalogue)

    def _texts_of_qt(self, language: str) -> list[QTranslator]:
        """Qt's own words, in line edits' menus and the like, where Qt ships them."""
        translator = QTranslator()
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        return [translator] if translator.load(f"qtbase_{language}", folder) else []
