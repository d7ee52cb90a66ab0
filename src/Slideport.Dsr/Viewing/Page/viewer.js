// The page: opens one slide or two, and what its buttons and keys do.
import { AS_SCANNED, showAdjusted } from '/viewer/adjust.js';
import { showDetails } from '/viewer/details.js';
import { Link } from '/viewer/link.js';
import { Pane } from '/viewer/pane.js';
import { readPlace, writePlace } from '/viewer/place.js';
import { MAGNIFICATIONS, round, zoomAt } from '/viewer/scale.js';
import { saveSnapshot } from '/viewer/snapshot.js';

const ADDRESS_DELAY = 300; // ms without a move before the address follows: browsers allow few changes

const $ = name => document.getElementById(name);
const asked = new URLSearchParams(location.search);
const ids = ['slide', 'beside'].map(name => asked.get(name)).filter(id => /^[0-9a-f]{32}$/.test(id ?? ''));
const panes = ids.map((id, index) => new Pane(id, ids.length === 1 ? 'Slide' : index === 0 ? 'Left slide' : 'Right slide'));
let [chosen, link, adjustment, addressTimer] = [panes[0], null, { ...AS_SCANNED }, 0];

if (panes.length === 0) {
  panes.push(new Pane('', 'Slide'));
  $('panes').append(panes[0].element);
  panes[0].say('The address of this page names no slide. Choose one from the list of slides.');
} else {
  $('panes').append(...panes.map(pane => pane.element));
  const opened = await Promise.all(panes.map(pane => pane.open()));
  const open = panes.filter((_, index) => opened[index]);
  for (const pane of open) {
    for (const used of ['pointerdown', 'wheel']) pane.element.addEventListener(used, () => choose(pane), { capture: true, passive: true });
    pane.element.addEventListener('focusin', () => choose(pane));
    pane.addEventListener('moved', () => moved(pane));
  }
  if (open.length > 0) start(open);
}

function start(open) {
  const profile = $('profile');
  profile.disabled = !open.some(pane => pane.isColored);
  profile.checked = !profile.disabled;
  profile.addEventListener('change', () => open.forEach(pane => pane.showColored(profile.checked)));
  const place = readPlace(location.hash);
  if (place && panes[0].viewer) panes[0].go(place);
  if (open.length === 2) {
    link = new Link(...open);
    $('link').hidden = false;
  }
  for (const [index, magnification] of MAGNIFICATIONS.entries()) {
    const button = $('magnifications').appendChild(document.createElement('button'));
    Object.assign(button, { type: 'button', textContent: `${magnification}×`, title: `${magnification}× (${index + 1})` });
    button.addEventListener('click', () => chosen.magnify(magnification));
  }
  choose(open[0]);
  window.addEventListener('hashchange', () => {
    const there = readPlace(location.hash);
    if (there && panes[0].viewer) panes[0].go(there, false);
  });
  document.body.dataset.ready = 'yes';
}

function choose(pane) {
  chosen = pane;
  if (link) link.leader = pane;
  const { view } = pane;
  for (const other of panes) other.element.classList.toggle('chosen', panes.length > 1 && other === pane);
  document.title = `${view.title} · Slideport`;
  $('title').textContent = panes.map(p => p.view?.title ?? p.name).join('  |  ');
  for (const [index, button] of [...$('magnifications').children].entries()) button.disabled = zoomAt(MAGNIFICATIONS[index], view) === null;
  moved(pane);
}

function moved(pane) {
  if (pane === chosen) $('magnification').textContent = pane.magnification === null ? `${Math.round(pane.zoom * 100)} %` : `${round(pane.magnification)}×`;
  if (pane !== panes[0]) return;
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => history.replaceState(null, '', writePlace(pane.place)), ADDRESS_DELAY);
}

function toggle(button, section) {
  const isOpening = $(section).hidden;
  for (const [other, its] of [['adjust', 'adjustments'], ['details', 'panel'], ['help', 'keys']]) {
    $(its).hidden = true;
    $(other).setAttribute('aria-expanded', 'false');
  }
  if (section === 'panel' && isOpening) showDetails($('panel'), panes);
  $(section).hidden = !isOpening;
  $(button).setAttribute('aria-expanded', String(isOpening));
}

function adjust(values) {
  adjustment = values;
  for (const [name, value] of Object.entries(values)) $(name).value = value;
  showAdjusted(panes.filter(p => p.viewer).map(p => p.viewer.drawer.canvas), values);
}

function setLink(isOn) {
  if (!link) return;
  link.on = isOn;
  $('link').setAttribute('aria-pressed', String(isOn));
  $('link').textContent = isOn ? 'Linked' : 'Not linked';
}

const snapshot = async () => {
  await saveSnapshot(chosen, adjustment);
  $('said').textContent = 'The snapshot has been saved.';
};
const isLinked = () => $('link').getAttribute('aria-pressed') === 'true';
const fullScreen = () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
const whole = () => chosen.viewer.viewport.goHome();

const buttons = {
  home: whole, turn: () => chosen.turn(90), adjust: () => toggle('adjust', 'adjustments'), details: () => toggle('details', 'panel'), help: () => toggle('help', 'keys'),
  link: () => setLink(!isLinked()), snapshot, full: fullScreen, reset: () => adjust({ ...AS_SCANNED }),
};
for (const [id, work] of Object.entries(buttons)) $(id).addEventListener('click', () => chosen?.viewer || ['help'].includes(id) ? work() : undefined);
for (const name of Object.keys(AS_SCANNED)) $(name).addEventListener('input', () => adjust({ ...adjustment, [name]: Number($(name).value) }));

const keys = {
  '0': whole, r: () => chosen.turn(90), R: () => chosen.turn(-90), i: buttons.details, l: buttons.link, s: snapshot, f: fullScreen, '?': buttons.help,
  '+': () => chosen.viewer.viewport.zoomBy(1.5), '-': () => chosen.viewer.viewport.zoomBy(1 / 1.5), a: buttons.adjust,
};
// Before OpenSeadragon, whose own keys for some of these do something else.
window.addEventListener('keydown', event => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches('input, select, textarea')) return;
  if (event.key === 'Escape') {
    for (const [button, section] of [['adjust', 'adjustments'], ['details', 'panel'], ['help', 'keys']]) if (!$(section).hidden) toggle(button, section);
    return;
  }
  const magnification = MAGNIFICATIONS[Number(event.key) - 1];
  const work = magnification ? () => chosen.magnify(magnification) : keys[event.key];
  if (!work || !chosen?.viewer) return;
  event.preventDefault();
  event.stopPropagation();
  work();
}, true);
