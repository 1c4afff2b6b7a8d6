/** The edit page: joins session, editor, status, toolbar and what to do when the server says no. */
import { Aside } from "./aside.js";
import { LinkDialog, shortcutsDialog } from "./dialogs.js";
import { Notices } from "./notices.js";
import { blocksOf } from "./own_words.js";
import { Presence } from "./presence.js";
import { waitBefore } from "./reconnection.js";
import { SCHEMA_VERSION } from "./schema.js";
import { Session } from "./session.js";
import { Status } from "./status.js";
import { openEditor } from "./text_editor.js";
import { Toolbar } from "./toolbar.js";
import { Words } from "./words.js";

const REFUSALS_ENDURED = 3;
/** The server's words for a text closed to everybody; they share one sentence. */
const CLOSED = ["closed", "quarantined", "readonly"];
const COPY_SHOWN_AFTER_MS = 5000;

export class Workspace {
  #editor = null;
  #session = null;
  #refusals = 0;
  #isLeaving = false;
  #toldClosed = false;
  #isConcealed = false;

  constructor(root) {
    const part = (name) => root.querySelector(`[data-editor-${name}]`);
    this.root = root;
    this.place = placeOf(root);
    this.readOnly = root.hasAttribute("data-read-only");
    this.surface = part("surface");
    this.reading = part("reading");
    this.words = new Words(root);
    const live = document.querySelector("[data-live-line]");
    this.status = new Status({ line: part("status"), live, words: this.words });
    this.presence = new Presence({ list: part("people"), words: this.words });
    this.aside = new Aside({ panel: part("aside"), place: this.place, words: this.words });
    const say = (sentence) => this.status.announce(sentence);
    this.notices = new Notices({ box: part("notices"), say, again: () => this.#again() });
    const editor = () => this.#editor;
    this.link = new LinkDialog({ dialog: part("link"), editor });
    const shortcuts = shortcutsDialog({ root, dialog: part("shortcuts") });
    const openers = { link: () => this.link.open(), shortcuts };
    this.toolbar = new Toolbar({ bar: part("toolbar"), editor, openers });
  }

  async start() {
    this.root.dataset.ready = "";
    addEventListener("beforeunload", this.#guard);
    addEventListener("rembuk:signing-out", () => this.#leave());
    document.addEventListener("rembuk:hidden", () => this.#hide());
    this.surface.addEventListener("keydown", (event) => this.#linkKey(event));
    this.toolbar.draw();
    // A kept script with a page of tomorrow: it would delete what it does not know.
    if (this.root.dataset.schema !== String(SCHEMA_VERSION)) {
      this.notices.show("old-editor");
      return;
    }
    if (!this.readOnly) await this.aside.collectOlder();
    this.#open();
  }

  #open() {
    if (this.#isConcealed) return;
    this.notices.hide("too-many", "stopped");
    const session = new Session({
      place: this.place,
      readOnly: this.readOnly,
      heard: {
        changed: () => this.#changed(session),
        opened: () => (this.#toldClosed = false),
        synced: () => this.#synced(session),
        notice: (details) => this.#noticed(details),
        refused: (details) => this.#refused(details),
        ended: (verdict) => this.#ended(verdict),
      },
    });
    this.#session = session;
    session.isFrozen = this.root.hasAttribute("data-frozen");
    this.presence.watch(session.awareness);
    this.status.show(session.facts);
    session.start();
    setTimeout(() => this.#mountCopy(session), COPY_SHOWN_AFTER_MS);
  }

  /** A closed text says so before it syncs; a silent one has been thawed meanwhile. */
  #synced(session) {
    if (session !== this.#session) return;
    if (session.isFrozen && !this.#toldClosed) this.#thaw();
    if (this.#editor?.session !== session) this.#mount();
  }

  /** The server's text is here: the page's reading text gives way to the editor. */
  #mount() {
    this.aside.show(blocksOf(this.#session.fragment));
    this.#editor?.destroy();
    this.surface.replaceChildren();
    this.#editor = openEditor({
      surface: this.surface,
      session: this.#session,
      editable: this.#mayWrite,
      attributes: this.#boxAttributes,
      changed: () => this.toolbar.draw(),
    });
    this.#editor.session = this.#session;
    this.reading.hidden = true;
    this.surface.hidden = false;
    this.toolbar.draw();
  }

  /** No connection, but this device holds the text with unsent words: go on with that. */
  #mountCopy(session) {
    const hasCopy = session.unsent > 0 && session.fragment.length > 0;
    if (session === this.#session && !session.isStopped && !this.#editor && hasCopy) this.#mount();
  }

  get #mayWrite() {
    return !this.readOnly && !this.#session.isFrozen && !this.#session.isStopped;
  }

  get #boxAttributes() {
    const spoken = { class: "prose", "aria-label": this.words.say("label") };
    if (!this.#mayWrite) return { ...spoken, role: "document" };
    const hint = this.root.querySelector("[data-editor-hint]").id;
    return { ...spoken, role: "textbox", "aria-multiline": "true", "aria-describedby": hint };
  }

  #changed(session) {
    if (session !== this.#session) return;
    const { facts } = session;
    if (facts.lastAck) this.#refusals = 0;
    this.status.show(facts);
  }

  #again() {
    this.#refusals = 0;
    this.#open();
  }

  #noticed(details) {
    const acts = {
      frozen: () => this.#freeze("frozen", details.reason),
      mode: () => (details.mode === "readonly" ? this.#freeze("readonly", "") : this.#thaw()),
      thawed: () => this.#thaw(),
      hidden: () => this.#hide(),
      epoch: () => this.#end("epoch"),
      people: () => this.#count(details.n),
    };
    if (Object.hasOwn(acts, details.kind)) acts[details.kind]();
  }

  #freeze(kind, reason) {
    this.#toldClosed = true;
    this.notices.hide("thawed");
    this.root.setAttribute("data-frozen", "");
    this.#session.isFrozen = true;
    this.notices.show(kind, reason);
    this.#redraw();
  }

  #thaw() {
    this.root.removeAttribute("data-frozen");
    this.#session.isFrozen = false;
    this.notices.hide("frozen", "readonly", "hidden");
    // The page was made for a reader; whether this person may write is the server's to say.
    if (this.readOnly) this.notices.show("thawed");
    this.#redraw();
  }

  #redraw() {
    const editorProps = { attributes: this.#boxAttributes };
    this.#editor?.setOptions({ editable: this.#mayWrite, editorProps });
    this.toolbar.draw();
    this.status.show(this.#session.facts);
  }

  #count(people) {
    if (!Number.isInteger(people)) return;
    this.presence.total = people;
    this.presence.draw(this.#session.awareness);
  }

  /** Nothing after a refused edit can be stored: set the words aside, join anew under a new name. */
  async #refused({ code, reason }) {
    if (code === "viewer") return this.#end("right-lost");
    if (code === "hidden" && !this.#isModerator) return this.#conceal("hidden");
    this.#refusals += 1;
    this.#redraw();
    const kind = CLOSED.includes(code) ? "readonly" : code;
    this.notices.show(this.notices.has(kind) ? kind : "refused", reason);
    await this.#close({ forget: true });
    if (this.#refusals > REFUSALS_ENDURED) return this.notices.show("stopped");
    return setTimeout(() => this.#open(), waitBefore(this.#refusals));
  }

  #ended(verdict) {
    if (verdict === "refused" || verdict === "full") this.#refused({ code: verdict });
    else if (verdict === "right-lost" || verdict === "gone") this.#conceal(verdict);
    else this.#end(verdict);
  }

  /** Moderators read hidden texts on; whoever else is here has nothing more to see. */
  #hide() {
    if (this.#isModerator) this.#freeze("hidden", "");
    else this.#conceal("hidden");
  }

  get #isModerator() {
    return (document.body.dataset.roles ?? "").split(" ").includes("moderator");
  }

  /** This person may not read the text any more: nothing of it stays, here or on the device. */
  async #conceal(kind) {
    if (this.#isConcealed) return;
    this.#isConcealed = true;
    const known = linesOf(this.reading);
    const session = this.#session;
    this.aside.keepOwn(session?.unsentWords(known) ?? []);
    this.notices.hide("frozen", "readonly", "thawed");
    this.notices.show(kind);
    this.root.dataset.concealed = "";
    document.dispatchEvent(new Event("rembuk:concealed"));
    this.link.dialog.close();
    const ended = session?.end({ forget: true });
    this.#editor?.destroy();
    this.#editor = null;
    this.surface.replaceChildren();
    this.reading.replaceChildren();
    this.aside.show(known);
    if (session) this.#redraw();
    await ended;
  }

  /** Over for this page. What the server will take at the next visit stays on this device. */
  async #end(verdict) {
    const comesBack = ["signed-out", "old-editor", "too-many"].includes(verdict);
    const fresh = linesOf(this.reading);
    this.#redraw();
    this.notices.show(verdict);
    await this.#close({ forget: !comesBack });
    this.#redraw();
    if (!comesBack) this.aside.show(fresh);
  }

  async #close({ forget }) {
    const session = this.#session;
    if (forget && session.unsent > 0) this.aside.keep(session.fragment);
    await session.end({ forget });
  }

  #linkKey(event) {
    if (event.key !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.link.open();
  }

  /** Asked only while something is unacknowledged: a page that always asks is not believed. */
  #guard = (event) => {
    const owed = this.#session?.unsent > 0 || this.aside.unkept.length > 0;
    if (owed && !this.#isLeaving) event.preventDefault();
  };

  /** Signing out: the person was warned, the device is being emptied. */
  #leave() {
    this.#isLeaving = true;
    this.#session?.end({ forget: true });
  }
}

function placeOf({ dataset }) {
  const address = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/coedit`;
  const { document, epoch, user } = dataset;
  return { address, document, epoch, schema: String(SCHEMA_VERSION), user };
}

function linesOf(reading) {
  const blocks = [...reading.querySelectorAll("p, h2, h3, h4")];
  return blocks.map((block) => block.textContent.trim());
}
