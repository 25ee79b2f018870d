// The basemap's tiles, and what stands in for them in a city of which there are none.
"use strict";

/** Tiles that stay, stretched, until those of the new zoom are there. */
const Basemap = L.TileLayer.extend({
  getEvents() {
    // Leaflet throws all tiles away before each zoom that is not animated.
    const { viewprereset, ...others } = L.TileLayer.prototype.getEvents.call(this);
    return others;
  },
});

/** Lines of latitude and longitude; plain boxes, for canvases would each be a layer to compose. */
const Graticule = L.GridLayer.extend({
  createTile(coords) {
    const tile = L.DomUtil.create("div", "graticule");
    const corner = this._map.unproject(coords.scaleBy(this.getTileSize()), coords.z);
    tile.textContent = `${corner.lat.toFixed(3)}°  ${corner.lng.toFixed(3)}°`;
    return tile;
  },
});
