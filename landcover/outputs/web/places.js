// Zones, sites, disturbances and context on the map: one canvas, drawn from the largest up.
const INK = {
  region: { color: '#333333', weight: 1.5, dashArray: '7 5' },
  reserve: { color: '#0b6b2e', weight: 3 },
  outside: { color: '#0b6b2e', weight: 1.4, dashArray: '3 4' },
  unit: { color: '#4b2e83', weight: 1.8 },
  control: { color: '#555555', weight: 1.2, dashArray: '2 4' },
  site: { color: '#7a4a00', weight: 1.5 },
  ring: { color: '#7a4a00', weight: 1.1, dashArray: '2 3' },
  patch: { color: '#18c8f0', weight: 2 },
  dot: { color: '#ffd400', weight: 2.5, hollow: true },
  river: { color: '#2166ac', weight: 1.5 },
  road: { color: '#6b4423', weight: 1.7 },
  border: { color: '#555555', weight: 1.2, dashArray: '8 3 2 3' },
  place: { color: '#111111', weight: 1, fillColor: '#ffffff', fillOpacity: 1 },
  other: { color: '#555555', weight: 1.3 },
};
const CASING = { dot: '#1c1c1c', outside: '#ffffff', patch: '#00303c', region: '#ffffff', reserve: '#ffffff', unit: '#ffffff' };
const MOST_CASED = 3000;
const MOST_EDGED = 300;

// A pop-up fits into the map, and leaves the buttons in its lower corner free.
const popupSize = (map) => ({
  maxWidth: Math.min(330, map.getSize().x - 50), minWidth: 220, maxHeight: map.getSize().y - 150,
  autoPanPaddingTopLeft: [12, 12], autoPanPaddingBottomRight: [12, 95],
});

// A site: a ring with dark edges, and nothing within, so that what lies there is seen.
const Mark = L.CircleMarker.extend({
  _updatePath() {
    const { color, weight } = this.options;
    Object.assign(this.options, { color: CASING.dot, weight: weight + this.options.wider });
    this._renderer._updateCircle(this);
    Object.assign(this.options, { color, weight });
    this._renderer._updateCircle(this);
  },
});

class Places {
  constructor(map) {
    this.map = map;
    this.renderer = L.canvas({ padding: 0.4, tolerance: 5 });
    this.groups = new Map();
    this.context();
    this.zoneLayers = this.zones();
    this.patchLayers = this.patches();
    this.siteLayers = this.sites();
    this.around = L.layerGroup().addTo(map);
    map.on('popupclose', () => this.around.clearLayers());
    map.on('zoomend', () => this.dots());
    this.dots();
  }

  group(key, name, ink, shown) {
    if (!this.groups.has(key)) {
      this.groups.set(key, { name, ink, shown, layer: L.layerGroup() });
    }
    return this.groups.get(key);
  }

  options(ink, fill = 0) {
    const inner = { fill: true, fillOpacity: fill, interactive: true };
    return { ...inner, ...INK[ink], renderer: this.renderer };
  }

  // A wider line to lie beneath an outline, so that it stands out on any ground.
  casing(packed, ink) {
    if (!CASING[ink]) return null;
    const beneath = { ...INK[ink], color: CASING[ink], dashArray: null, opacity: 0.8, weight: INK[ink].weight + 2 };
    return shapeOf(packed, { ...beneath, fill: false, interactive: false, renderer: this.renderer });
  }

  context() {
    data.context.layers.forEach(({ kind, shape }) => {
      const group = this.group(kind, say(`context_${kind}`), kind, true);
      shape.forEach((one) => {
        const layer = shapeOf(one, { ...this.options(kind), interactive: false });
        if (layer) group.layer.addLayer(layer);
      });
    });
  }

  zones() {
    if (data.zones.id.length <= MOST_CASED) {
      data.zones.shape.forEach((one, n) => {
        const beneath = this.casing(one, data.zones.kind[n]);
        if (beneath) this.group('zones', say('zones'), 'reserve', true).layer.addLayer(beneath);
      });
    }
    return data.zones.id.map((_, n) => {
      const kind = data.zones.kind[n];
      const ring = kind === 'ring';
      const layer = shapeOf(data.zones.shape[n], this.options(INK[kind] ? kind : 'other'));
      if (!layer) return null;
      const [key, name] = ring ? ['rings', say('rings')] : ['zones', say('zones')];
      this.group(key, name, ring ? 'ring' : 'reserve', !ring).layer.addLayer(layer);
      return layer.bindPopup(() => zonePopup(n), popupSize(this.map));
    });
  }

  patches() {
    if (!data.patches || !data.patches.shape.length) return [];
    const name = say(this.crowded() ? 'patches_by_date' : 'patches');
    const group = this.group('patches', name, 'patch', true);
    return data.patches.shape.map((one, n) => {
      const layer = shapeOf(one, { ...this.options('patch', 0.12), casing: CASING.patch, wider: 2 });
      if (!layer) return null;
      group.layer.addLayer(layer);
      return layer.bindPopup(() => patchPopup(n), popupSize(this.map));
    });
  }

  // Whether disturbances are so many that from afar their edges hide all colours.
  crowded() { return data.patches.shape.length > MOST_EDGED && Boolean(data.patches.tints); }

