// Puts the page together.
function start() {
  byId('app').hidden = false;
  byId('figures').open = false;
  const [south, west, north, east] = data.bounds;
  const whole = L.latLngBounds([south, west], [north, east]);
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const map = L.map('map', {
    zoomSnap: 0.5, fadeAnimation: false, zoomAnimation: !still, zoomControl: false, attributionControl: false, maxBounds: whole.pad(1),
  });
  L.control.zoom({ zoomInTitle: say('zoom_in'), zoomOutTitle: say('zoom_out'), position: 'bottomright' }).addTo(map);
  wholeButton(map, whole).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 150 }).addTo(map);
  map.fitBounds(whole, { animate: false });
  map.setMinZoom(map.getZoom() - 2);
  map.setMaxZoom(Math.min(map.getZoom() + 8, 19));
  const panel = new Panel(map, new Side(map, 'left'), new Side(map, 'right'));
  panel.show('right', '', 0);
  panel.show('left', data.overlays[0] ? data.overlays[0].id : '', Infinity);
  const shown = new Places(map);
  panel.places = shown;
  map.on('filtered tinted', () => panel.legend());
  const lines = linesOn(map, !data.context.layers.length);
  setSymbols(shown, lines);
  setNotes();
  setNames(map, shown, setFilters(shown));
  setSearch(shown, (layer, text) => goTo(map, layer, text));
  map.on('popupopen', ({ popup }) => {
    popup.getElement().querySelector('.leaflet-popup-close-button')?.setAttribute('aria-label', say('close'));
  });
  return { map, panel, shown };
}

// A button that shows everything again.
function wholeButton(map, whole) {
  const control = L.control({ position: 'bottomright' });
  control.onAdd = () => {
    const button = make('a', { href: '#', role: 'button', title: say('whole'), 'aria-label': say('whole') }, '⤢');
    button.addEventListener('click', (event) => {
      event.preventDefault();
      map.closePopup();
      map.fitBounds(whole, { animate: false });
    });
    const box = make('div', { class: 'leaflet-bar', id: 'whole' }, button);
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  return control;
}

function linesOn(map, shown) {
  const group = L.layerGroup();
  const lines = {
    shown,
    set(on) {
      lines.shown = on;
      if (on) group.addTo(map);
      else group.remove();
      if (on) graticule(map, group);
    },
  };
  map.on('moveend', () => lines.shown && graticule(map, group));
  lines.set(shown);
  return lines;
}

function setNames(map, shown, passes) {
  const group = L.layerGroup().addTo(map);
  const labelled = data.context.layers.flatMap(({ kind, label, shape }) =>
    kind === 'place' ? label.map((text, n) => ({ key: 'place', text, shape: shape[n] })) : []);
  const around = labelled
    .filter(({ text, shape }) => text && shape.length)
    .map(({ text, shape }) => ({ text, at: shapeOf(shape, {}).getBounds().getCenter(), away: 9 }));
  const update = () => {
    const on = (key) => shown.groups.get(key)?.shown;
    const sites = on('sites')
      ? data.sites.at
        .map((at, n) => ({ at: at && L.latLng(places(at)[0]), text: data.sites.name[n] || data.sites.id[n], n, away: shown.radius + 4 }))
        .filter(({ at, n }) => at && passes(n))
      : [];
    nameInView(map, group, [...(on('place') ? around : []), ...(sites.length > 400 && map.getZoom() < map.getMinZoom() + 5 ? [] : sites)]);
  };
  map.on('moveend filtered', update);
  update();
}

// Goes to a place and opens what is told of it there; the pop-up takes the focus, and gives it
// back when Escape closes it.
function goTo(map, layer, text) {
  const at = layer ? (layer.getLatLng ? layer.getLatLng() : layer.getBounds().getCenter()) : map.getCenter();
  if (layer && layer.getBounds) map.fitBounds(layer.getBounds(), { maxZoom: map.getMinZoom() + 5, animate: false });
  else map.setView(at, Math.max(map.getZoom(), map.getMinZoom() + 3.5), { animate: false });
  const popup = L.popup(popupSize(map)).setLatLng(at).setContent(text()).openOn(map);
  const element = popup.getElement();
  element.tabIndex = -1;
  const before = document.activeElement;
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    map.closePopup(popup);
    before.focus();
  });
  element.focus();
}

const page = start();
