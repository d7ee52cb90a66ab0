// A slide's own levels as OpenSeadragon takes them. Levels count from the smallest there, from the largest here; each has its own tile size and its
// own scale either way, for scanners round. A tile at the edge hangs over: only what is inside of the level is drawn, and nothing is stretched.

// More tiles than that at once would keep a browser busy for a minute: then a level is made by the server (DeepZoom).
const MAX_TILES_AT_ONCE = 600;

/** The tile source of a slide. */
export function tilesOf(id, view) {
  const { OpenSeadragon } = window;
  const levels = view.levels;
  const smallest = levels.at(-1);
  if (smallest.columns * smallest.rows > MAX_TILES_AT_ONCE) return `/slides/${id}/deepzoom.dzi`;
  const [width, height] = [levels[0].width, levels[0].height];
  const ratio = height / width;
  const last = levels.length - 1;
  const at = level => levels[last - level];
  return new OpenSeadragon.TileSource({
    width, height,
    tileWidth: levels[0].tileWidth, tileHeight: levels[0].tileHeight, tileOverlap: 0,
    minLevel: 0, maxLevel: last,
    getLevelScale: level => at(level).width / width,
    getTileWidth: level => at(level).tileWidth,
    getTileHeight: level => at(level).tileHeight,
    getNumTiles: level => new OpenSeadragon.Point(at(level).columns, at(level).rows),
    getTileAtPoint(level, point) {
      const own = at(level);
      return new OpenSeadragon.Point(
        Math.min(own.columns - 1, Math.max(0, Math.floor(point.x * own.width / own.tileWidth))),
        Math.min(own.rows - 1, Math.max(0, Math.floor(point.y / ratio * own.height / own.tileHeight))));
    },
    getTileBounds(level, column, row, isSource) {
      const own = at(level);
      const [left, top] = [column * own.tileWidth, row * own.tileHeight];
      const [across, down] = [Math.min(own.tileWidth, own.width - left), Math.min(own.tileHeight, own.height - top)];
      return isSource
        ? new OpenSeadragon.Rect(0, 0, across, down)
        : new OpenSeadragon.Rect(left / own.width, top / own.height * ratio, across / own.width, down / own.height * ratio);
    },
    getTileUrl: (level, column, row) => `/slides/${id}/tiles/${last - level}/${column}/${row}?v=${view.version}`,
  });
}
