const SAFE_SCHEMES = ["http:", "https:", "mailto:"];

/** Only addresses that the server renders too: http, https and mailto. */
export function isSafeHref(address) {
  try {
    return SAFE_SCHEMES.includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

/** What a person typed into the link field, completed; null when no address can be made of it. */
export function completeHref(typed) {
  const address = typed.trim();
  if (address === "") return null;
  if (isSafeHref(address)) return address;
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(address)) return `mailto:${address}`;
  if (/^[^\s:/?#]+\.[^\s]+$/.test(address) && isSafeHref(`https://${address}`)) {
    return `https://${address}`;
  }
  return null;
}
