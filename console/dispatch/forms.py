"""Forms of violation as the site's catalogue has them, over what the program knows by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from console.domain.catalogue import CatalogueItem, CatalogueName, form_from, item_id
from console.domain.forms import Form, form_of, is_known


class Catalogue(Protocol):
    """Rows that the site's tables are among."""

    def get(self, row_type: type[CatalogueItem], row_id: str) -> CatalogueItem | None:
        """Return the row with this id."""


def form_in(rows: Catalogue, code: str) -> Form:
    """Return the form with this code: the site's own, else the program's, else "other".

    A retired form still says what cases of it are; it is only not offered any more.
    """
    item = rows.get(CatalogueItem, item_id(CatalogueName.FORM, code))
    return form_of(code) if item is None else form_from(item)


def is_form(rows: Catalogue, code: str) -> bool:
    """Whether the site's catalogue or the program has this code."""
    item = rows.get(CatalogueItem, item_id(CatalogueName.FORM, code))
    return item is not None or is_known(code)


def forms_by_code(items: Iterable[CatalogueItem]) -> dict[str, Form]:
    """Return the forms among rows of the catalogue by their codes."""
    return {item.code: form_from(item) for item in items if item.catalogue is CatalogueName.FORM}
