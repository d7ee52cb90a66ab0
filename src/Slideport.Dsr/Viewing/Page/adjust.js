// Brightness, contrast and gamma: by the browser's filters while looking, by the same arithmetic in a snapshot.

export const AS_SCANNED = Object.freeze({ brightness: 1, contrast: 1, gamma: 1 });

const isAsScanned = a => a.brightness === 1 && a.contrast === 1 && a.gamma === 1;

/** Shows elements adjusted. */
export function showAdjusted(elements, adjustment) {
  for (const curve of document.querySelectorAll('#gamma-filter feFuncR, #gamma-filter feFuncG, #gamma-filter feFuncB'))
    curve.setAttribute('exponent', 1 / adjustment.gamma);
  const filter = isAsScanned(adjustment) ? '' : `url(#gamma-filter) brightness(${adjustment.brightness}) contrast(${adjustment.contrast})`;
  for (const element of elements) element.style.filter = filter;
}

/** Adjusts the pixels of a picture. */
export function adjustPixels(data, adjustment) {
  if (isAsScanned(adjustment)) return;
  const curve = Uint8ClampedArray.from({ length: 256 }, (_, sample) => {
    const bright = Math.min(1, (sample / 255) ** (1 / adjustment.gamma) * adjustment.brightness);
    return 255 * ((bright - 0.5) * adjustment.contrast + 0.5);
  });
  for (let at = 0; at < data.length; at += 4)
    for (let channel = 0; channel < 3; channel++) data[at + channel] = curve[data[at + channel]];
}
