// How far every topic is, and which of two words about an element is the newer one.
//
// Numbers of a topic have the order of commits and no gaps. Frames may come late, twice or in
// another order; an answer was read at a number and knows nothing of what came after it. Between
// topics that tell of the same element, the moment of the number decides.
const KEPT = 1_000;
const PAGE = "";
const ages = new Map();
const floors = new Map();
export const topics = new Map();

export function numbersOf(page) {
  const found = new Map();
  for (const element of page.querySelectorAll("[data-live]")) {
    for (const [, topic, number] of element.dataset.live.matchAll(/(\S+)@(\d+)/g)) {
      found.set(topic, Math.max(found.get(topic) ?? 0, Number(number)));
    }
  }
  return found;
}

export function begin(page) {
  for (const [topic, number] of numbersOf(page)) {
    topics.set(topic, { last: number, wanted: number, ahead: new Set() });
    raise(PAGE, topic, number);
  }
}

function raise(region, topic, number) {
  const known = floors.get(region) ?? new Map();
  floors.set(region, known.set(topic, Math.max(known.get(topic) ?? 0, number)));
}

function floorOf(topic, place) {
  const region = place?.closest("[data-live-region][id]")?.id;
  return Math.max(floors.get(PAGE)?.get(topic) ?? 0, floors.get(region)?.get(topic) ?? 0);
}

// Says whether a word is the newest about its element, which stands (or would stand) at a place.
export function accepts(topic, id, age, place) {
  if (!age) return true;
  const [at, when] = age, known = ages.get(id);
  if (at <= floorOf(topic, place)) return false;
  if (known && (known.topic === topic ? at < known.at : when < known.when)) return false;
  ages.delete(id);
  ages.set(id, { topic, at, when });
  if (ages.size > KEPT) ages.delete(ages.keys().next().value);
  return true;
}

// What was heard of so far: whatever is asked for now will know all of it.
export function heardOf() {
  return new Map([...topics].map(([topic, { last, wanted, ahead }]) => [topic, Math.max(last, wanted, ...ahead)]));
}

// The elements of which a push said something that an answer with these numbers cannot know.
export function newerThan(numbers) {
  const isNewer = ([, { topic, at }]) => at > (numbers.get(topic) ?? 0);
  return new Set([...ages].filter(isNewer).map(([id]) => id));
}

// A region shows everything up to these numbers: what comes late for it comes too late.
export function shows(region, numbers) {
  for (const [topic, number] of numbers) raise(region, topic, number);
}

// Everything up to these numbers is on the page.
export function reach(numbers) {
  for (const [name, number] of numbers) {
    const topic = topics.get(name);
    if (!topic) continue;
    topic.last = Math.max(topic.last, number);
    for (const ahead of topic.ahead) if (ahead <= topic.last) topic.ahead.delete(ahead);
    while (topic.ahead.delete(topic.last + 1)) topic.last += 1;
  }
}

export function hasHole(name, numbers) {
  const topic = topics.get(name);
  for (const number of numbers) if (number > topic.last) topic.ahead.add(number);
  while (topic.ahead.delete(topic.last + 1)) topic.last += 1;
  return topic.ahead.size > 0;
}

// Says whether the page has to fetch. A greeting that is further back tells of a restored database.
export function hasMoved(name, { moved, spread }) {
  const topic = topics.get(name);
  if (!moved || moved === topic.last) return false;
  if (moved < topic.last) {
    if (spread !== 0) return false;
    topic.last = topic.wanted = moved;
    topic.ahead.clear();
    for (const known of floors.values()) known.delete(name);
    for (const [id, age] of ages) if (age.topic === name) ages.delete(id);
    return true;
  }
  topic.wanted = Math.max(topic.wanted, moved);
  return true;
}
