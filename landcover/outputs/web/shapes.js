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

// A Leaflet layer of a packed shape; null for none.
function shapeOf(packed, options) {
  if (!packed || packed.length === 0) return null;
  const [kind, parts] = packed;
  if (kind === 'p') return L.polygon(parts.map((rings) => rings.map(places)), options);
  if (kind === 'l') return L.polyline(parts.map(places), { ...options, fill: false });
  const marks = parts.map((steps) => L.circleMarker(places(steps)[0], { ...options, radius: 4 }));
  return L.featureGroup(marks);
}
