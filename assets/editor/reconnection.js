/**
 * What a closed socket means, and when to try again. The same table as for the listening socket:
 * 44xx is a decision of the server and ends the connection, everything else is an accident.
 */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

const VERDICTS = new Map([
  [4401, "signed-out"],
  [4403, "right-lost"],
  [4404, "gone"],
  [4409, "epoch"],
  [4413, "full"],
  [4422, "refused"],
  [4426, "old-editor"],
  [4429, "too-many"],
]);

/** "retry", or the reason why this connection has ended for good. `null`: we closed it ourselves. */
export function verdictOf(code) {
  if (code === null || code === undefined) return "retry";
  if (code < 4400 || code > 4499) return "retry";
  return VERDICTS.get(code) ?? "gone";
}

/** Milliseconds until attempt n (from 0): full jitter, at most 1 s at first, doubling to 30 s. */
export function waitBefore(attempt, random = Math.random) {
  const ceiling = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
  return Math.round(random() * ceiling);
}
