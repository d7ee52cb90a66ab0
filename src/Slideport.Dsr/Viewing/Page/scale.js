// Magnification and scale bar. One pixel of a screen is taken for 0.1 mm divided by 10 at 1×, as everybody's viewers do: 10× shows 1 µm in a pixel.

const MICRONS_AT_ONE = 10;

export const MAGNIFICATIONS = [1, 2, 4, 5, 10, 20, 40];

/** Screen pixels for each pixel of the slide at a magnification; null where the slide tells neither size nor objective, or has less detail. */
export function zoomAt(magnification, view) {
  if (view.objectivePower && magnification > view.objectivePower * 1.05) return null;
  if (view.micronsPerPixel) return view.micronsPerPixel * magnification / MICRONS_AT_ONE;
  return view.objectivePower ? magnification / view.objectivePower : null;
}

/** The magnification at so many screen pixels for each pixel of the slide; null where nobody knows. */
export function magnificationAt(zoom, view) {
  if (view.micronsPerPixel) return zoom * MICRONS_AT_ONE / view.micronsPerPixel;
  return view.objectivePower ? zoom * view.objectivePower : null;
}

/** A bar of a round length that is at most so many screen pixels long; null where the slide does not tell its size. */
export function barFor(zoom, view, maxPixels) {
  if (!view.micronsPerPixel || !(zoom > 0)) return null;
  const micronsPerScreenPixel = view.micronsPerPixel / zoom;
  const most = micronsPerScreenPixel * maxPixels;
  const power = 10 ** Math.floor(Math.log10(most));
  const microns = [5, 2, 1].map(n => n * power).find(n => n <= most) ?? power;
  const text = microns >= 1000 ? `${round(microns / 1000)} mm` : microns >= 1 ? `${round(microns)} µm` : `${round(microns * 1000)} nm`;
  return { pixels: microns / micronsPerScreenPixel, text };
}

export const round = value => Number(value.toPrecision(3)).toString();
