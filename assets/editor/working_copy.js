/** The copy of a text on this device: what was typed survives a dead battery. */
import * as idb from "lib0/indexeddb";
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";

import { forgetText, textName } from "./device.js";

const OPENING_MS = 2000;
const WRITTEN_CHECK_MS = 300;

export class WorkingCopy {
  #persistence = null;
  #checking = null;

  /** @param {object} heard  callbacks: kept() when all edits so far are on the disk, emptied() */
  constructor({ place, doc, heard }) {
    this.name = textName(place);
    this.doc = doc;
    this.heard = heard;
    /** Edits known to be in the store; compared with those made. */
    this.keptEdits = 0;
  }

  get isOpen() {
    return this.#persistence?.synced ?? false;
  }

  /** Whether an update came out of this store. */
  isOrigin(origin) {
    return origin !== null && origin === this.#persistence;
  }

  /** Loads what is there; without a store (private window, full disk) the text works all the same. */
  async open() {
    try {
      this.#persistence = new IndexeddbPersistence(this.name, this.doc);
      this.#persistence._db.catch(() => {});
      await Promise.race([this.#persistence.whenSynced, after(OPENING_MS)]);
      this.#persistence.db?.addEventListener("versionchange", this.#emptied);
    } catch {
      this.#persistence = null;
    }
  }

  /** Asks the store, behind the writes that wait in it, whether they are done. */
  keep(edits) {
    if (!this.isOpen || this.#checking !== null) return;
    this.#checking = setTimeout(async () => {
      this.#checking = null;
      try {
        const [updates] = idb.transact(this.#persistence.db, ["updates"]);
        await idb.count(updates);
        this.keptEdits = edits();
      } catch {
        return;
      }
      this.heard.kept();
    }, WRITTEN_CHECK_MS);
  }

  async close() {
    clearTimeout(this.#checking);
    this.#checking = null;
    const persistence = this.#persistence;
    this.#persistence = null;
    if (persistence?.db) await persistence.destroy();
  }

  async forget() {
    await this.close();
    await forgetText(this.name);
  }

  /** Another tab empties the device (sign-out, refusal): do not stand in its way, claim nothing. */
  #emptied = () => {
    this.close();
    this.keptEdits = 0;
    this.heard.emptied();
  };
}

/** The text of an older working copy, for what it alone still holds. */
export async function readCopy(place) {
  const doc = new Y.Doc();
  const copy = new WorkingCopy({ place, doc, heard: { kept() {}, emptied() {} } });
  await copy.open();
  await copy.close();
  return doc;
}

const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
