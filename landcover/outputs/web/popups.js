// What a pop-up says of a zone, a site, a disturbance or a place.
const kindText = (kind) => (data.words[`kind_${kind}`] ? say(`kind_${kind}`) : kind);
const changeText = (word) => (data.words[`change_${word}`] ? say(`change_${word}`) : word);

function ringText(n) {
  const { from, to } = data.zones;
  return from[n] === null || to[n] === null ? '' : `${number(from[n], 0)}–${number(to[n], 0)} m`;
}

function zoneName(n) {
  const name = data.zones.name[n] || data.zones.id[n];
  return ringText(n) ? `${name}, ${ringText(n)}` : name;
}

function heading(title, kind, id) {
  const small = make('p', { class: 'small' }, `${kind} `, named(id));
  return [make('h2', {}, named(title)), small];
}

function pairs(rows) {
  const list = make('dl');
  rows.forEach(([label, value]) => list.append(make('dt', {}, label), make('dd', {}, value)));
  return list;
}

function zoneFigures(n) {
  const row = `zone_id=${data.zones.id[n]}`;
  const rows = data.figures
    .filter((one) => one.values[n] !== null)
    .map((one) => [
      say(`figure_${one.table}_${one.column}`, { index: data.series ? data.series.index : 'NDVI' }),
      figure(one.values[n], one.digits, one.table, row, one.column),
    ]);
  return rows.length ? pairs(rows) : make('p', {}, say('pop_nothing'));
}

function disturbedChart(n) {
  const told = data.years;
  if (!told || told.disturbed[n].every((one) => one === null)) return [];
  const [first, last] = data.monitored || ['', ''];
  return [
    make('h3', {}, say('chart_disturbed')),
    barChart(told.years, told.disturbed[n], told.unseen[n], `zone_id=${data.zones.id[n]}`),
    make('p', { class: 'small' }, `${say('chart_not_seen')} ${say('monitored', { first, last })}`),
  ];
}

function seriesChart(n) {
  const told = data.series;
  if (!told || !told.values[n]) return [];
  const chart = dotChart(told.dates, told.values[n], told.index);
  return chart ? [make('h3', {}, say('chart_series', { index: told.index })), chart] : [];
}

function zonePopup(n) {
  const title = heading(zoneName(n), kindText(data.zones.kind[n]), data.zones.id[n]);
  return make('div', {}, ...title, zoneFigures(n), ...disturbedChart(n), ...seriesChart(n));
}

// Around a site: a row a ring, its area and what was disturbed each year.
function ringTable(zones) {
  const told = data.years;
  const heads = [say('ring_column'), say('total_column'), ...(told ? told.years : [])];
  const areas = data.figures.find((one) => one.table === 'zones' && one.column === 'area_ha');
  const body = zones.map((n) => {
    const row = `zone_id=${data.zones.id[n]}`;
    const cell = (value, table, where, column) =>
      make('td', { class: 'number' }, value === null || value === undefined ? '' : figure(value, 1, table, where, column));
    const area = cell(areas ? areas.values[n] : null, 'zones', row, 'area_ha');
    const cells = told
      ? told.years.map((year, m) =>
          cell(told.disturbed[n][m], 'disturbance_area', `${row};every=year;period=${year}`, 'disturbed_ha'))
      : [];
    return make('tr', {}, make('th', { scope: 'row' }, ringText(n) || kindText(data.zones.kind[n])), area, ...cells);
  });
  const head = make('tr', {}, ...heads.map((one) => make('th', { scope: 'col' }, one)));
  const table = make('table', {}, make('thead', {}, head), make('tbody', {}, ...body));
  const caption = told ? `${say('rings_title')} : ${say('chart_disturbed')}` : say('rings_title');
  const title = data.language === 'fr' ? caption : caption.replace(' :', ':');
  return [make('h3', {}, title), make('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title }, table)];
}

function chipsOf(id) {
  const cut = data.chips[id];
  if (!cut) return null;
  return make('div', { class: 'chips' }, ...cut.map(([overlay, step, src]) => {
    const name = data.overlays.find((one) => one.id === overlay).name;
    const text = say('pop_chip', { name, step }).replace(', ,', ',');
    return make('figure', {}, make('img', { src, alt: text }), make('figcaption', {}, text));
  }));
}

function sitePopup(n) {
  const { sites } = data;
  const label = (name) => (name.toLowerCase().startsWith('mineral') ? say('column_mineral') : named(name));
  const kept = sites.kept.filter((one) => one.values[n]).map((one) => [label(one.name), named(one.values[n])]);
  const held = sites.regions[n].map((zone) => [kindText('region'), named(data.zones.name[zone])]);
  // where positions are kept back, one point in the middle of a square stands for its sites
  const square = /^square-\d+$/.test(sites.id[n]) && !sites.zones[n].length;
  const title = heading(sites.name[n] || sites.id[n], kindText(square ? 'square' : 'site'), square ? '' : sites.id[n]);
  const rings = sites.zones[n];
  const nearest = rings.length ? seriesChart(rings[0]) : [];
  return make('div', {}, ...title, pairs([...kept, ...held]), ...(rings.length ? ringTable(rings) : []), ...nearest, chipsOf(sites.id[n]));
}

function patchPopup(n) {
  const { patches } = data;
  const row = `patch_id=${patches.patch_id[n]}`;
  const rows = [
    [say('pop_dates'), say('pop_to', { first: patches.first[n], last: patches.last[n] })],
    [say('pop_area'), make('span', {}, figure(patches.area_ha[n], 2, 'patches', row, 'area_ha'), ' ha')],
  ];
  if (patches.drop[n] !== null) {
    const index = patches.index[n].toUpperCase();
    rows.push([say('pop_drop', { index }), figure(patches.drop[n], 2, 'patches', row, 'drop')]);
  }
  if (patches.kind[n]) rows.push([say('pop_kind'), changeText(patches.kind[n])]);
  if (patches.confidence[n]) rows.push([say('pop_confidence'), changeText(patches.confidence[n])]);
  if (patches.nearest_site_id[n] && patches.distance_m[n] !== null) {
    const name = patches.nearest_site_name[n] || patches.nearest_site_id[n];
    rows.push([say('pop_near'), named(say('pop_near_at', { name, distance: number(patches.distance_m[n], 0) }))]);
  }
  if (patches.zones[n].length) {
    const zones = patches.zones[n].filter((zone) => data.zones.kind[zone] !== 'ring').map(zoneName);
    if (zones.length) rows.push([say('pop_in'), named(zones.join('; '))]);
  }
  const title = heading(kindText('patch'), '', patches.patch_id[n]);
  return make('div', {}, ...title, pairs(rows));
}
