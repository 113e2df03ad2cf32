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
  const [first, last] = data.monitored || [];
  const watched = data.monitored ? ` ${say('monitored', { first, last })}` : '';
  return [
    make('h3', {}, say('chart_disturbed')),
    barChart(told.years, told.disturbed[n], told.unseen[n], `zone_id=${data.zones.id[n]}`),
    yearTable(n),
    make('p', { class: 'small' }, `${say('chart_not_seen')}${watched}`),
  ];
}

function seriesChart(n) {
  const told = data.series;
  if (told && told.leftOut && n >= told.told) return [make('p', { class: 'small' }, say('series_not_here'))];
  if (!told || !told.values[n]) return [];
  const chart = dotChart(told.dates, told.values[n], told.index);
  return chart ? [make('h3', {}, say('chart_series', { index: told.index })), chart] : [];
}

function zonePopup(n) {
  const title = heading(zoneName(n), kindText(data.zones.kind[n]), data.zones.id[n]);
  return make('div', {}, ...title, zoneFigures(n), ...disturbedChart(n), ...seriesChart(n));
}

// Hectares and share of a zone that could not be observed in a year; blank where the table is.
function unseenCell(n, m, row) {
  const { unseen_ha: hectares, unseen: shares } = data.years;
  const cell = make('td', { class: 'number' });
  if (hectares[n][m] === null) return cell;
  cell.append(figure(hectares[n][m], 1, 'disturbance_area', row, 'not_observable_ha'));
  if (shares[n][m] === null) return cell;
  const marks = { value: shares[n][m], 'data-table': 'disturbance_area', 'data-row': row };
  cell.append(' (', make('data', { ...marks, 'data-column': 'not_observable_fraction' }, percent(shares[n][m])), ')');
  return cell;
}

// A year of a zone: what was disturbed, and what nobody could see. Where nothing was seen, no 0.
function yearCells(n, m) {
  const told = data.years;
  const row = `zone_id=${data.zones.id[n]};every=year;period=${told.years[m]}`;
  const disturbed = told.disturbed[n][m];
  const text = disturbed === null ? ''
    : unwatched(disturbed, told.unseen[n][m]) ? '–'
    : figure(disturbed, 1, 'disturbance_area', row, 'disturbed_ha');
  const year = make('th', { scope: 'row' }, told.years[m]);
  return [year, make('td', { class: 'number' }, text), unseenCell(n, m, row)];
}

function tableOf(title, heads, rows) {
  const head = make('tr', {}, ...heads.map((one) => make('th', { scope: 'col' }, say(one))));
  const table = make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows));
  return make('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title }, table);
}

const YEAR_HEADS = ['year_column', 'disturbed_column', 'unseen_column'];

function yearTable(n) {
  const rows = data.years.years.map((_, m) => make('tr', {}, ...yearCells(n, m)));
  return tableOf(say('chart_disturbed'), YEAR_HEADS, rows);
}

// A ring's area, as the table of zones has it.
function areaOf(n) {
  const areas = data.figures.find((one) => one.table === 'zones' && one.column === 'area_ha');
  return areas && areas.values[n] !== null
    ? figure(areas.values[n], 1, 'zones', `zone_id=${data.zones.id[n]}`, 'area_ha') : '';
}

// Around a site: a line a ring, below it one a year, narrow enough for a telephone.
function ringTable(zones) {
  const title = say('rings_title');
  const name = (n) => ringText(n) || kindText(data.zones.kind[n]);
  if (!data.years) {
    const rows = zones.map((n) =>
      make('tr', {}, make('th', { scope: 'row' }, name(n)), make('td', { class: 'number' }, areaOf(n))));
    return [make('h3', {}, title), tableOf(title, ['ring_column', 'total_column'], rows)];
  }
  const rows = zones.flatMap((n) => {
    const area = areaOf(n);
    const ring = make('th', { scope: 'rowgroup', colspan: 3, class: 'ring' }, name(n), ...(area ? [' (', area, ' ha)'] : []));
    return [make('tr', {}, ring), ...data.years.years.map((_, m) => make('tr', {}, ...yearCells(n, m)))];
  });
  return [make('h3', {}, title), tableOf(title, YEAR_HEADS, rows)];
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

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function sitePopup(n) {
  const { sites } = data;
  const label = (one) => (one.mineral ? say('column_mineral') : named(one.name));
  const text = (one) => named(one.mineral ? mineralName(one.values[n]) : one.values[n]);
  const kept = sites.kept.filter((one) => one.values[n]).map((one) => [label(one), text(one)]);
  // where positions are kept back, one point in the middle of a square stands for its sites
  const square = /^square-\d+$/.test(sites.id[n]) && !sites.zones[n].length;
  const title = heading(sites.name[n] || sites.id[n], kindText(square ? 'square' : 'site'), square ? '' : sites.id[n]);
  const rings = sites.zones[n];
  // the middle of a square may lie in another territory than its sites
  const regions = square ? [] : sites.regions[n];
  const held = regions.map((zone) => [capital(kindText('region')), named(data.zones.name[zone])]);
  if (sites.reserve[n] && sites.reserveM[n] !== null && rings.length) {
    const row = `zone_id=${data.zones.id[rings[0]]}`;
    const away = figure(sites.reserveM[n], 0, 'zones', row, 'reserve_distance_m');
    const where = sites.reserveM[n] ? [' (', away, ' m)'] : [` (${say('pop_within')})`];
    held.push([say('pop_reserve'), make('span', {}, named(sites.reserve[n]), ...where)]);
  }
  const nearest = rings.length ? seriesChart(rings[0]) : [];
  return make('div', {}, ...title, pairs([...kept, ...held]), ...(rings.length ? ringTable(rings) : []), ...nearest, chipsOf(sites.id[n]));
}

function patchPopup(n) {
  const { patches } = data;
  const row = `patch_id=${patches.patch_id[n]}`;
  const hectares = (column, digits) => make('span', {}, figure(patches[column][n], digits, 'patches', row, column), ' ha');
  const rows = [
    [say('pop_dates'), say('pop_to', { first: patches.first[n], last: patches.last[n] })],
    [say('pop_area'), hectares('area_ha', 2)],
  ];
  for (const column of ['confirmed_ha', 'provisional_ha', 'low_ha', 'perhaps_before_watch_ha']) {
    if (patches[column][n]) rows.push([say(`pop_${column}`), hectares(column, 2)]);
  }
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
