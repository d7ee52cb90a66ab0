// The catalogue's page: asks the API as a script would, and shows what it answers. What is looked for is in the address, so that a link shows the same.

const $ = (selector, within = document) => within.querySelector(selector);
const search = $('#search');
const chosen = new Map();
let session = null;
let next = null;
let shown = 0;
let generation = 0;

class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.status = status;
    this.problem = problem;
  }
}

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { Accept: 'application/json', ...(options.body ? { 'Content-Type': 'application/json' } : {}) } });
  } catch {
    throw new Refusal(0, { detail: 'The server cannot be reached. Check the network, and try again.' });
  }
  if (response.ok) return response.status === 204 || response.status === 201 && !response.headers.get('Content-Type') ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  if (response.status === 401 && !path.startsWith('/api/session')) {
    await signIn();
    return ask(path, options);
  }
  throw new Refusal(response.status, problem);
}

const send = (method, path, body) => ask(path, { method, body: body === undefined ? undefined : JSON.stringify(body) });

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key in made && key !== 'list') made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

function notice(message) {
  $('#notices').replaceChildren(...(message ? [element('p', { className: 'notice' }, message)] : []));
}

// Logging in

// Whoever is asked several times at once logs in once.
let signing = null;
const signIn = () => signing ??= askForLogIn().finally(() => { signing = null; });

function askForLogIn() {
  const dialog = $('#sign-in');
  const form = $('form', dialog);
  form.reset();
  $('#code').hidden = true;
  $('#sign-in-problem').textContent = '';
  if (!dialog.open) dialog.showModal();
  return new Promise(resolve => {
    dialog.oncancel = event => event.preventDefault();
    form.onsubmit = async event => {
      event.preventDefault();
      const fields = new FormData(form);
      try {
        await logIn(fields.get('name'), fields.get('password'), fields.get('code') || null);
        dialog.close();
        if (session.limit === 'passwordChange') await askForPassword(fields);
        greet();
        resolve();
      } catch (refusal) {
        $('#sign-in-problem').textContent = refusal.message;
        if (refusal.problem?.code === 'totp') {
          $('#code').hidden = false;
          $('input', $('#code')).focus();
        }
      }
    };
  });
}

// Whoever was given a password chooses one of his own, and is logged in with it.
function askForPassword(given) {
  const dialog = $('#new-password');
  const form = $('form', dialog);
  form.reset();
  form.elements.currentPassword.value = given?.get('password') ?? '';
  $('#new-password-problem').textContent = '';
  dialog.showModal();
  form.elements[given ? 'password' : 'currentPassword'].focus();
  return new Promise(resolve => {
    dialog.oncancel = event => event.preventDefault();
    form.onsubmit = async event => {
      event.preventDefault();
      const [currentPassword, password] = [form.elements.currentPassword.value, form.elements.password.value];
      try {
        if (password !== form.elements.again.value) throw new Error('The new passwords are not the same.');
        await send('PUT', '/api/session/password', { currentPassword, password });
        dialog.close();
        await logIn(session.name, password, null).catch(askForLogIn); // whoever has an app needs its code again
        resolve();
      } catch (refusal) {
        $('#new-password-problem').textContent = refusal.problem?.errors?.map(e => e.message).join(' ') || refusal.message;
      }
    };
  });
}

async function logIn(name, password, code) {
  session = await send('POST', '/api/session', { name, password, code });
}

function greet() {
  $('#who').textContent = session.fullName || session.name;
  $('#sign-out').hidden = false;
  if (session.limit === 'secondFactor')
    notice('Before anything else you have to set up a second factor at SAM; then reload this page.');
  const to = new URL(new URLSearchParams(location.search).get('next') ?? '/', location.origin);
  // Nowhere but here, whatever a link says.
  if (to.origin === location.origin && to.pathname !== '/') location.replace(to.pathname + to.search + to.hash);
}

$('#sign-out').onclick = async () => {
  await send('DELETE', '/api/session').catch(() => {});
  location.assign('/');
};

// What is looked for

