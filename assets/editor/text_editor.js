/** The editor itself: our schema bound to the session's text, own undo only, nothing injected. */
import { Editor } from "@tiptap/core";
import Collaboration from "@tiptap/extension-collaboration";

import { Carets } from "./carets.js";
import { Leaving } from "./leaving.js";
import { Pasting } from "./pasting.js";
import { textExtensions } from "./schema.js";

/** Tiptap's ids look here for a provider; without one they renumber the text at the first sync. */
const NO_PROVIDER = { on() {}, off() {} };

/**
 * @param {object} parts  surface (element), session, attributes (of the text box), editable,
 *                        changed() after every transaction
 */
export function openEditor({ surface, session, attributes, editable, changed }) {
  const extensions = [
    ...textExtensions,
    Leaving,
    Pasting,
    Collaboration.configure({ fragment: session.fragment, provider: NO_PROVIDER }),
  ];
  if (!session.readOnly) extensions.push(Carets.configure({ awareness: session.awareness }));
  return new Editor({
    element: surface,
    extensions,
    editable,
    injectCSS: false,
    editorProps: { attributes },
    enableCoreExtensions: { delete: false },
    onTransaction: changed,
    onFocus: changed,
    onBlur: changed,
  });
}
