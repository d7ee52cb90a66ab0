// A slide's ICC profile, applied to its tiles by the browser's graphics processor: the server tells what becomes of 33 steps of red, green and blue each
// (/slides/…/colors), which a texture of three dimensions interpolates between. Browsers decode the tiles as ever, and nothing is encoded anew.

const STEPS = 33;
const MAX_TILE = 4096;

const VERTEX = `#version 300 es
in vec2 corner;
out vec2 at;
void main() {
  at = corner;
  gl_Position = vec4(corner * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}`;

// The middle of the first texel is the first step, that of the last the last one.
const FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler3D;
uniform sampler2D tile;
uniform sampler3D colors;
in vec2 at;
out vec4 color;
void main() {
  vec3 scanned = texture(tile, at).rgb;
  color = vec4(texture(colors, (scanned * ${STEPS - 1}.0 + 0.5) / ${STEPS}.0).rgb, 1.0);
}`;

// What all slides of the page share. It is made when the page is loaded: that takes longer than asking what the slide is, which goes on meanwhile.
class Graphics {
  #canvas = document.createElement('canvas');
  #gl = this.#canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false, preserveDrawingBuffer: false });
  #program;

  constructor() {
    const gl = this.#gl;
    if (!gl) return;
    const program = this.#program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program); // nobody asks how it went until it is needed: asking is waiting
  }

  /** A slide's table of colours; throws where the browser does not allow it. */
  tableOf(bytes) {
    const gl = this.#gl;
    if (!gl) throw new Error('this browser has no WebGL 2');
    if (!gl.getParameter(gl.CURRENT_PROGRAM)) this.#use();
    const table = gl.createTexture();
    gl.activeTexture(gl.TEXTURE1);
    this.#bind(gl.TEXTURE_3D, table, gl.LINEAR);
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.RGBA8, STEPS, STEPS, STEPS, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    return table;
  }

  /** A decoded tile in the colours of the screen, as a drawing that is its own. */
  apply(table, bitmap) {
    const [gl, canvas] = [this.#gl, this.#canvas];
    const { width, height } = bitmap;
    if (gl.isContextLost() || width > MAX_TILE || height > MAX_TILE) throw new Error('this browser’s graphics have no room for it');
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    gl.viewport(0, 0, width, height);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_3D, table);
    gl.activeTexture(gl.TEXTURE0);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    const own = drawingOf(width, height);
    own.drawImage(canvas, 0, 0);
    return own;
  }

  #use() {
    const [gl, program] = [this.#gl, this.#program];
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error('this browser’s graphics do not run what is needed for it');
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(program, 'corner');
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    gl.uniform1i(gl.getUniformLocation(program, 'tile'), 0);
    gl.uniform1i(gl.getUniformLocation(program, 'colors'), 1);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.activeTexture(gl.TEXTURE0);
    this.#bind(gl.TEXTURE_2D, gl.createTexture(), gl.NEAREST);
  }

  #bind(target, texture, filter) {
    const gl = this.#gl;
    gl.bindTexture(target, texture);
    gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, filter);
    gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, filter);
    for (const way of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, ...target === gl.TEXTURE_3D ? [gl.TEXTURE_WRAP_R] : []]) gl.texParameteri(target, way, gl.CLAMP_TO_EDGE);
  }
}

const graphics = new Graphics();

/** The colours of one slide. */
export class Colors {
  #table;

  /** Colours that can be applied at once; throws where the browser or the profile does not allow it. */
  static async of(id, version) {
    const answer = await fetch(`/slides/${id}/colors?v=${version}`);
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `the server answers ${answer.status}`);
    return new Colors(await pixelsOf(await answer.blob()));
  }

  constructor(bytes) {
    this.#table = graphics.tableOf(bytes);
  }

  /** A decoded tile in the colours of the screen, as a drawing that is its own. */
  apply(bitmap) { return graphics.apply(this.#table, bitmap); }
}

/** Tiles of a source in a slide's colours, where and while the pane wants them. */
export function colored(source, pane) {
  const fetched = { downloadTileStart: source.downloadTileStart, downloadTileAbort: source.downloadTileAbort, getTileHashKey: source.getTileHashKey };
  source.getTileHashKey = (...tile) => `${pane.isColored ? 'colored' : 'scanned'} ${fetched.getTileHashKey.apply(source, tile)}`;
  source.downloadTileStart = async job => {
    if (!pane.isColored) {
      fetched.downloadTileStart.call(source, job);
      return;
    }
    const stop = job.userData.stop = new AbortController();
    try {
      const answer = await fetch(job.src, { signal: stop.signal });
      if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
      const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: 'none' });
      const colors = await pane.colors;
      const drawing = colors ? colors.apply(bitmap) : scannedOf(bitmap);
      bitmap.close();
      job.finish(drawing, null, 'context2d');
    } catch (problem) {
      job.fail(`The tile was not loaded: ${problem.message}`, null);
    }
  };
  source.downloadTileAbort = job => job.userData.stop ? job.userData.stop.abort() : fetched.downloadTileAbort.call(source, job);
  return source;
}

function scannedOf(bitmap) {
  const drawing = drawingOf(bitmap.width, bitmap.height);
  drawing.drawImage(bitmap, 0, 0);
  return drawing;
}

function drawingOf(width, height) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  return canvas.getContext('2d', { alpha: false });
}

/** The squares of the server's picture one behind the other: red, then green, then blue, as a texture wants them. */
async function pixelsOf(blob) {
  const picture = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
  if (picture.width !== STEPS * STEPS || picture.height !== STEPS) throw new Error('the server’s answer is no table of colours');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  drawing.drawImage(picture, 0, 0);
  picture.close();
  const table = new Uint8Array(4 * STEPS ** 3);
  for (let blue = 0; blue < STEPS; blue++) table.set(drawing.getImageData(blue * STEPS, 0, STEPS, STEPS).data, 4 * STEPS * STEPS * blue);
  return table;
}
