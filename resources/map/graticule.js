// Stands in for the basemap of a city of which there is none.
"use strict";

/** Lines of latitude and longitude; plain boxes, for canvases would each be a layer to compose. */
const Graticule = L.GridLayer.extend({
  createTile(coords) {
    const tile = L.DomUtil.create("div", "graticule");
    const corner = this._map.unproject(coords.scaleBy(this.getTileSize()), coords.z);
    tile.textContent = `${corner.lat.toFixed(3)}°  ${corner.lng.toFixed(3)}°`;
    return tile;
  },
});
