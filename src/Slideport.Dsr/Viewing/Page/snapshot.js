// What is shown, as a PNG with its scale bar.
import { adjustPixels } from '/viewer/adjust.js';
import { barFor } from '/viewer/scale.js';

/** Saves what a pane shows. */
export async function saveSnapshot(pane, adjustment) {
  const shown = pane.viewer.drawer.canvas;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [shown.width, shown.height];
  const drawing = canvas.getContext('2d');
  drawing.fillStyle = pane.view.background;
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.drawImage(shown, 0, 0);
  const pixels = drawing.getImageData(0, 0, canvas.width, canvas.height);
  adjustPixels(pixels.data, adjustment);
  drawing.putImageData(pixels, 0, 0);
  drawBar(drawing, pane, shown.width / shown.clientWidth);
  const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `slide-${pane.id.slice(0, 8)}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// As on the page; the ratio is that of the screen's own pixels.
function drawBar(drawing, pane, ratio) {
  const bar = barFor(pane.zoom, pane.view, 160);
  if (!bar) return;
  const [left, bottom, length, line] = [16 * ratio, drawing.canvas.height - 16 * ratio, bar.pixels * ratio, 2 * ratio];
  drawing.fillStyle = 'rgb(255 255 255 / .85)';
  drawing.fillRect(left - 6 * ratio, bottom - 26 * ratio, length + 12 * ratio, 32 * ratio);
  drawing.fillStyle = '#111';
  drawing.fillRect(left, bottom - line, length, line);
  drawing.fillRect(left, bottom - 6 * ratio, line, 6 * ratio);
  drawing.fillRect(left + length - line, bottom - 6 * ratio, line, 6 * ratio);
  drawing.font = `${13 * ratio}px system-ui, sans-serif`;
  drawing.textAlign = 'center';
  drawing.fillText(bar.text, left + length / 2, bottom - 10 * ratio);
}
