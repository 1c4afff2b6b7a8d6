/** A real y-websocket client: joins, writes, formats, deletes, waits for its acks, tells. */
const [modules, address, document, epoch, cookie, words] = process.argv.slice(2);
const Y = await import(`${modules}/yjs/dist/yjs.mjs`);
const { WebsocketProvider } = await import(`${modules}/y-websocket/src/y-websocket.js`);
const decoding = await import(`${modules}/lib0/decoding.js`);

class SignedIn extends WebSocket {
  constructor(url) {
    super(url, { headers: { Cookie: cookie, Origin: `http://${address}` } });
  }

  send(bytes) {
    const isEmpty = bytes[1] === 1 && bytes[2] === 2 && bytes[3] === 0 && bytes[4] === 0;
    if (bytes[0] === 0 && bytes[1] > 0 && !isEmpty) unsaved += 1;
    super.send(bytes);
  }
}

let unsaved = 0;
let refused = "";
const doc = new Y.Doc();
const provider = new WebsocketProvider(`ws://${address}/coedit`, `${document}/`, doc, {
  disableBc: true,
  params: { epoch, schema: "1", client: String(doc.clientID) },
  WebSocketPolyfill: SignedIn,
});
provider.messageHandlers[4] = (_encoder, decoder) => (unsaved -= decoding.readVarUint(decoder));
provider.messageHandlers[5] = (_encoder, decoder) => (refused = decoding.readVarString(decoder));
provider.messageHandlers[6] = () => {};
provider.messageHandlers[7] = () => {};
provider.awareness.setLocalStateField("user", { name: "Wali Kota" });
provider.on("sync", (isSynced) => isSynced && write());

function write() {
  const root = doc.getXmlFragment("default");
  const paragraph = root.get(0);
  const text = paragraph.get(paragraph.length - 1);
  for (const letter of words) text.insert(text.length, letter);
  const heading = new Y.XmlElement("heading");
  heading.setAttribute("id", `judul-${doc.clientID}`);
  heading.setAttribute("level", 2);
  heading.insert(0, [new Y.XmlText("Judul 🌳 ꦗꦮ")]);
  root.insert(1, [heading]);
  heading.get(0).format(0, 5, { bold: {}, link: { href: "https://contoh.id" } });
  text.delete(0, 1);
}

setTimeout(() => {
  console.log(JSON.stringify({ unsaved, refused }));
  process.exit(0);
}, 3000);
