/** Text as blocks of plain words, and what of it only this browser holds. Pure but for yjs types. */
import * as Y from "yjs";

/** One string per paragraph, heading or list item, in reading order. */
export function blocksOf(fragment) {
  return blocksBy(fragment, wordsOf);
}

function blocksBy(fragment, read) {
  const blocks = [];
  const waiting = fragment.toArray().reverse();
  while (waiting.length > 0) {
    const node = waiting.pop();
    const children = node instanceof Y.XmlElement ? node.toArray() : [];
    if (children.some((child) => child instanceof Y.XmlText)) {
      const text = children.map(read).join("").trim();
      if (text !== "") blocks.push(text);
    } else {
      waiting.push(...children.reverse());
    }
  }
  return blocks;
}

/**
 * What one client has written from a clock on: a string per block it wrote into, nothing of others.
 * Typing in several places of a block gives several pieces, set apart.
 */
export function wordsFrom(fragment, { client, clock }) {
  return blocksBy(fragment, (node) => piecesFrom(node, client, clock));
}

/** Blocks of `own` that `fresh` does not have, word for word; a block twice needs two partners. */
export function onlyHere(own, fresh) {
  const left = new Map();
  for (const block of fresh) left.set(block, (left.get(block) ?? 0) + 1);
  return own.filter((block) => {
    const partners = left.get(block) ?? 0;
    if (partners > 0) left.set(block, partners - 1);
    return partners === 0;
  });
}

function wordsOf(node) {
  if (node instanceof Y.XmlText) {
    return node
      .toDelta()
      .map(({ insert }) => (typeof insert === "string" ? insert : ""))
      .join("");
  }
  return node.nodeName === "hardBreak" ? "\n" : "";
}

function piecesFrom(node, client, clock) {
  if (!(node instanceof Y.XmlText)) return "";
  const pieces = [];
  let isNext = false;
  for (let item = node._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue;
    const isOwn = item.id.client === client && item.id.clock + item.length > clock;
    if (isOwn) {
      const piece = item.content.str.slice(Math.max(0, clock - item.id.clock));
      if (isNext) pieces.push(pieces.pop() + piece);
      else pieces.push(piece);
    }
    isNext = isOwn;
  }
  return pieces.join(" … ");
}
