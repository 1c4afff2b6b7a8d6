/**
 * One stay in one text: a Y.Doc with its clientID, its copy on this device, its socket, its acks.
 * It ends with a refusal and never comes back: who goes on writing does so in a new one.
 */
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { AckCounter } from "./acks.js";
import { Connection } from "./connection.js";
import { rememberUnsent, unsentBefore } from "./device.js";
import { blocksOf, onlyHere, wordsFrom } from "./own_words.js";
import { WorkingCopy } from "./working_copy.js";

export const FRAGMENT = "default";

export class Session {
  #acks = new AckCounter();
  #lastAck = null;
  #waitingSince = null;
  #lostSince = Date.now();
  #synced = false;
  #wasSynced = false;
  #stopped = false;
  #remembered = 0;
  #isSetAside = false;

  /**
   * @param {object} heard  changed(), opened() and synced() of each connection, notice(details),
   *                        refused(details), ended(verdict)
   */
  constructor({ place, readOnly, heard }) {
    this.place = place;
    this.readOnly = readOnly;
    this.heard = heard;
    this.doc = new Y.Doc();
    this.fragment = this.doc.getXmlFragment(FRAGMENT);
    this.awareness = new Awareness(this.doc);
    // Once more: a state at clock 0, as it is made, is not news to other browsers.
    this.awareness.setLocalState(readOnly ? null : {});
    this.nextTry = null;
    /** Frozen or read-only while one is here: what was typed before is still owed. */
    this.isFrozen = false;
    this.copy = new WorkingCopy({
      place,
      doc: this.doc,
      heard: { kept: () => heard.changed(), emptied: () => heard.changed() },
    });
    // Before the provider listens: an edit is counted before the frame that carries it.
    this.doc.on("update", this.#edited);
    this.connection = this.#connect();
  }

  /** Edits this session still owes the server; those set aside it owes no more. */
  get unsent() {
    return this.#isSetAside ? 0 : this.#acks.unsent;
  }

  get isStopped() {
    return this.#stopped;
  }

  /**
   * The words of this person that no server has, block by block, without those of others. Whose an
   * earlier visit's are no clientID tells: then whatever `known`, the text of the page, lacks.
   */
  unsentWords(known) {
    if (this.unsent === 0) return [];
    if (this.#acks.owesInherited) return onlyHere(blocksOf(this.fragment), known);
    const from = { client: this.doc.clientID, clock: this.#acks.durableClock };
    return wordsFrom(this.fragment, from);
  }

  get facts() {
    return {
      readOnly: this.readOnly || this.isFrozen,
      stopped: this.#stopped,
      synced: this.#synced,
      wasSynced: this.#wasSynced,
      unsent: this.unsent,
      kept: this.copy.keptEdits >= this.#acks.made,
      lastAck: this.#lastAck,
      waitingSince: this.#waitingSince,
      lostSince: this.#lostSince,
      now: Date.now(),
    };
  }

  /** Without a name for the person nothing is kept: the next one here would be given it. */
  get #isKept() {
    return !this.readOnly && Boolean(this.place.user);
  }

  async start() {
    if (this.#isKept) {
      await this.copy.open();
      this.#remembered = unsentBefore(this.place);
      this.#acks.inherit(this.#remembered);
      if (this.copy.isOpen) this.copy.keptEdits = this.#acks.made;
    }
    if (this.#stopped) return;
    this.connection.open();
  }

  /** Stops for good. The copy on this device stays unless it is to be forgotten. */
  async end({ forget = false } = {}) {
    this.#stopped = true;
    this.#synced = false;
    this.connection.end();
    this.awareness.destroy();
    this.doc.off("update", this.#edited);
    if (!forget) return this.copy.close();
    this.#isSetAside = true;
    rememberUnsent(this.place, 0);
    return this.copy.forget();
  }

  #connect() {
    return new Connection({
      place: this.place,
      doc: this.doc,
      awareness: this.awareness,
      readOnly: this.readOnly,
      heard: {
        opened: () => this.#opened(),
        left: (kind) => this.#left(kind),
        acked: (frames) => this.#acked(frames),
        synced: (isSynced) => this.#syncedNow(isSynced),
        waiting: (ms) => this.#waiting(ms),
        notice: (details) => this.heard.notice(details),
        refused: (details) => this.#stop(() => this.heard.refused(details)),
        ended: (verdict) => this.#stop(() => this.heard.ended(verdict)),
      },
    });
  }

  #edited = (_update, origin) => {
    if (origin === this.connection.provider || this.copy.isOrigin(origin)) return;
    if (this.unsent === 0) this.#waitingSince = Date.now();
    this.#acks.edit();
    this.copy.keep(() => this.#acks.made);
    this.#changed();
  };

  #opened() {
    this.#acks.connected();
    this.heard.opened();
  }

  #left(kind) {
    if (kind === "empty-step2") {
      this.#acks.nothingMissing(this.#ownClock);
      this.#settle();
    } else {
      this.#acks.sent(this.#ownClock);
    }
  }

  get #ownClock() {
    return Y.getState(this.doc.store, this.doc.clientID);
  }

  #acked(frames) {
    if (!this.#acks.acknowledge(frames)) return;
    this.#lastAck = new Date();
    this.#settle();
  }

  #settle() {
    this.#waitingSince = this.unsent > 0 ? Date.now() : null;
    this.#changed();
  }

  #syncedNow(isSynced) {
    if (isSynced === this.#synced) return;
    this.#synced = isSynced;
    this.#lostSince = isSynced ? null : Date.now();
    if (isSynced && this.unsent > 0) this.#waitingSince = Date.now();
    this.#changed();
    if (!isSynced) return;
    this.#wasSynced = true;
    this.heard.synced();
  }

  #waiting(ms) {
    this.nextTry = ms === null ? null : Date.now() + ms;
    this.#changed();
  }

  #changed() {
    this.#remember();
    this.heard.changed();
  }

  /** For a sign-out on another page, and for the next visit after a crash. */
  #remember() {
    if (!this.#isKept || this.#stopped || this.unsent === this.#remembered) return;
    this.#remembered = this.unsent;
    rememberUnsent(this.place, this.unsent);
  }

  #stop(tell) {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#synced = false;
    this.connection.end();
    tell();
    this.heard.changed();
  }
}
