// @y/websocket-server as its own server.js does it. Usage: node ywebsocket.mjs <port> [state]
import { readFileSync } from "node:fs";
import http from "node:http";
import { setPersistence, setupWSConnection } from "@y/websocket-server/utils";
import { WebSocketServer } from "ws";
import * as Y from "yjs";

const [port, file] = process.argv.slice(2);
if (file) {
  setPersistence({
    provider: null,
    bindState: (_name, document) => Y.applyUpdate(document, readFileSync(file)),
    writeState: async () => {},
  });
}
const sockets = new WebSocketServer({ noServer: true });
sockets.on("connection", setupWSConnection);
const server = http.createServer((_request, answer) => answer.end("okay"));
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws, request));
});
server.listen(Number(port), "127.0.0.1");
