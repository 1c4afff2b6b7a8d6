// Node's `ws` at its plainest: whatever one says, all hear. Usage: node ws.mjs <port>
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: Number(process.argv[2]), host: "127.0.0.1" });
server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => {
    for (const other of server.clients) other.send(data, { binary: isBinary });
  });
});
