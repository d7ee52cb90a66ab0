// One slide: its description, its picture, its scale bar, and what is said where it cannot be shown.
import { Colors, colored } from '/viewer/colors.js';
import { tilesOf } from '/viewer/tiles.js';
import { barFor, magnificationAt, zoomAt } from '/viewer/scale.js';

const MAX_BAR = 160;

// OpenSeadragon puts a style element into the page unless it finds its own there. The page's policy would refuse it and complain, so it finds one that
// is none: what it would say is in viewer.css.
const found = document.createElementNS('urn:slideport', 'style');
found.setAttribute('data-openseadragon-mobile-css', 'true');
document.head.append(found);

/** What an answer says went wrong, in words. */
export async function sentenceOf(answer) {
  if (answer.status === 401 || answer.status === 403) return 'You are not logged in, or may not see this slide.';
  try {
    return (await answer.json()).detail ?? `The server answers ${answer.status}.`;
  } catch {
    return `The server answers ${answer.status}.`;
  }
}

// What OpenSeadragon makes of an address; where it can make nothing of it, the viewer is to say so.
const sourceOf = address => new Promise(resolve => {
  const source = new window.OpenSeadragon.TileSource({ url: address });
  source.addHandler('ready', event => resolve(event.tileSource));
  source.addHandler('open-failed', () => resolve(null));
});

export class Pane extends EventTarget {
  constructor(id, name) {
    super();
    this.id = id;
    this.name = name;
    this.element = document.createElement('section');
    this.element.className = 'pane';
    this.element.setAttribute('aria-label', name);
    this.picture = this.element.appendChild(document.createElement('div'));
    this.picture.className = 'slide';
    this.bar = this.element.appendChild(document.createElement('div'));
    this.bar.className = 'scale';
    this.bar.hidden = true;
    this.bar.append(document.createElement('span'), document.createElement('i'));
  }

  /** Opens the slide. False where it cannot be: then the pane says why. */
  async open() {
    let answer;
    try {
      answer = await fetch(`/slides/${this.id}/view`); // asked for by the page's own answer already, as it is
    } catch {
      this.say('The server cannot be reached. Check the network, then load this page again.');
      return false;
    }
    if (answer.status === 401) {
      // The list of slides asks who it is, and leads back here.
      location.assign(`/?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
      return false;
    }
    if (!answer.ok) {
      this.say(await sentenceOf(answer));
      return false;
    }
    this.view = await answer.json();
    this.element.style.background = this.view.background;
    this.isColored = this.view.hasIccProfile;
    // Tiles that come first wait for them: a slide does not change its colours while one looks at it.
    this.colors = this.isColored ? Colors.of(this.id, this.view.version).catch(problem => this.#scanned(problem)) : null;
    this.viewer = window.OpenSeadragon({
      element: this.picture,
      tileSources: await this.#tiles(),
      drawer: 'canvas',
      showNavigationControl: false,
      showNavigator: true, navigatorPosition: 'TOP_LEFT', navigatorAutoFade: false, navigatorSizeRatio: 0.18, navigatorBackground: this.view.background, navigatorOpacity: 1,
      maxZoomPixelRatio: 8, minZoomImageRatio: 0.5, visibilityRatio: 0.2,
      animationTime: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 0.6,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      imageLoaderLimit: 8, maxImageCacheCount: 600,
      tileRetryMax: 2, tileRetryDelay: 2000,
    });
    this.viewer.canvas.setAttribute('aria-label', `${this.name}; move with the arrow keys, zoom with plus and minus`);
    this.viewer.canvas.setAttribute('role', 'application');
    this.viewer.addHandler('tile-load-failed', event => this.#explain(event.tile?.getUrl?.()));
    for (const moved of ['update-viewport', 'resize', 'rotate']) this.viewer.addHandler(moved, () => this.#moved());
    await new Promise(resolve => this.viewer.addOnceHandler('open', resolve));
    return true;
  }

  /** Screen pixels for each pixel of the slide. */
  get zoom() { return this.#image.viewportToImageZoom(this.viewer.viewport.getZoom(true)); }

  get magnification() { return magnificationAt(this.zoom, this.view); }

  /** Where it is going, for the address of the page. */
  get place() { return this.#place(false); }

  /** Where it is while it moves. */
  get placeNow() { return this.#place(true); }

  go({ x, y, zoom, rotation }, isAtOnce = true) {
    const { viewport } = this.viewer;
    viewport.setRotation(rotation, true);
    viewport.zoomTo(this.#image.imageToViewportZoom(zoom), null, isAtOnce);
    viewport.panTo(this.#image.imageToViewportCoordinates(new window.OpenSeadragon.Point(x, y)), isAtOnce);
  }

  magnify(magnification) {
    const zoom = zoomAt(magnification, this.view);
    if (zoom !== null) this.viewer.viewport.zoomTo(this.#image.imageToViewportZoom(zoom));
  }

  turn(degrees) { this.viewer.viewport.setRotation((this.viewer.viewport.getRotation() + degrees + 360) % 360); }

  /** Shows the colours that the slide's profile gives, or those that the scanner gave. */
  showColored(isColored) {
    if (!this.view.hasIccProfile || this.profileProblem || this.isColored === isColored) return;
    this.isColored = isColored;
    for (const viewer of [this.viewer, this.viewer.navigator]) viewer.world.resetItems();
    this.viewer.forceRedraw();
  }

  /** Says in words what is wrong; small beside a slide that is shown otherwise. */
  say(sentence, isSmall = false) {
    this.trouble?.remove();
    this.trouble = this.element.appendChild(document.createElement('div'));
    this.trouble.className = isSmall ? 'trouble small' : 'trouble';
    this.trouble.setAttribute('role', 'alert');
    const text = this.trouble.appendChild(document.createElement('p'));
    text.textContent = sentence;
    const again = this.trouble.appendChild(document.createElement('button'));
    again.type = 'button';
    again.textContent = isSmall ? 'Close' : 'Try again';
    again.addEventListener('click', () => isSmall ? this.trouble.remove() : location.reload());
  }

  #place(isNow) {
    const { viewport } = this.viewer;
    const middle = this.#image.viewportToImageCoordinates(viewport.getCenter(isNow));
    return { x: middle.x, y: middle.y, zoom: this.#image.viewportToImageZoom(viewport.getZoom(isNow)), rotation: viewport.getRotation(isNow) };
  }

  get #image() { return this.viewer.world.getItemAt(0); }

  async #tiles() {
    const tiles = tilesOf(this.id, this.view);
    if (!this.isColored) return tiles;
    const source = typeof tiles === 'string' ? await sourceOf(tiles) : tiles;
    return source ? colored(source, this) : tiles;
  }

  #scanned(problem) {
    this.profileProblem = problem.message;
    this.isColored = false;
    return null;
  }

  // Once for each trouble: a slide has a hundred thousand tiles.
  async #explain(address) {
    if (!address || this.isExplained) return;
    this.isExplained = true;
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) this.isExplained = false;
    else this.say(`A part of this slide cannot be shown. ${answer ? await sentenceOf(answer) : 'The server cannot be reached.'}`, true);
  }

  #moved() {
    if (!this.#image) return;
    const bar = barFor(this.zoom, this.view, MAX_BAR);
    this.bar.hidden = bar === null;
    if (bar) {
      this.bar.firstChild.textContent = bar.text;
      this.bar.lastChild.style.width = `${bar.pixels}px`;
    }
    this.dispatchEvent(new Event('moved'));
  }
}
