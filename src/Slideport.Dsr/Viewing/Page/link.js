// Two slides that move together: where one lies on the other was settled when they were linked, and is measured in µm where both tell their size.

export class Link {
  constructor(one, other) {
    this.panes = [one, other];
    this.isOn = true;
    this.leader = one; // the one that somebody moves: the other's own moves come of following
    one.addEventListener('moved', () => this.#follow(one, other));
    other.addEventListener('moved', () => this.#follow(other, one));
    this.settle();
  }

  set on(isOn) {
    this.isOn = isOn;
    if (isOn) this.settle();
  }

  /** What is shown beside each other now belongs together. */
  settle() {
    const [a, b] = this.panes.map(pane => this.#measured(pane));
    this.offset = { x: b.x - a.x, y: b.y - a.y, zoom: b.zoom / a.zoom, rotation: b.rotation - a.rotation };
  }

  #follow(leader, follower) {
    if (!this.isOn || this.leader !== leader) return;
    const sign = leader === this.panes[0] ? 1 : -1;
    const { x, y, zoom, rotation } = this.#measured(leader);
    const unit = this.#unit(follower);
    follower.go({
      x: (x + sign * this.offset.x) / unit,
      y: (y + sign * this.offset.y) / unit,
      zoom: zoom * this.offset.zoom ** sign * unit,
      rotation: rotation + sign * this.offset.rotation,
    });
  }

  #unit(pane) { return this.panes.every(p => p.view.micronsPerPixel) ? pane.view.micronsPerPixel : 1; }

  #measured(pane) {
    const [{ x, y, zoom, rotation }, unit] = [pane.placeNow, this.#unit(pane)];
    return { x: x * unit, y: y * unit, zoom: zoom / unit, rotation };
  }
}
