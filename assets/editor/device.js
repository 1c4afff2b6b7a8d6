/**
 * What this device keeps of a text, and under which name. Shared by the editor and the sign-out of
 * every page, so it knows neither yjs nor the editor.
 *
 *   rembuk-text:<document>:<epoch>:<user>          the working copy (y-indexeddb)
 *   rembuk-aside:<document>:<user>:<time>          own words that were not accepted (localStorage)
 *   rembuk-unsent:<document>:<epoch>:<user>        how many edits wait for an ack (localStorage)
 */
const TEXT = "rembuk-text:";
const ASIDE = "rembuk-aside:";
const UNSENT = "rembuk-unsent:";

export const textName = ({ document, epoch, user }) => `${TEXT}${document}:${epoch}:${user}`;

/** Says how many edits of a text wait here; remembered so that a sign-out elsewhere can warn. */
export function rememberUnsent({ document, epoch, user }, count) {
  const key = `${UNSENT}${document}:${epoch}:${user}`;
  if (count > 0) write(key, String(count));
  else localStorageOr(null)?.removeItem(key);
}

/** Edits of this very text that an earlier page load left unsent here. */
export function unsentBefore({ document, epoch, user }) {
  return Number(read(`${UNSENT}${document}:${epoch}:${user}`) ?? 0);
}

/** Edits of any text on this device that no server has confirmed. */
export function unsentAnywhere() {
  return keys(UNSENT).reduce((sum, key) => sum + Number(read(key) ?? 0), 0);
}

/** Names of older working copies of the same text and person (another epoch) with unsent edits. */
export function unsentElsewhere({ document, epoch, user }) {
  return keys(`${UNSENT}${document}:`)
    .map((key) => key.slice(UNSENT.length).split(":"))
    .filter(([, otherEpoch, otherUser]) => otherUser === user && otherEpoch !== epoch)
    .map(([, otherEpoch]) => otherEpoch);
}

/** Keeps own words that were not accepted, so that a reload or a crash does not lose them. */
export function setAside({ document, user }, words) {
  const key = `${ASIDE}${document}:${user}:${Date.now()}`;
  return write(key, words) ? key : null;
}

export function asideOf({ document, user }) {
  return keys(`${ASIDE}${document}:${user}:`)
    .sort()
    .map((key) => ({ key, words: read(key) ?? "" }));
}

export function forgetAside(key) {
  localStorageOr(null)?.removeItem(key);
}

/** Empties everything of this portal's texts: somebody else sits here next. */
export async function forgetEverything() {
  for (const prefix of [UNSENT, ASIDE]) {
    for (const key of keys(prefix)) localStorageOr(null)?.removeItem(key);
  }
  const databases = (await globalThis.indexedDB?.databases?.()) ?? [];
  const names = databases.map(({ name }) => name).filter((name) => name?.startsWith(TEXT));
  await Promise.all(names.map(forgetText));
}

export function forgetText(name) {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    for (const outcome of ["success", "error", "blocked"]) {
      request.addEventListener(outcome, () => resolve(outcome));
    }
  });
}

function keys(prefix) {
  const storage = localStorageOr({});
  return Object.keys(storage).filter((key) => key.startsWith(prefix));
}

function read(key) {
  return localStorageOr(null)?.getItem(key) ?? null;
}

function write(key, value) {
  try {
    localStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** Reading the property alone throws where storage is switched off. */
function localStorageOr(nothing) {
  try {
    return globalThis.localStorage ?? nothing;
  } catch {
    return nothing;
  }
}
