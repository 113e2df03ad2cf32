// The controls beside the map: layers and times, comparing, the legend, what else is drawn.
function fillLayers(select, empty) {
  const groups = new Map();
  if (empty) select.append(make('option', { value: '' }, say('no_layer')));
  data.overlays.forEach(({ id, group, name }) => {
    if (!groups.has(group)) {
      groups.set(group, make('optgroup', { label: group }));
      select.append(groups.get(group));
    }
    groups.get(group).append(make('option', { value: id }, name));
  });
}

class Panel {
  constructor(map, left, right) {
    this.map = map;
    this.sides = { left, right };
    this.share = 0.5;
    this.comparing = false;
    for (const name of ['left', 'right']) this.bindSide(name);
    byId('compare').addEventListener('change', (event) => this.compare(event.target.checked));
    byId('opacity').addEventListener('input', () => this.fade());
    this.bindDivider();
    map.on('move resize zoomend', () => this.cut());
    map.on('zoomend', () => this.sharpen());
  }

  bindSide(name) {
    const [layer, step] = [byId(`${name}-layer`), byId(`${name}-step`)];
    fillLayers(layer, true);
    layer.addEventListener('change', () => {
      const overlay = overlayOf(layer.value);
      this.show(name, layer.value, overlay ? overlay.steps.length - 1 : 0);
    });
    step.addEventListener('input', () => this.show(name, layer.value, Number(step.value)));
  }

  show(name, id, step) {
    const side = this.sides[name];
    side.show(id, step);
    byId(`${name}-layer`).value = id;
    const steps = side.overlay ? side.overlay.steps : [];
    byId(`${name}-time`).hidden = steps.length < 2;
    const slider = byId(`${name}-step`);
    slider.max = Math.max(steps.length - 1, 0);
    slider.value = side.step;
    const said = steps.length ? steps[side.step].step : '';
    byId(`${name}-said`).textContent = said;
    slider.setAttribute('aria-valuetext', said);
    this.fade();
    this.sharpen();
    this.legend();
    this.tag();
  }

  // What is compared at first: the last look before the watch and the last of all, in pictures or
  // an index; without such, what is drawn and the layer after it.
  compare(on) {
    const { left, right } = this.sides;
    this.comparing = on;
    byId('right').hidden = !on;
    byId('divider').hidden = !on;
    byId('left-title').textContent = say(on ? 'left' : 'layer');
    if (on) {
      this.before = [left.id, left.step];
      const pair = overlayOf(data.compared);
      if (pair) {
        this.show('left', pair.id, pair.before);
        this.show('right', pair.id, pair.steps.length - 1);
      } else {
        const other = data.overlays.find((one) => one.id !== left.id) || data.overlays[0];
        this.show('right', other ? other.id : '', Infinity);
      }
    } else {
      this.show('right', '', 0);
      this.show('left', ...this.before);
    }
    this.tag();
    this.cut();
  }

  bindDivider() {
    const divider = byId('divider');
    const move = (share) => {
      this.share = Math.min(Math.max(share, 0), 1);
      divider.setAttribute('aria-valuenow', Math.round(this.share * 100));
      divider.style.left = `${this.share * 100}%`;
      this.cut();
    };
    L.DomEvent.disableClickPropagation(divider);
    divider.addEventListener('pointerdown', (event) => {
      divider.setPointerCapture(event.pointerId);
      divider.focus();
      event.preventDefault();
    });
    divider.addEventListener('pointermove', (event) => {
      if (!divider.hasPointerCapture(event.pointerId)) return;
      const box = byId('stage').getBoundingClientRect();
      move((event.clientX - box.left) / box.width);
    });
    divider.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
      if (step === undefined) return;
      move(this.share + step);
      event.preventDefault();
    });
  }

  // What lies left and right of the line, written on the map itself.
  tag() {
    const { left, right } = this.sides;
    const same = left.id === right.id;
    for (const side of [left, right]) {
      const step = side.overlay && side.overlay.steps[side.step].step;
      const said = side.overlay ? [same && step ? '' : side.overlay.name, step].filter(Boolean).join(', ') : '';
      byId(`${side.name}-tag`).textContent = said;
      byId(`${side.name}-tag`).hidden = !this.comparing || !said;
    }
  }

  cut() { cut(this.map, this.sides.left, this.sides.right, this.comparing ? this.share : null); }

  fade() {
    const opacity = Number(byId('opacity').value) / 100;
    Object.values(this.sides).forEach(({ layer }) => layer && layer.setOpacity(opacity));
  }

  sharpen() { Object.values(this.sides).forEach((side) => sharpen(this.map, side)); }

  legend() {
    const shown = Object.values(this.sides).map((side) => side.overlay).filter(Boolean);
    const keys = [...new Set(shown)].map(keyOf);
    const dates = this.places && this.places.dated();
    if (dates && !shown.includes(dates)) keys.push(make('div', { class: 'key' }, make('h3', {}, dates.name), classList(dates.legend)));
    // classes say themselves where nothing is drawn; of ground that was left out, all must be told
    const mute = (one) => !one.unjudged && (data.keptBack || !(one.legend && one.legend.classes));
    if (shown.some(mute)) keys.push(make('p', { class: 'small' }, say('nothing_drawn')));
    byId('legends').replaceChildren(...keys);
  }
}

function swatch(ink) {
  const { color, weight, dashArray, fillColor, hollow } = INK[ink];
  const line = { stroke: color, 'stroke-width': weight, 'stroke-dasharray': dashArray || 'none' };
  const circle = (more) => draw('circle', { ...line, cx: 12, cy: 8, r: 5, fill: fillColor || 'none', ...more });
  const shapes = hollow
    ? [circle({ stroke: CASING[ink], 'stroke-width': weight + 2 }), circle({})]
    : [fillColor ? circle({}) : draw('rect', { ...line, x: 2, y: 2, width: 20, height: 12, fill: 'none' })];
  return draw('svg', { width: 24, height: 16, 'aria-hidden': 'true' }, ...shapes);
}

function setSymbols(shown, lines) {
  const box = byId('symbols');
  const add = (key, name, ink, checked, change) => {
    const input = make('input', { type: 'checkbox', id: `show-${key}` });
    input.checked = checked;
    input.addEventListener('change', () => change(input.checked));
    box.append(make('label', { class: 'check' }, input, ink ? swatch(ink) : null, name));
  };
  const order = ['sites', 'patches', 'zones', 'rings', 'place', 'road', 'river', 'border', 'other'];
  order.filter((key) => shown.groups.has(key)).forEach((key) => {
    const group = shown.groups.get(key);
    add(key, group.name, group.ink, group.shown, (on) => {
      group.shown = on;
      shown.arrange();
      shown.map.fire('filtered');
    });
  });
  add('graticule', say('graticule'), null, lines.shown, (on) => lines.set(on));
}

function setNotes() {
  const notes = [];
  const add = (key, values) => notes.push(make('p', { class: 'small' }, say(key, values)));
  if (!data.context.layers.length) add('no_context');
  data.context.leftOut.forEach((name) => add('context_left_out', { name }));
  data.overlaysLeftOut.forEach((text) => notes.push(make('p', { class: 'small' }, text)));
  if (data.series && data.series.leftOut) add('series_left_out', { count: number(data.series.leftOut, 0) });
  if (data.zones.ringsLeftOut) add('rings_left_out', { count: number(data.zones.ringsLeftOut, 0) });
  if (data.patches && data.patches.squares) add('squares', { count: number(data.patches.squares, 0) });
  byId('notes').replaceChildren(...notes);
}
