// Outlines, from steps of whole units to latitudes and longitudes.
const UNIT = 1e-5;

function places(steps) {
  const found = [];
  let x = 0;
  let y = 0;
  for (let n = 0; n < steps.length; n += 2) {
    x += steps[n];
    y += steps[n + 1];
    found.push([y * UNIT, x * UNIT]);
  }
  return found;
}

// An area that is still seen where it is smaller than a pixel of the screen: Leaflet rounds its
// corners to whole pixels, and would draw nothing of those that become one point.
const Area = L.Polygon.extend({
  _update() {
    if (!this._map) return;
    this._clipPoints();
    this._simplifyPoints();
    this._parts = this._parts.map((part) => {
      const [{ x, y }] = part.length ? part : [{ x: 0, y: 0 }];
      const same = part.length && part.every((one) => one.x === x && one.y === y);
      return same ? [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]].map((one) => L.point(one)) : part;
    });
    this._updatePath();
  },

  // With a `casing`, a wider line beneath the outline makes it stand out on any ground.
  _updatePath() {
    const { casing, color, weight, fill } = this.options;
    if (casing) {
      Object.assign(this.options, { color: casing, weight: weight + this.options.wider, fill: false });
      this._renderer._updatePoly(this, true);
      Object.assign(this.options, { color, weight, fill });
    }
    this._renderer._updatePoly(this, true);
  },
});

// A Leaflet layer of a packed shape; null for none.
function shapeOf(packed, options) {
  if (!packed || packed.length === 0) return null;
  const [kind, parts] = packed;
  if (kind === 'p') return new Area(parts.map((rings) => rings.map(places)), options);
  if (kind === 'l') return L.polyline(parts.map(places), { ...options, fill: false });
  const marks = parts.map((steps) => L.circleMarker(places(steps)[0], { ...options, radius: 4 }));
  return L.featureGroup(marks);
}
