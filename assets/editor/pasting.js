/**
 * Pasted pages arrive full of styles, which the page's policy refuses to apply. What a style meant
 * is turned into elements, the rest is dropped before the editor reads it; a paste is one undo.
 */
import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";
import { yUndoPluginKey } from "@tiptap/y-tiptap";

const KEPT_ATTRIBUTES = ["href", "start", "data-pm-slice"];
const DROPPED = "script, style, template, iframe, object, svg, math, head, meta, link, title";
const OUR_LEVELS = { H1: "h2", H5: "h4", H6: "h4" };
const MEANINGS = [
  ["strong", /font-weight\s*:\s*(bold|[6-9]00)/i],
  ["em", /font-style\s*:\s*italic/i],
  ["s", /text-decoration[^;]*:[^;]*line-through/i],
];

/** Google's clipboard wraps everything in a <b> that says it is not bold. */
const NOT_BOLD = /font-weight\s*:\s*normal/i;

/** HTML with our vocabulary only. The parsed page has no window: nothing in it loads or runs. */
export function cleanPaste(html) {
  const page = new DOMParser().parseFromString(withoutStyleAttributes(html), "text/html");
  for (const element of page.querySelectorAll(DROPPED)) element.remove();
  for (const element of [...page.body.querySelectorAll("*")]) clean(element, page);
  return page.body.innerHTML;
}

/**
 * The browser reports each style attribute it parses; under another name it is only text. Event
 * handlers likewise. In the text between tags the same words stay as they are.
 */
function withoutStyleAttributes(html) {
  return html.replace(/<[a-z][^<>]*>/gi, (tag) =>
    tag.replace(/(\s)style(\s*=)/gi, "$1data-style$2").replace(/(\s)(on[a-z]+\s*=)/gi, "$1data-$2"),
  );
}

function clean(element, page) {
  const style = element.getAttribute("data-style") ?? "";
  const strange = [...element.attributes].filter(({ name }) => !KEPT_ATTRIBUTES.includes(name));
  for (const { name } of strange) element.removeAttribute(name);
  if (element.tagName === "B" && NOT_BOLD.test(style)) {
    element.replaceWith(...element.childNodes);
    return;
  }
  for (const [name, meaning] of MEANINGS) if (meaning.test(style)) wrapInside(element, name, page);
  if (element.tagName in OUR_LEVELS) rename(element, OUR_LEVELS[element.tagName], page);
}

function wrapInside(element, name, page) {
  const wrapper = page.createElement(name);
  wrapper.append(...element.childNodes);
  element.append(wrapper);
}

function rename(element, name, page) {
  const renamed = page.createElement(name);
  renamed.append(...element.childNodes);
  element.replaceWith(renamed);
}

export const Pasting = Extension.create({
  name: "pasting",
  addProseMirrorPlugins() {
    const paste = (view) => {
      yUndoPluginKey.getState(view.state)?.undoManager.stopCapturing();
      return false;
    };
    return [
      new Plugin({ props: { transformPastedHTML: cleanPaste, handleDOMEvents: { paste } } }),
    ];
  },
});
