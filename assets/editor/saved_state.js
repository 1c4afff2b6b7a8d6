/**
 * What may be said about the safety of this person's words. Pure: facts in, one state out.
 * "saved" and "clean" follow from acknowledgements alone, never from a timer.
 */
export const LATE_AFTER_MS = 5000;

/**
 * @param {object} facts
 *   readOnly, stopped, synced (this connection has the server's text), wasSynced (any has),
 *   unsent (edits without ack), kept (all unsent edits are in this device's store),
 *   lastAck (Date or null), waitingSince (ms or null), now (ms)
 * @returns {{state: string, count: number, at: Date|null}}
 */
export function savedState(facts) {
  const { unsent } = facts;
  const say = (state, at = null) => ({ state, count: unsent, at });
  if (unsent > 0) return say(whileUnsent(facts));
  if (facts.stopped) return say("stopped");
  if (!facts.synced) return say(facts.wasSynced ? "reconnecting" : "connecting");
  if (facts.readOnly) return say("reading");
  return facts.lastAck ? say("saved", facts.lastAck) : say("clean");
}

/** The instant at which the answer changes by itself, or null. */
export function changesAt(facts) {
  const saving = savedState(facts).state === "saving";
  return saving && facts.waitingSince !== null ? facts.waitingSince + LATE_AFTER_MS : null;
}

function whileUnsent(facts) {
  if (facts.stopped) return "unsent";
  if (facts.synced) return isLate(facts) ? "unsent" : "saving";
  return facts.kept ? "kept" : "unsent";
}

function isLate(facts) {
  return facts.waitingSince !== null && facts.now - facts.waitingSince >= LATE_AFTER_MS;
}
