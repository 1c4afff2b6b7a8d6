/**
 * What a text may consist of. The server's guard holds the same vocabulary
 * (`schema_version` 1): a name or attribute added here must be added there first.
 */
import { Mark, Node } from "@tiptap/core";
import Blockquote from "@tiptap/extension-blockquote";
import Bold from "@tiptap/extension-bold";
import { isChangeOrigin } from "@tiptap/extension-collaboration";
import Document from "@tiptap/extension-document";
import HardBreak from "@tiptap/extension-hard-break";
import Heading from "@tiptap/extension-heading";
import HorizontalRule from "@tiptap/extension-horizontal-rule";
import Italic from "@tiptap/extension-italic";
import Link from "@tiptap/extension-link";
import { BulletList, ListItem, ListKeymap, OrderedList } from "@tiptap/extension-list";
import Paragraph from "@tiptap/extension-paragraph";
import Strike from "@tiptap/extension-strike";
import Text from "@tiptap/extension-text";
import UniqueID from "@tiptap/extension-unique-id";

import { isSafeHref } from "./links.js";

export const SCHEMA_VERSION = 1;
export const HEADING_LEVELS = [2, 3, 4];
export const BLOCKS_WITH_ID = [
  "paragraph",
  "heading",
  "bulletList",
  "orderedList",
  "blockquote",
  "codeBlock",
  "horizontalRule",
];

const ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Ten random letters: short, because every block of every text carries one. */
export function blockId() {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return Array.from(bytes, (byte) => ID_LETTERS[byte % ID_LETTERS.length]).join("");
}

/** Keeps a plugin from answering what others wrote: else every open page makes the same change. */
function ofOwnEdits(plugin) {
  const append = plugin.spec.appendTransaction;
  if (append) {
    plugin.spec.appendTransaction = (transactions, ...states) =>
      transactions.some(isChangeOrigin) ? null : append.call(plugin, transactions, ...states);
  }
  return plugin;
}

/** A link keeps its address and nothing else: no class, target or rel travels in the text. */
const PlainLink = Link.extend({
  addAttributes() {
    return {
      href: { default: null, parseHTML: (element) => element.getAttribute("href") },
    };
  },
  addProseMirrorPlugins() {
    return (this.parent?.() ?? []).map(ofOwnEdits);
  },
}).configure({
  autolink: true,
  openOnClick: false,
  linkOnPaste: true,
  defaultProtocol: "https",
  HTMLAttributes: { rel: "nofollow ugc noopener", target: null },
  isAllowedUri: (address) => isSafeHref(address),
});

/** Numbered lists know where they start; letters and Roman numerals are not offered. */
const NumberedList = OrderedList.extend({
  addAttributes() {
    return {
      start: {
        default: 1,
        parseHTML: (element) => Number.parseInt(element.getAttribute("start") ?? "1", 10) || 1,
      },
    };
  },
});

/**
 * What no button makes but other doors may write (plain form, import): known all the same, for the
 * binding deletes from everybody's text what the schema does not know.
 */
const CodeBlock = Node.create({
  name: "codeBlock",
  group: "block",
  content: "inline*",
  code: true,
  defining: true,
  parseHTML: () => [{ tag: "pre", preserveWhitespace: "full" }],
  renderHTML: ({ HTMLAttributes }) => ["pre", HTMLAttributes, ["code", 0]],
});

const plainMark = (name, tag) =>
  Mark.create({
    name,
    parseHTML: () => [{ tag }],
    renderHTML: ({ HTMLAttributes }) => [tag, HTMLAttributes, 0],
  });

/** Ids for new blocks of this person; whoever merely opens a text writes nothing. */
export const BlockIds = UniqueID.configure({
  types: BLOCKS_WITH_ID,
  generateID: blockId,
  filterTransaction: (transaction) => !isChangeOrigin(transaction),
});

export const textExtensions = [
  BlockIds,
  Document,
  Paragraph,
  Text,
  Heading.configure({ levels: HEADING_LEVELS }),
  BulletList,
  NumberedList,
  ListItem,
  ListKeymap,
  Blockquote,
  HardBreak,
  HorizontalRule,
  Bold,
  Italic,
  Strike,
  PlainLink,
  CodeBlock,
  plainMark("code", "code"),
  plainMark("underline", "u"),
];
