// Finding a place by its name: sites, zones, places of the context, disturbances by number.
const MOST_FOUND = 12;

function entries(shown, go) {
  const found = [];
  const add = (kind, name, id, open) => {
    if (name || id) found.push({ kind, name: name || id, text: folded(`${name} ${id}`), open });
  };
  data.sites.id.forEach((id, n) => add('site', data.sites.name[n], id, () => go(shown.siteLayers[n], () => shown.tell(n))));
  data.zones.id.forEach((id, n) => {
    if (data.zones.kind[n] !== 'ring') add(data.zones.kind[n], zoneName(n), id, () => go(shown.zoneLayers[n], () => zonePopup(n)));
  });
  data.context.layers.forEach(({ label, shape }) => label.forEach((text, n) => {
    if (text && shape[n].length) add('place', text, '', () => go(shapeOf(shape[n], {}), () => make('h2', {}, named(text))));
  }));
  if (data.patches) {
    data.patches.patch_id.forEach((id, n) => add('patch', '', id, () => go(shown.patchLayers[n], () => patchPopup(n))));
  }
  return found;
}

function setSearch(shown, go) {
  const all = entries(shown, go);
  const [query, list, said] = [byId('query'), byId('found'), byId('found-said')];
  const show = () => {
    const wanted = folded(query.value.trim());
    const hits = wanted ? all.filter((one) => one.text.includes(wanted)) : [];
    hits.sort((a, b) => b.text.startsWith(wanted) - a.text.startsWith(wanted));
    list.replaceChildren(...hits.slice(0, MOST_FOUND).map((one) => {
      const kind = make('span', { class: 'small' }, kindText(one.kind));
      const button = make('button', { type: 'button' }, named(one.name), kind);
      button.addEventListener('click', one.open);
      return make('li', {}, button);
    }));
    if (wanted && !hits.length) said.textContent = say('search_none');
    else said.textContent = hits.length > MOST_FOUND ? say('search_more', { count: number(hits.length - MOST_FOUND, 0) }) : '';
    return hits;
  };
  query.addEventListener('input', show);
  query.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      const [first] = show();
      if (first) first.open();
    } else if (event.key === 'ArrowDown') {
      const button = list.querySelector('button');
      if (button) { button.focus(); event.preventDefault(); }
    }
  });
  list.addEventListener('keydown', (event) => {
    const item = event.target.closest('li');
    const next = { ArrowDown: item?.nextElementSibling, ArrowUp: item?.previousElementSibling }[event.key];
    if (next === undefined) return;
    (next?.firstElementChild ?? query).focus();
    event.preventDefault();
  });
}
