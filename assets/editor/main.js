/**
 * The live editor of one text. It enhances the markup of
 * `templates/proposals/documents/_editor.html`; without this script that page reads and has a form.
 *
 * Root: an element with `data-coedit` and
 *   data-document   primary key of the document: /coedit/<document>/
 *   data-epoch      of the history the page was rendered from
 *   data-schema     schema_version of the text; another than the editor's own ends in `old-editor`
 *   data-user       the person, only to name what this device keeps; empty: it keeps nothing
 *   data-read-only  present: this person reads (sends nothing at all)
 *   data-frozen     present: nobody writes just now; the notice `frozen` is already visible
 *   data-word-…     sentences: connecting clean saved{time} saving unsent{count} kept offline
 *                   reconnecting reading stopped more-people{count} label copied
 * Inside it, each once:
 *   data-editor-toolbar   buttons [data-command], [aria-pressed] where there is a state
 *   data-editor-status    the saved state
 *   data-editor-people    <ul> of names        data-editor-hint   id: how the keyboard leaves
 *   data-editor-notices   [data-notice=kind] with one <p>, in it [data-reason]; [data-reload],
 *                         [data-again], [data-dismiss] are buttons. Kinds: frozen readonly thawed epoch
 *                         old-editor signed-out right-lost hidden gone too-many stopped refused full size
 *   data-editor-reading   the HTML of the server   data-editor-surface   where the editor goes
 *   data-editor-aside     own words not accepted: [data-aside-list], template[data-aside-item]
 *                         with [data-aside-text|copy|download|discard]
 *   data-editor-link      <dialog> with a form, [data-link-address|error|remove|cancel]
 *   data-editor-shortcuts <dialog> with [data-close]
 * Outside it: the page's one polite live region, [data-live-line].
 */
import { Workspace } from "./workspace.js";

const root = document.querySelector("[data-coedit]");
if (root) new Workspace(root).start();
