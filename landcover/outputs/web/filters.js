// Which sites and disturbances are shown: by mineral, territory, nearness to a reserve, year.
const chosen = new Map();

function patchSites() {
  const place = new Map(data.sites.id.map((id, n) => [id, n]));
  return data.patches ? data.patches.nearest_site_id.map((id) => place.get(id) ?? -1) : [];
}
const siteOfPatch = patchSites();

// The years in which some of a disturbance was first seen; without a table of them, those between.
function yearsOf(n) {
  if (data.patches.years) return data.patches.years[n].map(String);
  const found = [];
  for (let year = +data.patches.first[n].slice(0, 4); year <= +data.patches.last[n].slice(0, 4); year += 1) {
    found.push(String(year));
  }
  return found;
}

// What can be filtered by: a label, the choices, and what a site and a disturbance are held to be.
function filterList() {
  const { sites, zones, patches } = data;
  const found = sites.choices.map((one) => ({
    key: one.key,
    label: one.key === 'mineral' ? say('column_mineral') : one.key,
    choices: one.values.map((value, n) => [n, one.key === 'mineral' ? mineralName(value) : value]),
    site: (n) => one.sites[n],
    patch: (n) => (siteOfPatch[n] < 0 ? [] : one.sites[siteOfPatch[n]]),
  }));
  const regions = zones.id.map((_, n) => n).filter((n) => zones.kind[n] === 'region');
  if (regions.length > 1) {
    found.push({
      key: 'region', label: say('filter_region'), choices: regions.map((n) => [n, zones.name[n] || zones.id[n]]),
      site: (n) => sites.regions[n], patch: (n) => patches.regions[n],
    });
  }
  if (zones.kind.includes('reserve')) {
    const range = ([low, high]) => say('near_ring', { range: `${number(low, 0)}–${number(high, 0)} m` });
    found.push({
      key: 'near', label: say('filter_near'),
      choices: [[0, say('near_inside')], ...sites.ranges.map((one, n) => [n + 1, range(one)]), [-1, say('near_far')]],
      site: (n) => [sites.near[n]], patch: (n) => [patches.near[n]],
    });
  }
  if (data.years) {
    const disturbed = (n) => data.years.years.filter((_, m) =>
      sites.zones[n].some((zone) => data.years.disturbed[zone][m] > 0));
    found.push({
      key: 'year', label: say('filter_year'), choices: data.years.years.map((year) => [year, year]),
      site: disturbed, patch: yearsOf,
    });
  }
  return found;
}

function setFilters(shown) {
  const all = filterList();
  const box = byId('choices');
  all.forEach((one) => {
    const select = make('select', { id: `filter-${one.key}` }, make('option', { value: '' }, say('any')));
    one.choices.forEach(([value, text]) => select.append(make('option', { value }, text)));
    select.addEventListener('change', () => {
      if (select.value === '') chosen.delete(one.key);
      else chosen.set(one.key, select.value);
      apply();
    });
    box.append(make('label', {}, named(one.label), select));
  });
  const passes = (who) => (n) => all.every((one) =>
    !chosen.has(one.key) || one[who](n).some((value) => String(value) === chosen.get(one.key)));

  function apply() {
    const said = [];
    const count = (key, who, layers, text) => {
      if (!layers.length) return;
      const left = shown.keep(key, layers, passes(who));
      // French counts what is left, English what there is
      const one = data.language === 'fr' ? left < 2 : layers.length === 1;
      said.push(say(one ? `${text}_one` : text, { shown: number(left, 0), all: number(layers.length, 0) }));
    };
    count('sites', 'site', shown.siteLayers, 'count_sites');
    count('patches', 'patch', shown.patchLayers, 'count_patches');
    shown.arrange();
    byId('count').textContent = said.join(' · ');
    shown.map.fire('filtered');
  }
  byId('reset').addEventListener('click', () => {
    chosen.clear();
    box.querySelectorAll('select').forEach((select) => { select.value = ''; });
    apply();
  });
  byId('filters').hidden = !all.length || !(shown.siteLayers.length + shown.patchLayers.length);
  apply();
  return (n) => passes('site')(n);
}