function questions() {
  const fields = new FormData(search);
  const asked = new URLSearchParams();
  const text = fields.get('text').trim();
  if (text) asked.set(fields.get('field'), text);
  for (const name of ['stain', 'scanner', 'state', 'delivered', 'due', 'collection'])
    if (fields.get(name)) asked.set(name, fields.get(name).trim());
  if (fields.get('from')) asked.set('from', new Date(`${fields.get('from')}T00:00`).toISOString());
  if (fields.get('until')) {
    const end = new Date(`${fields.get('until')}T00:00`);
    end.setDate(end.getDate() + 1);
    asked.set('until', end.toISOString());
  }
  return asked;
}

const day = instant => {
  const date = new Date(instant);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
};

function fill(asked) {
  search.reset();
  for (const field of ['barcode', 'accession', 'patient']) {
    if (!asked.get(field)) continue;
    search.elements.field.value = field;
    search.elements.text.value = asked.get(field);
  }
  for (const name of ['stain', 'scanner', 'state', 'delivered', 'due', 'collection'])
    if (asked.get(name)) search.elements[name].value = asked.get(name);
  if (asked.get('from')) search.elements.from.value = day(asked.get('from'));
  if (asked.get('until')) search.elements.until.value = day(new Date(asked.get('until')).getTime() - 1);
  $('#more').open = ['stain', 'scanner', 'state', 'delivered', 'due', 'collection', 'from', 'until'].some(name => asked.get(name));
}

async function look(push = true) {
  const asked = questions();
  if (push) history.pushState(null, '', asked.size ? `?${asked}` : '/');
  for (const format of ['csv', 'json']) $(`#export-${format}`).href = `/api/slides/export?${new URLSearchParams([...asked, ['format', format]])}`;
  const mine = ++generation;
  chosen.clear();
  try {
    const page = await ask(`/api/slides?${asked}`);
    if (mine !== generation) return;
    notice(null);
    $('#slides').replaceChildren();
    shown = 0;
    add(page);
  } catch (refusal) {
    notice(refusal.problem?.errors?.map(error => `${error.field}: ${error.message}`).join(' ') ?? refusal.message);
  }
}

function add(page) {
  $('#slides').append(...page.slides.map(card));
  shown += page.slides.length;
  next = page.next ?? null;
  $('#next').hidden = next === null;
  $('#bar').hidden = shown === 0;
  $('#count').textContent = next === null ? `${shown} ${shown === 1 ? 'slide' : 'slides'}` : `The first ${shown} slides`;
  const empty = $('#empty');
  empty.hidden = shown > 0;
  empty.textContent = questions().size
    ? 'No slide is like that. Try a shorter beginning, or clear the filters.'
    : 'There is no slide yet. As soon as a converter has delivered one, or slides are found on an image file system, they are here.';
  choose();
}

// Slides

const when = instant => new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1000; unit++; }
  return `${bytes.toLocaleString(undefined, { maximumFractionDigits: 1 })} ${units[unit]}`;
}

const title = slide => slide.barcode ?? slide.name;
const notShown = { missing: 'Its files are missing', unreadable: 'It cannot be read', removing: 'It is being removed', removed: 'It was removed' };
const canBeShown = slide => !(slide.state in notShown);

function picture(slide) {
  if (!canBeShown(slide)) return element('span', { className: 'picture none' }, notShown[slide.state]);
  const image = element('img', { src: `/slides/${slide.id}/pictures/thumbnail`, alt: '', loading: 'lazy', decoding: 'async' });
  const link = element('a', { className: 'picture', href: `/viewer?slide=${slide.id}`, tabIndex: -1 }, image);
  image.onerror = () => link.replaceChildren(element('span', { className: 'picture none' }, 'No picture'));
  return link;
}

