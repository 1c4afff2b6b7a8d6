/** The socket of one text: y-websocket's provider with our acks, our reconnection, our manners. */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { encodeAwarenessUpdate } from "y-protocols/awareness";
import { WebsocketProvider } from "y-websocket";

import { ACK, AWARENESS, BEAT, kindOf, NOTICE, readDetails, readRefusal, REFUSED } from "./frames.js";
import { verdictOf, waitBefore } from "./reconnection.js";

const CURSOR_PAUSE_MS = 200;
const STEADY_AFTER_MS = 5000;
const FRAME_TOO_LARGE = 1009;

/**
 * @param {object} place  address ("wss://host/coedit"), document, epoch, schema
 * @param {object} heard  callbacks: opened, left(kind), acked(n), refused(details), notice(details),
 *                        synced(bool), waiting(ms or null), ended(verdict)
 */
export class Connection {
  #timer = null;
  #attempt = 0;
  #ended = false;
  #syncedAt = null;
  #wasTooLarge = false;
  #cursorTimer = null;
  #cursorSentAt = 0;

  constructor({ place, doc, awareness, readOnly, heard }) {
    this.heard = heard;
    this.awareness = awareness;
    this.provider = new WebsocketProvider(place.address, `${place.document}/`, doc, {
      awareness,
      connect: false,
      disableBc: true,
      params: { epoch: place.epoch, schema: place.schema, client: String(doc.clientID) },
      shouldReconnect: () => false,
      WebSocketPolyfill: countingSocket({ readOnly, heard }),
    });
    this.#listenToServer();
    this.#sendOnlyOwnAwareness();
    this.#reconnectByOwnTimer();
  }

  get isOpen() {
    return this.provider.wsconnected;
  }

  open() {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.heard.waiting(null);
    this.provider.connect();
  }

  /** Ends it for good; nothing more is sent, nothing is tried again. */
  end() {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#cursorTimer);
    removeEventListener("online", this.wake);
    removeEventListener("offline", this.#lostNetwork);
    document.removeEventListener("visibilitychange", this.wake);
    this.awareness.off("update", this.#ownAwareness);
    this.provider.destroy();
  }

  /** The network or the reader is back: do not sit out a long wait. */
  wake = () => {
    if (this.#timer === null || document.hidden) return;
    this.#attempt = 0;
    this.#openLater();
  };

  #listenToServer() {
    const handlers = this.provider.messageHandlers;
    handlers[ACK] = (_encoder, decoder) => {
      this.#wasTooLarge = false;
      this.heard.acked(decoding.readVarUint(decoder));
    };
    handlers[REFUSED] = (_encoder, decoder) =>
      this.heard.refused(readRefusal(decoding.readVarString(decoder)));
    handlers[BEAT] = () => {};
    handlers[NOTICE] = (_encoder, decoder) =>
      this.heard.notice(readDetails(decoding.readVarString(decoder)));
    this.provider.on("sync", (isSynced) => {
      if (isSynced) this.#syncedAt = Date.now();
      this.heard.synced(isSynced);
    });
  }

  /** The stock handler sends back every change it receives; with N people that is N² frames. */
  #sendOnlyOwnAwareness() {
    this.awareness.off("update", this.provider._awarenessUpdateHandler);
    this.awareness.on("update", this.#ownAwareness);
  }

  #ownAwareness = (_changes, origin) => {
    if (origin !== "local" || this.#cursorTimer !== null) return;
    const wait = Math.max(0, this.#cursorSentAt + CURSOR_PAUSE_MS - Date.now());
    this.#cursorTimer = setTimeout(() => {
      this.#cursorTimer = null;
      this.#cursorSentAt = Date.now();
      this.#sendCursor();
    }, wait);
  };

  #sendCursor() {
    const { ws, wsconnected } = this.provider;
    if (!wsconnected || this.awareness.getLocalState() === null) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, AWARENESS);
    const own = encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]);
    encoding.writeVarUint8Array(encoder, own);
    ws.send(encoding.toUint8Array(encoder));
  }

  #reconnectByOwnTimer() {
    this.provider.on("connection-close", (event) => {
      if (this.#ended) return;
      this.provider.shouldConnect = false;
      const verdict = this.#verdictOf(event?.code);
      if (verdict === "retry") this.#openLater();
      else queueMicrotask(() => this.#giveUp(verdict));
    });
    addEventListener("online", this.wake);
    addEventListener("offline", this.#lostNetwork);
    document.addEventListener("visibilitychange", this.wake);
  }

  /** A frame too large for the server is sent again at most once: it does not shrink. */
  #verdictOf(code) {
    if (code !== FRAME_TOO_LARGE) return verdictOf(code);
    if (this.#wasTooLarge) return "refused";
    this.#wasTooLarge = true;
    return "retry";
  }

  #lostNetwork = () => {
    if (this.provider.wsconnected) this.provider.disconnect();
  };

  /** A connection that held for a while starts the waits anew; one that dies at once does not. */
  #openLater() {
    clearTimeout(this.#timer);
    if (this.#syncedAt !== null && Date.now() - this.#syncedAt > STEADY_AFTER_MS) this.#attempt = 0;
    this.#syncedAt = null;
    const wait = waitBefore(this.#attempt);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.open(), wait);
    this.heard.waiting(wait);
  }

  #giveUp(verdict) {
    this.end();
    this.heard.ended(verdict);
  }
}

/**
 * A WebSocket that counts what leaves. An update before this connection's step 2 stays here: step 2
 * carries it anyway, and alone it could start beyond what the server knows. Readers send neither.
 */
function countingSocket({ readOnly, heard }) {
  return class extends WebSocket {
    #hasSentStep2 = false;

    constructor(...address) {
      super(...address);
      this.addEventListener("open", () => heard.opened());
    }

    send(bytes) {
      const kind = kindOf(bytes);
      if (kind !== "other" && readOnly) return;
      if (kind === "update" && !this.#hasSentStep2) return;
      if (kind === "step2" || kind === "empty-step2") this.#hasSentStep2 = true;
      super.send(bytes);
      if (kind !== "other") heard.left(kind);
    }
  };
}
