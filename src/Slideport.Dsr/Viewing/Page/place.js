// The place that is shown, in the address of the page: pixels of the largest level at the middle, screen pixels for each of them, and how it is turned.

/** The place in an address; null where it holds none. */
export function readPlace(fragment) {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  const [x, y, zoom] = ['x', 'y', 'zoom'].map(name => Number.parseFloat(values.get(name)));
  const rotation = Number.parseFloat(values.get('rotation') ?? '0');
  return [x, y, zoom, rotation].every(Number.isFinite) && zoom > 0 ? { x, y, zoom, rotation } : null;
}

/** The place as an address has it. */
export const writePlace = ({ x, y, zoom, rotation }) =>
  `#x=${Math.round(x)}&y=${Math.round(y)}&zoom=${Number(zoom.toPrecision(4))}${rotation ? `&rotation=${Math.round(rotation)}` : ''}`;