function card(slide) {
  const box = element('input', { type: 'checkbox', title: 'Choose', 'aria-label': `Choose ${title(slide)}` });
  box.onchange = () => { box.checked ? chosen.set(slide.id, slide) : chosen.delete(slide.id); choose(); };
  const more = element('button', { type: 'button' }, 'Details');
  more.onclick = () => details(slide.id);
  return element('li', {},
    picture(slide),
    element('div', { className: 'text' },
      canBeShown(slide) ? element('a', { className: 'name', href: `/viewer?slide=${slide.id}` }, title(slide)) : element('span', { className: 'name' }, title(slide)),
      slide.state === 'present' ? null : element('span', { className: 'state' }, slide.state),
      slide.holdReason ? element('span', { className: 'hold' }, 'on hold') : null,
      element('small', {}, [slide.accession, slide.stain].filter(Boolean).join(' · ') || '\u00a0'),
      element('small', {}, `${when(slide.scanTime)}${slide.scannerSerialNumber ? ` · ${slide.scannerSerialNumber}` : ''}`),
      element('div', { className: 'tools' }, box, more)));
}

function choose() {
  const viewable = [...chosen.values()].filter(canBeShown);
  $('#side-by-side').disabled = viewable.length !== 2;
  $('#collect').disabled = chosen.size === 0;
}

$('#side-by-side').onclick = () => {
  const [left, right] = [...chosen.values()].filter(canBeShown).map(slide => slide.id);
  location.assign(`/viewer?slide=${left}&beside=${right}`);
};

