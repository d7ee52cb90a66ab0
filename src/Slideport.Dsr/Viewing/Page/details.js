// What a slide tells about itself, its label and its overview.
import { round } from '/viewer/scale.js';

const NAMES = [
  ['barcode', 'Barcode'], ['containerIdentifier', 'Slide'], ['labelText', 'Label'], ['scanTime', 'Scanned'], ['timeZone', 'Time zone'], ['manufacturer', 'Manufacturer'],
  ['model', 'Scanner'], ['serialNumber', 'Serial number'], ['softwareVersions', 'Software'], ['rack', 'Rack'], ['slot', 'Slot'],
  ['studyInstanceUid', 'Study'], ['seriesInstanceUid', 'Series'],
];
const PICTURES = { label: 'Label', macro: 'Overview' };

/** Fills the panel with one slide after the other. */
export function showDetails(panel, panes) {
  panel.replaceChildren(...panes.filter(pane => pane.view).map(detailsOf));
}

function profileOf({ view, isColored, profileProblem }) {
  if (!view.hasIccProfile) return 'none';
  if (profileProblem) return `in the file; not applied: ${profileProblem}`;
  return isColored ? 'applied' : 'in the file; switched off';
}

function detailsOf(pane) {
  const { id, name, view } = pane;
  const article = document.createElement('article');
  const title = article.appendChild(document.createElement('h2'));
  title.textContent = name;
  for (const { kind } of view.pictures.filter(p => p.kind in PICTURES)) {
    const figure = article.appendChild(document.createElement('figure'));
    const picture = figure.appendChild(document.createElement('img'));
    Object.assign(picture, { src: `/slides/${id}/pictures/${kind}?v=${view.version}`, alt: PICTURES[kind], loading: 'lazy' });
    figure.appendChild(document.createElement('figcaption')).textContent = PICTURES[kind];
  }
  const list = article.appendChild(document.createElement('dl'));
  const tell = (term, value) => {
    list.appendChild(document.createElement('dt')).textContent = term;
    list.appendChild(document.createElement('dd')).textContent = value;
  };
  tell('Pixels', `${view.levels[0].width.toLocaleString()} × ${view.levels[0].height.toLocaleString()}`);
  if (view.micronsPerPixel) {
    const millimetres = pixels => round(pixels * view.micronsPerPixel / 1000);
    tell('Size', `${millimetres(view.levels[0].width)} × ${millimetres(view.levels[0].height)} mm`);
    tell('Resolution', `${round(view.micronsPerPixel)} µm per pixel`);
  }
  if (view.objectivePower) tell('Objective', `${view.objectivePower}×`);
  tell('Levels', view.levels.length);
  for (const [key, term] of NAMES) if (view.metadata[key]) tell(term, view.metadata[key]);
  tell('Colour profile', profileOf(pane));
  return article;
}
