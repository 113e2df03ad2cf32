// Two small charts for pop-ups, drawn from figures that the run's tables hold.
const CHART = { width: 290, height: 120, left: 34, bottom: 30, top: 14 };

// Whether nobody could see anything: a 0 would then be no finding.
const unwatched = (value, unseen) => value === 0 && unseen !== null && unseen >= 1;

// Hectares a year as bars, each with its number; below each year, what could not be observed.
function barChart(years, values, unseen, row) {
  const { width, height, left, bottom, top } = CHART;
  const most = Math.max(...values.map((one) => one ?? 0), 0.01);
  const step = (width - left) / years.length;
  const base = height - bottom;
  const parts = [draw('line', { class: 'axis', x1: left, x2: width, y1: base, y2: base })];
  const crowded = years.length > 8;
  years.forEach((year, n) => {
    const middle = left + (n + 0.5) * step;
    const text = (y, said) => draw('text', { x: middle, y, 'text-anchor': 'middle' }, said);
    const label = crowded ? `’${year.slice(2)}` : year;
    parts.push(text(base + 12, label));
    if (unseen[n] !== null && !crowded) parts.push(text(base + 25, percent(unseen[n])));
    if (values[n] === null) return;
    if (unwatched(values[n], unseen[n])) {
      parts.push(text(base - 3, '–'));
      return;
    }
    const tall = (values[n] / most) * (base - top - 2);
    const bar = { class: 'bar', x: middle - step * 0.3, width: step * 0.6, y: base - tall, height: tall };
    parts.push(draw('rect', bar));
    const digits = values[n] >= 100 || crowded ? 0 : 1;
    parts.push(text(base - tall - 3, number(values[n], digits)));
  });
  const told = years.map((year, n) => `${year}: ${values[n] === null || unwatched(values[n], unseen[n]) ? '–' : number(values[n], 2)}`);
  const alt = say('chart_disturbed_alt', { values: told.join('; ') });
  const marks = { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': alt, 'data-row': row };
  return draw('svg', marks, ...parts);
}

const timeOf = (text) => Date.parse(text.length === 4 ? `${text}-07-01` : text.length === 7 ? `${text}-15` : text);

// Medians over time as dots: what was not seen leaves a gap.
function dotChart(dates, thousandths, index) {
  const { width, height, left, bottom, top } = CHART;
  const seen = dates.map((day, n) => [timeOf(day), thousandths[n], day]).filter((one) => one[1] !== null);
  if (seen.length === 0) return null;
  const times = dates.map(timeOf);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const values = seen.map((one) => one[1] / 1000);
  const low = Math.floor(Math.min(...values, 0) * 10) / 10;
  const high = Math.ceil(Math.max(...values, low + 0.1) * 10) / 10;
  const x = (time) => left + 4 + ((time - first) / (last - first || 1)) * (width - left - 8);
  const y = (value) => height - bottom - ((value - low) / (high - low)) * (height - bottom - top);
  const parts = [low, high].flatMap((value) => [
    draw('line', { class: 'axis', x1: left, x2: width, y1: y(value), y2: y(value) }),
    draw('text', { x: left - 4, y: y(value) + 3, 'text-anchor': 'end' }, number(value, 1)),
  ]);
  seen.forEach(([time, value]) => parts.push(draw('circle', { class: 'dot', cx: x(time), cy: y(value / 1000), r: 1.7 })));
  const ends = [[first, 'start', left], [last, 'end', width]];
  ends.forEach(([time, anchor, at]) => {
    const day = new Date(time).toISOString().slice(0, 7);
    parts.push(draw('text', { x: at, y: height - bottom + 14, 'text-anchor': anchor }, day));
  });
  const alt = say('chart_series_alt', {
    count: seen.length, index, first: seen[0][2], last: seen[seen.length - 1][2],
    low: number(Math.min(...values), 2), high: number(Math.max(...values), 2),
  });
  return draw('svg', { viewBox: `0 0 ${width} ${height - 8}`, role: 'img', 'aria-label': alt }, ...parts);
}
