// The map page: joins the map folium made, the live layer, the panel and Python's channel.
"use strict";

const PICK_RADIUS_PX = 14;
const PAN_PX = 120;
/** Layers that are not shown until somebody wants them. */
const HIDDEN_FIRST = ["off_duty", "heat", "districts", "grids", "colours"];
/** Pictures like the last are told to Python this far apart. */
const TELL_MS = 1000;

class MapPage {
  constructor(map, channel) {
    this.map = map;
    this.channel = channel;
    this.hidden = [...HIDDEN_FIRST];
    this.frames = [];
    this.hover = null;
    this.pointer = L.point(0, 0);
    this.reach = null;
    this.posts = null;
    this.postsTold = "[]";
    this.groups = true;
    this.toldAt = 0;
    this.tellSoon = null;
    map.attributionControl.setPrefix(false);
    this.scale = L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    this.live = new LiveLayer({
      onPicked: (why, hit) => this.picked(why, hit),
      onDrawn: (stats) => this.drawn(stats),
      onLoaded: (loaded) => this.loaded(loaded),
      onFailed: (text) => channel.fail(text),
    }).addTo(map);
    this.ground = new GroundLayer(channel, () => this.hidden, (text) => channel.fail(text)).addTo(map);
    this.panel = new Panel(map.getContainer(), {
      zoomIn: () => map.zoomIn(),
      zoomOut: () => map.zoomOut(),
      home: () => this.home(),
      replay: () => this.replay(),
      goTo: (view) => this.goTo(view),
      saveView: (name) => channel.save_view(JSON.stringify({ name, lat: map.getCenter().lat,
        lon: map.getCenter().lng, zoom: map.getZoom(), hidden: this.hidden, groups: this.groups,
        known: LAYER_KEYS.map(([layer]) => layer) })),
      dropView: (name) => channel.drop_view(name),
      importAreas: () => channel.import_areas(),
      toggle: (layer) => this.toggle(layer),
      setGroups: (on) => this.setGroups(on),
      groups: () => this.groups,
      groundLegend: (list) => this.ground.buildLegend(list, this.state, (name) => this.toggle(name)),
    });
    this.search = new SearchBox(map.getContainer(), {
      typed: (text) => channel.search(text),
      chosen: (no) => channel.choose(no),
      closed: () => this.drawings.clear(),
    });
    this.timebar = new TimeBar(map.getContainer(), channel, () => this.use(
      new BoxTool(map, () => this.state.colours, (outline) => {
        this.endTool();
        this.timebar.openAt(outline);
      }), this.state.words.replay_box_how));
    this.areas = new AreaLayer(map, channel, () => this.state);
    this.heat = new HeatLayer(() => this.state.colours);
    this.radial = new RadialMenu(map, (action, at) => this.act(action, at));
    this.drawings = new Drawings(map, () => this.state.colours);
    this.tool = null;
    this.listen();
    channel.start();
  }