  // From afar, many disturbances are drawn in the colour of their date, not of their edges.
  edges(near) {
    const afar = near < 5 && this.patchLayers.length > 0 && this.crowded();
    if (afar === this.afar) return;
    this.afar = afar;
    const { tints, tint } = data.patches || {};
    this.patchLayers.forEach((layer, n) => {
      const dark = tint && tint[n] < tints.length / 2;
      const far = () => ({ color: tints[tint[n]], casing: dark ? '#ffffff' : CASING.patch, weight: 1, wider: 1 });
      const close = { color: INK.patch.color, casing: CASING.patch, weight: INK.patch.weight, wider: 2 };
      if (layer) layer.setStyle(afar ? far() : close);
    });
    this.map.fire('tinted');
  }

  // The layer whose colours disturbances are drawn in; null where they are not.
  dated() {
    const group = this.groups.get('patches');
    return group && group.shown && this.afar ? overlayOf(data.patches.tintedBy) : null;
  }

  // Marks grow as one comes near; many are drawn small, until they no longer hide each other.
  dots() {
    const near = this.map.getZoom() - this.map.getMinZoom();
    const radius = this.siteLayers.length <= 200 ? Math.min(11, 4 + near) : Math.min(11, Math.max(1.5, near - 1));
    this.edges(near);
    if (radius === this.radius) return;
    this.radius = radius;
    const ink = radius < 5 ? { weight: 1, wider: 1 } : { weight: INK.dot.weight, wider: 2 };
    this.siteLayers.forEach((layer) => layer && layer.setStyle(ink).setRadius(radius));
  }

  sites() {
    if (!data.sites.id.length) return [];
    const group = this.group('sites', say('sites'), 'dot', true);
    return data.sites.at.map((at, n) => {
      if (!at) return null;
      const layer = new Mark(places(at)[0], { ...this.options('dot'), fill: false, radius: 6, wider: 2 });
      group.layer.addLayer(layer);
      return layer.bindPopup(() => this.tell(n), popupSize(this.map));
    });
  }

  // What is told of a site; its rings are drawn as long as it is.
  tell(n) {
    this.around.clearLayers();
    data.sites.zones[n].forEach((zone) => {
      const ring = shapeOf(data.zones.shape[zone], { ...this.options('ring'), fill: false, weight: 2, interactive: false });
      if (ring) this.around.addLayer(ring);
    });
    return sitePopup(n);
  }

  // Draws what is switched on, in the order of the groups.
  arrange() {
    this.groups.forEach(({ layer }) => layer.remove());
    this.groups.forEach(({ layer, shown }) => { if (shown) layer.addTo(this.map); });
  }

  // Leaves those of a group that pass.
  keep(key, layers, passes) {
    const group = this.groups.get(key);
    if (!group) return 0;
    let count = 0;
    group.layer.clearLayers();
    layers.forEach((layer, n) => {
      if (!passes(n)) return;
      count += 1;
      if (layer) group.layer.addLayer(layer);
    });
    return count;
  }
}

// Lines of longitude and latitude, about five across, with their degrees.
function graticule(map, group) {
  group.clearLayers();
  const bounds = map.getBounds();
  const [west, east] = [bounds.getWest(), bounds.getEast()];
  const [south, north] = [bounds.getSouth(), bounds.getNorth()];
  const rough = (east - west) / 5;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * ten).find((one) => one >= rough);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const line = { color: '#4a555a', weight: 0.8, opacity: 0.6, interactive: false };
  const label = (at, value, letters) => {
    const text = `${number(Math.abs(value), digits)}° ${letters[value < 0 ? 1 : 0]}`;
    group.addLayer(labelAt(at, text, 'label degree'));
  };
  const letters = data.language === 'fr' ? ['NS', 'EO'] : ['NS', 'EW'];
  for (let n = Math.ceil(west / step); n * step < east; n += 1) {
    group.addLayer(L.polyline([[south, n * step], [north, n * step]], line));
    label(map.containerPointToLatLng([map.latLngToContainerPoint([north, n * step]).x, 12]), n * step, letters[1]);
  }
  for (let n = Math.ceil(south / step); n * step < north; n += 1) {
    group.addLayer(L.polyline([[n * step, west], [n * step, east]], line));
    label(map.containerPointToLatLng([0, map.latLngToContainerPoint([n * step, west]).y]), n * step, letters[0]);
  }
}

function labelAt(at, text, style = 'label', away = 9) {
  const icon = L.divIcon({ className: style, html: named(text), iconAnchor: [-away, 7] });
  return L.marker(at, { icon, interactive: false, keyboard: false });
}

// Names of what is in view, the first first; one that would lie over another, or over another's
// mark, is left out. `away` is how far beside its place a name begins (px).
function nameInView(map, group, candidates) {
  group.clearLayers();
  const bounds = map.getBounds();
  const inView = candidates.filter(({ at }) => bounds.contains(at)).slice(0, 400);
  const taken = inView.map(({ at, away }) => {
    const { x, y } = map.latLngToContainerPoint(at);
    const half = away - 3;
    return { left: x - half, right: x + half, top: y - half, bottom: y + half };
  });
  let count = 0;
  for (const { at, text, away } of inView) {
    if (count >= 40) break;
    const { x, y } = map.latLngToContainerPoint(at);
    const box = { left: x + away - 1, right: x + away + 5 + Math.min(text.length, 28) * 7, top: y - 9, bottom: y + 9 };
    const free = taken.every((one) => box.left > one.right || box.right < one.left || box.top > one.bottom || box.bottom < one.top);
    if (!free) continue;
    taken.push(box);
    count += 1;
    group.addLayer(labelAt(at, text, 'label', away));
  }
}
