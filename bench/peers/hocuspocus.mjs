// Hocuspocus as its documentation starts it. Usage: node hocuspocus.mjs <port> [file with a state]
import { readFileSync } from "node:fs";
import { Server } from "@hocuspocus/server";
import * as Y from "yjs";

const [port, file] = process.argv.slice(2);
const server = new Server({
  port: Number(port),
  address: "127.0.0.1",
  quiet: true,
  async onLoadDocument({ document }) {
    if (file) Y.applyUpdate(document, readFileSync(file));
    return document;
  },
});
server.listen();
