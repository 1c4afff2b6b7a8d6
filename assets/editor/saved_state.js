/**
 * What may be said about the safety of this person's words. Pure: facts in, one state out.
 * "saved" and "clean" follow from acknowledgements alone, never from a timer.
 */
export const LATE_AFTER_MS = 5000;
export const OFFLINE_AFTER_MS = 10_000;

/**
 * @param {object} facts
 *   readOnly, stopped, synced (this connection has the server's text), wasSynced (any has),
 *   unsent (edits without ack), kept (all unsent edits are in this device's store),
 *   lastAck (Date or null), waitingSince and lostSince (ms or null), now (ms)
 * @returns {{state: string, count: number, at: Date|null}}
 */
export function savedState(facts) {
  const { unsent } = facts;
  const say = (state, at = null) => ({ state, count: unsent, at });
  if (unsent > 0) return say(whileUnsent(facts));
  if (facts.stopped) return say("stopped");
  if (!facts.synced) return say(whileLost(facts));
  if (facts.readOnly) return say("reading");
  return facts.lastAck ? say("saved", facts.lastAck) : say("clean");
}

/** The instant at which the answer changes by itself, or null. */
export function changesAt(facts) {
  const { state } = savedState(facts);
  if (state === "saving") return later(facts.waitingSince, LATE_AFTER_MS);
  if (["connecting", "reconnecting"].includes(state)) return later(facts.lostSince, OFFLINE_AFTER_MS);
  return null;
}

function later(since, wait) {
  return since === null ? null : since + wait;
}

function whileLost(facts) {
  if (hasPassed(facts, facts.lostSince, OFFLINE_AFTER_MS)) return "offline";
  return facts.wasSynced ? "reconnecting" : "connecting";
}

function whileUnsent(facts) {
  if (facts.stopped) return "unsent";
  if (facts.synced) return hasPassed(facts, facts.waitingSince, LATE_AFTER_MS) ? "unsent" : "saving";
  return facts.kept ? "kept" : "unsent";
}

function hasPassed({ now }, since, wait) {
  return since !== null && now - since >= wait;
}
