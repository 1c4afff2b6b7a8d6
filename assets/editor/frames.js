/** Frames as they travel: a type, then a body. 0 and 1 are y-protocols', 4 to 7 are ours. */
export const SYNC = 0;
export const AWARENESS = 1;
export const ACK = 4;
export const REFUSED = 5;
export const BEAT = 6;
export const NOTICE = 7;

const STEP_2 = 1;
const UPDATE = 2;

/**
 * What an outgoing frame is to the counting of acks: "step2", "empty-step2", "update" or "other".
 * An empty step 2 is `00 00`: no structs, no deletions.
 */
export function kindOf(bytes) {
  if (bytes[0] !== SYNC) return "other";
  if (bytes[1] === UPDATE) return "update";
  if (bytes[1] !== STEP_2) return "other";
  const isEmpty = bytes.length === 5 && bytes[2] === 2 && bytes[3] === 0 && bytes[4] === 0;
  return isEmpty ? "empty-step2" : "step2";
}

/** The object in a refusal or notice; an empty one when it cannot be read. */
export function readDetails(json) {
  try {
    const details = JSON.parse(json);
    return details !== null && typeof details === "object" ? details : {};
  } catch {
    return {};
  }
}

/** A refusal is one word, or details with a code. */
export function readRefusal(text) {
  const details = readDetails(text);
  return typeof details.code === "string" ? details : { code: text, reason: "" };
}
