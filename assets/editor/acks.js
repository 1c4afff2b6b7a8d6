/**
 * Which of this person's edits are durable. Knows no socket and no clock.
 *
 * An edit is one local change. A frame sent carries every edit made so far that no earlier frame
 * carried; the server's ack n says that n further frames of this connection are committed.
 */
export class AckCounter {
  #made = 0;
  #durable = 0;
  #inherited = 0;
  #inFlight = [];
  /** The clock of this browser's own words up to which they are durable. */
  durableClock = 0;

  /** Edits made here that nobody has confirmed yet. */
  get unsent() {
    return this.#made - this.#durable;
  }

  /** Edits made since the page was opened, confirmed or not. */
  get made() {
    return this.#made;
  }

  /** Whether edits of an earlier page load, made under another clientID, are still owed. */
  get owesInherited() {
    return this.#durable < this.#inherited;
  }

  edit() {
    this.#made += 1;
  }

  /** Edits of an earlier page load that this device kept. */
  inherit(edits) {
    this.#made += edits;
    this.#inherited = this.#made;
  }

  /** A new connection starts counting at nothing: what the old one still owed is sent again. */
  connected() {
    this.#inFlight = [];
  }

  /** A frame with everything made so far has left; `clock` is that of the own words in it. */
  sent(clock = 0) {
    this.#inFlight.push({ made: this.#made, clock });
  }

  /** The server lacked nothing of what this browser holds, and it answers from committed text. */
  nothingMissing(clock = 0) {
    if (this.#inFlight.length === 0) this.#confirm({ made: this.#made, clock });
  }

  /** Takes an ack of n frames; false when it confirms more than was sent. */
  acknowledge(frames) {
    if (frames > this.#inFlight.length) return false;
    const confirmed = this.#inFlight.splice(0, frames);
    if (confirmed.length > 0) this.#confirm(confirmed.at(-1));
    return true;
  }

  #confirm({ made, clock }) {
    this.#durable = Math.max(this.#durable, made);
    this.durableClock = Math.max(this.durableClock, clock);
  }
}
