/**
 * Which of this person's edits are durable. Knows no socket and no clock.
 *
 * An edit is one local change. A frame sent carries every edit made so far that no earlier frame
 * carried; the server's ack n says that n further frames of this connection are committed.
 */
export class AckCounter {
  #made = 0;
  #durable = 0;
  #inFlight = [];

  /** Edits made here that nobody has confirmed yet. */
  get unsent() {
    return this.#made - this.#durable;
  }

  /** Edits made since the page was opened, confirmed or not. */
  get made() {
    return this.#made;
  }

  edit() {
    this.#made += 1;
  }

  /** Edits of an earlier page load that this device kept. */
  inherit(edits) {
    this.#made += edits;
  }

  /** A new connection starts counting at nothing: what the old one still owed is sent again. */
  connected() {
    this.#inFlight = [];
  }

  /** A frame with everything made so far has left. */
  sent() {
    this.#inFlight.push(this.#made);
  }

  /** The server lacked nothing of what this browser holds, and it answers from committed text. */
  nothingMissing() {
    if (this.#inFlight.length === 0) this.#durable = this.#made;
  }

  /** Takes an ack of n frames; false when it confirms more than was sent. */
  acknowledge(frames) {
    if (frames > this.#inFlight.length) return false;
    const confirmed = this.#inFlight.splice(0, frames);
    this.#durable = Math.max(this.#durable, confirmed.at(-1) ?? 0);
    return true;
  }
}
