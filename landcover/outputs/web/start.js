// What all other parts use: the page's data, its words, numbers as its language writes them, and
// elements made without ever reading text as HTML.
const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);

function say(key, values = {}) {
  return data.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

function number(value, digits) {
  const form = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(data.language, form).format(value).replace('-', '\u2212');
}

function percent(value) {
  const form = { style: 'percent', maximumFractionDigits: 0 };
  return new Intl.NumberFormat(data.language, form).format(value);
}

// An element with attributes; children that are strings become text, never markup.
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'class') element.setAttribute('class', value);
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((one) => one !== null && one !== undefined));
  return element;
}

// A name from outside, whichever way it is written.
const named = (text) => make('bdi', {}, text);

// A number that says where in the run's tables it stands.
function figure(value, digits, table, row, column) {
  const marks = { value, 'data-table': table, 'data-row': row, 'data-column': column };
  return make('data', marks, number(value, digits));
}

// What a mineral of a list is called in the language of the page.
const mineralName = (text) => (Object.hasOwn(data.minerals, text) ? data.minerals[text] : text);

// For searching: without accents and capitals.
const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
