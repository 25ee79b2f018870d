// Stands in for the basemap of a city of which there is none.
"use strict";

/** Lines of latitude and longitude, for a city of which there is no basemap. */
const Graticule = L.GridLayer.extend({
  createTile(coords) {
    const tile = document.createElement("canvas");
    const size = this.getTileSize();
    tile.width = size.x;
    tile.height = size.y;
    const ctx = tile.getContext("2d");
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--line");
    ctx.strokeStyle = colour;
    ctx.strokeRect(0.5, 0.5, size.x, size.y);
    const corner = this._map.unproject(coords.scaleBy(size), coords.z);
    ctx.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--secondary");
    ctx.font = "11px sans-serif";
    ctx.fillText(`${corner.lat.toFixed(3)}°  ${corner.lng.toFixed(3)}°`, 6, 16);
    return tile;
  },
});