  listen() {
    const { map, channel } = this;
    channel.state_changed.connect((text) => this.setState(JSON.parse(text)));
    channel.revision_ready.connect((layer, rev) => this.live.load(layer, rev));
    channel.marks_changed.connect((text) => this.setMarks(JSON.parse(text)));
    channel.view_wanted.connect((lat, lon, zoom) => map.setView([lat, lon], zoom || map.getZoom()));
    channel.home_wanted.connect(() => this.home());
    channel.hint_ready.connect((text) => this.panel.showHint(
      this.hover || this.over ? text : "", this.pointer));
    channel.ground_told.connect((text) => {
      this.ground.told(JSON.parse(text));
      if (this.state) this.panel.buildBox();
    });
    channel.age_told.connect((text) => this.panel.setAge(JSON.parse(text)));
    channel.note_wanted.connect((text) => this.panel.showNote(text));
    channel.search_found.connect((text) => {
      const found = JSON.parse(text);
      if (found.heading) this.search.show(found.heading, found.hits, "");
      else this.search.found(found.text, found.hits);
    });
    channel.trails_told.connect((text) => this.drawings.showTrails(JSON.parse(text)));
    channel.heat_told.connect((text) => this.heat.setPlaces(JSON.parse(text)));
    channel.views_told.connect((text) => this.panel.setViews(JSON.parse(text)));
    channel.pin_wanted.connect((lat, lon, text) => this.drawings.pin(L.latLng(lat, lon), text));
    channel.way_found.connect((text) => this.drawings.way(JSON.parse(text)));
    map.on("click", (event) => {
      if (this.clicked(event.latlng)) return;
      map.getContainer().focus({ preventScroll: true });
      this.panel.showCross(false);
      this.clickedAt = event.latlng;
      this.keeps = event.originalEvent.shiftKey;
      this.live.pick(event.containerPoint, "click", PICK_RADIUS_PX);
    });
    map.on("contextmenu", (event) => {
      this.overPlace(null);
      this.radial.open(event.latlng);
    });
    map.on("mousemove", (event) => this.pointed(event.containerPoint));
    map.on("mouseout movestart", () => { this.overPlace(null); this.setHover(null); });
    map.on("moveend", () => this.moved());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** Do what the menu at a place was asked for; tools of several places stay in the page. */
  act(action, at) {
    this.endTool();
    if (action === "measure") {
      this.use(new MeasureTool(this.map, () => this.state.colours), this.state.words.measure_how, at);
    } else if (action === "area") {
      this.use(new DrawTool(this.map, () => this.state.colours, (outline) => {
        this.endTool();
        this.areas.ask(outline);
      }), this.state.words.area_how, at);
    } else if (action === "route") {
      this.routeFrom = at;
      this.drawings.pin(at, "");
      this.panel.showNote(this.state.words.route_how);
    } else {
      this.drawings.pin(at, "");
      this.channel.act(action, at.lat, at.lng);
    }
  }

  /** Give a click to the menu or the tool in use; returns whether it was theirs. */
  clicked(at) {
    if (this.radial.isOpen) this.radial.close();
    else if (this.tool !== null) this.tool.add(at);
    else if (this.routeFrom) {
      const from = this.routeFrom;
      this.routeFrom = null;
      this.panel.showNote("");
      this.channel.route(from.lat, from.lng, at.lat, at.lng);
    } else return false;
    return true;
  }

  /** Give the next clicks to a tool, and say how it is used. */
  use(tool, how, at = null) {
    this.endTool();
    this.tool = tool;
    if (at) tool.add(at);
    this.panel.showNote(how);
    this.map.getContainer().focus({ preventScroll: true });
  }

  showHeat(on) {
    this.heat.remove();
    if (!on) return;
    this.heat.addTo(this.map);
    this.channel.ask_heat();
  }

  goTo(view) {
    // A view saved before there was a layer does not show it.
    const later = HIDDEN_FIRST.filter((layer) => !["off_duty", "heat", ...(view.known ?? [])].includes(layer)
      && !view.hidden.includes(layer));
    this.hidden.splice(0, this.hidden.length, ...view.hidden, ...later);
    this.live.setHidden(this.hidden);
    this.ground.redraw();
    this.areas.toggle(this.hidden.includes("areas"));
    this.showHeat(!this.hidden.includes("heat"));
    this.setGroups(view.groups);
    this.map.setView([view.lat, view.lon], view.zoom);
  }

  replay() {
    this.channel.replay(0, this.timebar.root.hidden ? 1 : 0);
  }

  endTool() {
    this.tool?.end();
    this.tool = null;
    if (this.routeFrom || this.panel.note.textContent) this.panel.showNote("");
    this.routeFrom = null;
  }

  setState(state) {
    this.state = state;
    document.documentElement.lang = state.lang;
    document.documentElement.dataset.theme = state.theme;
    for (const [name, colour] of Object.entries(state.colours)) {
      document.documentElement.style.setProperty(`--${name.replaceAll("_", "-")}`, colour);
    }
    this.setBasemap(state);
    this.live.setStyle({ sprites: state.sprites, colours: state.colours, font: state.font });
    this.live.setHidden(this.hidden);
    this.ground.setStyle(state);
    this.areas.show(this.areas.areas);
    this.search.setWords(state.words);
    this.radial.setWords(state.words);
    this.timebar.setWords(state.words);
    this.panel.setState(state, this.hidden);
  }

  setBasemap(state) {
    const key = `${state.theme}/${state.lang}/${state.basemap}`;
    if (key === this.basemapKey) return;
    this.basemapKey = key;
    this.basemap?.remove();
    const scale = Math.min(2, Math.max(1, Math.ceil(window.devicePixelRatio || 1)));
    const options = {
      minZoom: 8,
      maxZoom: 18,
      attribution: state.attribution,
      keepBuffer: 1,
      updateWhenIdle: true,
    };
    const where = `tiles/${state.theme}/${state.lang}/{z}/{x}/{y}.png?scale=${scale}`;
    const layer = state.basemap ? new Basemap(where, options) : new Graticule(options);
    this.basemap = layer.addTo(this.map);
  }

  setMarks(marks) {
    this.live.setMarks(marks.rings, marks.near);
    this.showPosts(marks.posts);
    this.reach?.remove();
    this.reach = null;
    if (marks.reach.length === 0) return;
    const rings = marks.reach.map(({ s, outlines }) => L.polygon(outlines, {
      color: this.state.colours.en_route, weight: s > 300 ? 1 : 1.6, dashArray: "6 5",
      fillOpacity: 0.05, fillRule: "evenodd", interactive: false }));
    this.reach = L.featureGroup(rings).addTo(this.map);
  }

  /** Flags where big incidents are commanded from; drawn anew only when one differs. */
  showPosts(posts) {
    const told = JSON.stringify(posts);
    if (told === this.postsTold) return;
    this.postsTold = told;
    this.posts?.remove();
    const flags = posts.map(({ lat, lon, text }) => {
      const words = document.createElement("span");
      words.className = "post-words";
      words.textContent = text;
      const icon = L.divIcon({ className: "post", html: words, iconSize: [0, 0] });
      return L.marker([lat, lon], { icon, interactive: false, keyboard: false });
    });
    this.posts = L.featureGroup(flags).addTo(this.map);
  }

  home() {
    const { bounds } = this.state;
    if (bounds) this.map.fitBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]]);
  }

  toggle(group) {
    const at = this.hidden.indexOf(group);
    if (at < 0) this.hidden.push(group);
    else this.hidden.splice(at, 1);
    this.live.setHidden(this.hidden);
    this.ground.redraw();
    if (group === "areas") this.areas.toggle(at < 0);
    if (group === "heat") this.showHeat(at >= 0);
    this.panel.buildBox();
  }

  loaded({ layer, timeMs }) {
    if (layer === "units") this.panel.setTime(timeMs);
  }

  drawn(stats) {
    this.stats = stats;
    this.panel.setCounts(stats.counts);
    const key = Object.values(stats.counts).join();
    if (key !== this.toldCounts || stats.at - this.toldAt > TELL_MS) this.tellDrawn(key);
    else this.tellSoon ??= window.setTimeout(() => this.tellDrawn(key), TELL_MS);
  }

  tellDrawn(key) {
    window.clearTimeout(this.tellSoon);
    this.tellSoon = null;
    this.toldCounts = key;
    this.toldAt = this.stats.at;
    this.channel.drawn(JSON.stringify(this.stats));
  }

  pointed(point) {
    this.pointer = point;
    if (this.asking) return;
    this.asking = true;
    window.requestAnimationFrame(() => {
      this.asking = false;
      this.live.pick(this.pointer, "hover", PICK_RADIUS_PX - 4);
    });
  }

  picked(why, hit) {
    if (hit?.group) {
      this.pickedGroup(why, hit);
      return;
    }
    if (why === "hover") {
      this.setHover(hit);
      this.overPlace(hit === null ? this.pointer : null);
    } else if (hit !== null && why === "click" && this.keeps && hit.layer === "units") {
      this.channel.keep_trail(hit.layer, hit.index, hit.rev);
    } else if (hit !== null) this.channel.pick(hit.layer, hit.index, hit.rev);
    else if (why === "click") {
      this.channel.pick("", 0, 0);
      this.ground.pick(this.clickedAt);
    }
  }

  /** A group says how many it holds and what is worst among them; a click goes nearer. */
  pickedGroup(why, { layer, group }) {
    if (why === "hover") {
      this.overPlace(null);
      this.setHover(null);
      const { words } = this.state;
      const word = words[this.state.sprites[layer][group.sprite].word];
      this.panel.showHint(words.group.replace("{n}", group.n).replace("{worst}", word), this.pointer);
      return;
    }
    const at = this.live.containerPoint(group.x, group.y);
    this.map.setView(this.map.containerPointToLatLng(at), Math.min(18, this.map.getZoom() + 2));
  }

  setGroups(on) {
    this.groups = on;
    this.live.setGroups(on);
    this.panel.buildBox();
  }

  setHover(hit) {
    const same = hit !== null && this.hover !== null
      && hit.layer === this.hover.layer && hit.index === this.hover.index;
    if (same || hit === this.hover) return;
    this.hover = hit;
    this.map.getContainer().classList.toggle("over", hit !== null);
    if (hit === null) this.panel.showHint("", this.pointer);
    else this.channel.hover(hit.layer, hit.index, hit.rev);
  }

  /** The pointer is over nothing but ground, at a point of the container; null ends that. */
  overPlace(point) {
    if (this.over) this.panel.showHint("", this.pointer);
    this.over = point !== null;
    this.ground.hover(point === null ? null : this.map.containerPointToLatLng(point));
  }

  moved() {
    const bounds = this.map.getBounds();
    const centre = this.map.getCenter();
    this.channel.moved(JSON.stringify({
      lat: centre.lat,
      lon: centre.lng,
      zoom: this.map.getZoom(),
      bounds: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()],
    }));
  }

  /** Every action has a key; those with Ctrl or Alt are left to the console. */
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const acts = pageKeys(this);
    const own = this.radial.isOpen && this.radial.key(event.key);
    const act = own ? () => {} : acts[event.key.toLowerCase()];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  escape() {
    this.areas.closeForm();
    if (this.radial.isOpen) {
      this.radial.close();
      this.map.getContainer().focus({ preventScroll: true });
      return;
    }
    this.endTool();
    this.drawings.clear();
    this.panel.toggleBox(false);
    this.panel.showCross(false);
    this.setHover(null);
    this.channel.escape();
  }
}

/** Start the page on the map that folium made. */
function startMapPage(map) {
  new QWebChannel(window.qt.webChannelTransport, (channel) => {
    window.mapPage = new MapPage(map, channel.objects.map);
  });
}
