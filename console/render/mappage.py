"""The map's page, built once with folium, and every file it needs, all of them local."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import folium
from branca.element import MacroElement
from folium.template import Template
from xstatic.pkg import leaflet

from console.domain.errors import ZhihuiError
from console.render.pagefile import PageFile

#: Our scripts in the order the page needs them; the worker fetches its own.
PAGE_SCRIPTS = (
    "sprites.js", "canvaslayer.js", "live.js", "panel.js", "search.js", "radial.js", "replay.js",
    "areafields.js", "areaedit.js", "areas.js",
    "heat.js", "drawings.js", "graticule.js", "groundlines.js", "ground.js", "keys.js",
    "page.js",
)  # fmt: skip
WORKER_SCRIPTS = (
    "worker.js", "glide.js", "painter.js", "groups.js", "rings.js", "labels.js", "naming.js",
    "groundworker.js",
)  # fmt: skip


class MapPageError(ZhihuiError):
    """A file of the map's page is missing from the installation."""


class _StartScript(MacroElement):
    """Starts our script on the map, after folium's own."""

    _template = Template(
        "{% macro script(this, kwargs) %}startMapPage({{ this._parent.get_name() }});{% endmacro %}"
    )


class LocalMap(folium.Map):
    """folium's map with nothing but local scripts and styles."""

    default_js: list[tuple[str, str]] = [  # noqa: RUF012 - folium reads it from the class
        ("leaflet", "leaflet/leaflet.js"),
        ("qwebchannel", "qwebchannel.js"),
        *((name, name) for name in PAGE_SCRIPTS),
    ]
    default_css: list[tuple[str, str]] = [  # noqa: RUF012
        ("leaflet_css", "leaflet/leaflet.css"),
        ("page_css", "page.css"),
    ]


def page_html(lat: float, lon: float, zoom: int) -> str:
    """Return the page, looking at a place first.

    Args:
        lat: WGS-84 degrees.
        lon: WGS-84 degrees.
        zoom: Web map zoom, 8 to 18.
    """
    page = LocalMap(
        location=[lat, lon],
        zoom_start=zoom,
        min_zoom=8,
        max_zoom=18,
        tiles=None,
        zoom_control=False,
        keyboard=False,
        inertia=False,
        zoom_animation=False,
        fade_animation=False,
        marker_zoom_animation=False,
        world_copy_jump=False,
        font_size="12px",
    )
    page._id = "zhihui"
    page.options |= {"min_zoom": 8, "max_zoom": 18}
    page.add_child(_StartScript())  # type: ignore[no-untyped-call]  # branca has no types
    html: str = page.get_root().render()
    return html


def build_page(
    resources: Path, *, lat: float, lon: float, zoom: int, channel_script: bytes
) -> Mapping[str, PageFile]:
    """Return every file of the page by its path.

    Args:
        resources: Folder that holds ``map/`` with our scripts and styles.
        lat: Where the page looks first, WGS-84 degrees.
        lon: Where the page looks first, WGS-84 degrees.
        zoom: Web map zoom it starts at.
        channel_script: Qt's ``qwebchannel.js``.

    Raises:
        MapPageError: A file is missing.
    """
    html = page_html(lat, lon, zoom).encode()
    files = {
        "index.html": PageFile(media_type="text/html", body=html),
        "qwebchannel.js": PageFile(media_type="text/javascript", body=channel_script),
    }
    for name in (*PAGE_SCRIPTS, *WORKER_SCRIPTS, "page.css"):
        files[name] = _read(resources / "map" / name)
    leaflet_folder = Path(leaflet.BASE_DIR)
    for name in ("leaflet.js", "leaflet.css"):
        files[f"leaflet/{name}"] = _read(leaflet_folder / name)
    for path in sorted((leaflet_folder / "images").glob("*.png")):
        files[f"leaflet/images/{path.name}"] = _read(path)
    return MappingProxyType(files)


def _read(path: Path) -> PageFile:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise MapPageError(
            f"The map cannot be shown: {path} cannot be read ({error}). Install Zhihui again."
        ) from error
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return PageFile(media_type=media_type, body=body)
