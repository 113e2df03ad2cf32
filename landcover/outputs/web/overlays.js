// The rasters: which is drawn at what time, how strongly, and left and right of a line.
const overlayOf = (id) => data.overlays.find((one) => one.id === id);

class Side {
  constructor(map, name) {
    this.map = map;
    this.name = name;
    this.pane = map.createPane(name);
    this.pane.style.zIndex = 250;
    this.pane.style.pointerEvents = 'none';
    this.id = '';
    this.step = 0;
    this.layer = null;
  }

  get overlay() { return overlayOf(this.id); }

  show(id, step) {
    this.id = id;
    const last = this.overlay ? this.overlay.steps.length - 1 : 0;
    this.step = Math.min(Math.max(step, 0), last);
    if (this.layer) this.layer.remove();
    this.layer = null;
    if (!this.overlay) return;
    const { src, bounds: [south, west, north, east] } = this.overlay.steps[this.step];
    const className = this.overlay.unjudged ? 'judged-ground' : '';
    const options = { pane: this.name, className, alt: `${this.overlay.name} ${this.overlay.steps[this.step].step}` };
    this.layer = L.imageOverlay(src, [[south, west], [north, east]], options).addTo(this.map);
  }
}

// Cuts the two panes along a line, at `share` of the map's width; without one the left is whole.
function cut(map, left, right, share) {
  if (share === null) {
    left.pane.style.clipPath = '';
    return;
  }
  const size = map.getSize();
  const corner = map.containerPointToLayerPoint([0, 0]);
  const line = corner.x + share * size.x;
  const far = map.containerPointToLayerPoint(size);
  const box = (from, to) => {
    const corners = [[from, corner.y], [to, corner.y], [to, far.y], [from, far.y]];
    return `polygon(${corners.map(([x, y]) => `${x}px ${y}px`).join(',')})`;
  };
  left.pane.style.clipPath = box(corner.x, line);
  right.pane.style.clipPath = box(line, far.x);
}

// Whether a pixel of an overlay is larger than one of the screen: then its edges are kept sharp.
function sharpen(map, side) {
  if (!side.layer) return;
  const image = side.layer.getElement();
  const wide = map.latLngToLayerPoint(side.layer.getBounds().getNorthEast()).x
    - map.latLngToLayerPoint(side.layer.getBounds().getSouthWest()).x;
  const set = () => side.pane.classList.toggle('crisp', image.naturalWidth > 0 && wide > image.naturalWidth);
  if (image.complete) set();
  else image.addEventListener('load', set, { once: true });
}

function rampPicture(legend) {
  const gradient = draw('linearGradient', { id: `ramp${(rampPicture.made = (rampPicture.made || 0) + 1)}` });
  legend.stops.forEach(([at, tint]) => gradient.append(draw('stop', { offset: at, 'stop-color': tint })));
  const bar = draw('rect', { x: 12, y: 2, width: 276, height: 14, fill: `url(#${gradient.id})`, stroke: '#6d7a80' });
  const ticks = legend.ticks.flatMap(([at, text]) => {
    const x = 12 + 276 * at;
    return [
      draw('line', { class: 'axis', x1: x, x2: x, y1: 16, y2: 20 }),
      draw('text', { x, y: 31, 'text-anchor': at < 0.05 ? 'start' : at > 0.95 ? 'end' : 'middle' }, text),
    ];
  });
  return draw('svg', { viewBox: '0 0 300 34', 'aria-hidden': 'true' }, draw('defs', {}, gradient), bar, ...ticks);
}

function classList(legend) {
  const items = legend.classes.map(([tint, name]) => {
    const swatch = draw('rect', { width: 20, height: 14, fill: tint, stroke: '#333', 'stroke-width': 0.7 });
    return make('li', {}, draw('svg', { viewBox: '0 0 20 14', 'aria-hidden': 'true' }, swatch), name);
  });
  return make('ul', {}, ...items);
}

// Ground that was judged and has nothing, and ground that nobody could judge: not the same.
function judgedList(tint) {
  const box = { width: 20, height: 14, stroke: '#333', 'stroke-width': 0.7 };
  const slant = (x) => draw('line', { x1: x, y1: 14, x2: x + 14, y2: 0, stroke: tint, 'stroke-width': 2.2 });
  const veil = draw('rect', { width: 20, height: 14, fill: tint, 'fill-opacity': 0.25 });
  const hatch = [veil, ...[-12, -5, 2, 9, 16].map(slant), draw('rect', { ...box, fill: 'none' })];
  const item = (parts, text) =>
    make('li', {}, draw('svg', { viewBox: '0 0 20 14', 'aria-hidden': 'true' }, ...parts), text);
  return make('ul', { class: 'judged' },
    item(hatch, say('unjudged')), item([draw('rect', { ...box, fill: '#e9ecef' })], say('judged_nothing')));
}

function keyOf(overlay) {
  const { legend } = overlay;
  const unit = overlay.unit ? ` (${overlay.unit})` : '';
  const key = make('div', { class: 'key' }, make('h3', {}, overlay.name + unit));
  if (legend && legend.stops) {
    key.append(rampPicture(legend));
    key.append(make('span', { class: 'unseen' }, legend.ticks.map((one) => one[1]).join(', ')));
  }
  if (legend && legend.classes) key.append(classList(legend));
  if (overlay.unjudged) key.append(judgedList(overlay.unjudged));
  if (overlay.what) key.append(make('p', { class: 'small' }, overlay.what));
  if (overlay.coarse) key.append(make('p', { class: 'small' }, overlay.coarse));
  return key;
}
