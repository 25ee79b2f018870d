// What each key does on the map; those with Ctrl or Alt are left to the console.
"use strict";

/** Return the acts of a `MapPage` by the key's name in small letters. */
function pageKeys(page) {
  const pan = (x, y) => { page.map.panBy([x, y], { animate: false }); page.panel.showCross(true); };
  return {
    "+": () => page.map.zoomIn(),
    "=": () => page.map.zoomIn(),
    "-": () => page.map.zoomOut(),
    arrowleft: () => pan(-PAN_PX, 0),
    arrowright: () => pan(PAN_PX, 0),
    arrowup: () => pan(0, -PAN_PX),
    arrowdown: () => pan(0, PAN_PX),
    home: () => page.home(),
    l: () => page.panel.toggleBox(),
    u: () => page.toggle("units"),
    o: () => page.toggle("off_duty"),
    c: () => page.toggle("cameras"),
    i: () => page.toggle("incidents"),
    g: () => page.setGroups(!page.groups),
    p: () => page.radial.open(page.map.getCenter()),
    y: () => page.replay(),
    v: () => page.channel.keep_trail("", 0, 0),
    " ": () => { page.panel.showCross(true); page.clicked(page.map.getCenter()); },
    "/": () => page.search.focus(),
    a: () => page.toggle("areas"),
    h: () => page.toggle("heat"),
    s: () => page.toggle("sensors"),
    d: () => page.toggle("districts"),
    r: () => page.toggle("grids"),
    t: () => page.toggle("colours"),
    enter: () => {
      if (page.tool?.finish) {
        page.tool.finish();
        return;
      }
      page.panel.showCross(true);
      page.live.pick(page.map.getSize().divideBy(2), "key", 60);
    },
    escape: () => page.escape(),
  };
}