async function details(id) {
  try {
    const slide = await ask(`/api/slides/${id}`);
    const dialog = $('#details');
    $('#details-title').textContent = title(slide);
    $('#details-problem').textContent = slide.problem ?? '';
    $('.pictures', dialog).replaceChildren(...(canBeShown(slide) ? ['thumbnail', 'label', 'macro'] : [])
      .filter(kind => slide[`has${kind[0].toUpperCase()}${kind.slice(1)}`])
      .map(kind => element('img', { src: `/slides/${id}/pictures/${kind}`, alt: kind })));
    const facts = [
      ['State', slide.state], ['Barcode', slide.barcode], ['Accession', slide.accession], ['Patient', slide.patientId], ['Stain', slide.stain],
      ['Scanned', when(slide.scanTime)], ['Scanner', [slide.scannerModel, slide.scannerSerialNumber].filter(Boolean).join(', ')],
      ['Size', slide.width ? `${slide.width} × ${slide.height} px, ${size(slide.bytes)}` : size(slide.bytes)],
      ['Resolution', slide.micronsPerPixel ? `${slide.micronsPerPixel.toLocaleString(undefined, { maximumSignificantDigits: 4 })} µm per pixel${slide.objectivePower ? `, ${slide.objectivePower}×` : ''}` : null],
      ['File', slide.name], ['On', slide.place], ['SHA-256', slide.sha256], ['Last read and compared', slide.scrubbedAt ? when(slide.scrubbedAt) : 'not yet'],
      ['Delivered', slide.isDelivered ? 'by a converter' : 'by nobody we know'], ['Series', slide.seriesInstanceUid],
      ['Hold', slide.holdReason ? `${slide.holdReason} (${slide.heldBy}, ${when(slide.heldAt)})` : null],
    ];
    $('dl', dialog).replaceChildren(...facts.filter(([, value]) => value).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
    const actions = [];
    if (canBeShown(slide)) {
      actions.push(element('a', { className: 'button', href: `/viewer?slide=${id}` }, 'Open'));
      actions.push(element('a', { className: 'button', href: `/api/slides/${id}/file`, download: '' }, 'Download'));
    }
    if (session?.role === 'labAdmin') actions.push(hold(slide));
    $('.actions', dialog).replaceChildren(...actions);
    if (!dialog.open) dialog.showModal();
  } catch (refusal) {
    notice(refusal.message);
  }
}

function hold(slide) {
  const button = element('button', { type: 'button' }, slide.holdReason ? 'Release' : 'Hold');
  button.onclick = async () => {
    const reason = slide.holdReason ? null : prompt('Why must nobody remove this slide?');
    if (!slide.holdReason && !reason?.trim()) return;
    try {
      await (slide.holdReason ? send('DELETE', `/api/slides/${slide.id}/hold`) : send('PUT', `/api/slides/${slide.id}/hold`, { reason }));
      await details(slide.id);
    } catch (refusal) {
      $('#details-problem').textContent = refusal.message;
    }
  };
  return button;
}

for (const close of document.querySelectorAll('dialog .close')) close.onclick = () => close.closest('dialog').close();

// Collections

async function loadCollections() {
  const collections = await ask('/api/collections');
  const options = () => collections.map(c => element('option', { value: c.id }, `${c.name} (${c.slides})`));
  search.elements.collection.replaceChildren(element('option', { value: '' }, 'any'), ...options());
  $('#collections form').elements.id.replaceChildren(element('option', { value: '' }, 'choose one'), ...options());
}

$('#collect').onclick = async () => {
  const dialog = $('#collections');
  await loadCollections();
  $('form', dialog).reset();
  dialog.showModal();
};

$('#collections form').onsubmit = async event => {
  event.preventDefault();
  const fields = new FormData(event.target);
  const [name, chosenId] = [fields.get('name').trim(), fields.get('id')];
  if (!name && !chosenId) return;
  try {
    const id = name ? (await send('POST', '/api/collections', { name })).id : chosenId;
    await send('POST', `/api/collections/${id}/slides`, { slides: [...chosen.keys()] });
    $('#collections').close();
    notice(null);
    await loadCollections();
  } catch (refusal) {
    $('#collections').close();
    notice(refusal.message);
  }
};

// How things stand

async function stand() {
  const findings = await ask('/api/findings');
  const line = (count, text, query, bad) => count > 0 ? element(query ? 'a' : 'span', { className: bad ? 'bad' : '', href: query ?? undefined }, `${count.toLocaleString()} ${text}`) : null;
  const parts = [
    line(findings.slides, findings.slides === 1 ? 'slide' : 'slides', '/'), line(findings.arriving, 'arriving'), line(findings.awaited, 'told of and not here'),
    line(findings.missing, 'missing', '/?state=missing', true), line(findings.changed, 'changed', '/?state=changed', true),
    line(findings.unreadable, 'cannot be read', '/?state=unreadable', true), line(findings.removing, 'being removed', '/?state=removing'), line(findings.unexpected, 'delivered by nobody we know', '/?delivered=false'),
  ].filter(Boolean);
  $('#findings').replaceChildren(...parts);
  $('#findings').hidden = parts.length === 0;
}

search.onsubmit = event => { event.preventDefault(); look(); };
$('button[type=reset]', search).onclick = () => setTimeout(look);
search.elements.field.onchange = () => { search.elements.text.placeholder = `Beginning of the ${search.elements.field.value}`; };
for (const name of ['state', 'delivered', 'due', 'collection', 'from', 'until']) search.elements[name].onchange = () => look();
window.onpopstate = () => { fill(new URLSearchParams(location.search)); look(false); };
$('#next').onclick = async () => {
  const mine = generation;
  $('#next').disabled = true;
  try {
    const page = await ask(`/api/slides?${new URLSearchParams([...questions(), ['after', next]])}`);
    if (mine === generation) add(page);
  } catch (refusal) {
    notice(refusal.message);
  } finally {
    $('#next').disabled = false;
  }
};

try {
  session = await ask('/api/session').catch(refusal => { if (refusal.status === 401) return null; throw refusal; });
  if (session === null) await signIn();
  else {
    if (session.limit === 'passwordChange') await askForPassword();
    greet();
  }
  await loadCollections();
  fill(new URLSearchParams(location.search));
  await Promise.all([look(false), stand()]);
} catch (refusal) {
  notice(refusal.message);
}
// Not while nobody is there: a session that is not used ends.
let lastTouched = Date.now();
for (const sign of ['pointerdown', 'keydown', 'wheel']) addEventListener(sign, () => { lastTouched = Date.now(); }, { passive: true });
setInterval(() => { if (document.visibilityState === 'visible' && Date.now() - lastTouched < 60_000) stand().catch(() => {}); }, 30_000);
