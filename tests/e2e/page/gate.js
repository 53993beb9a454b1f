// A gate before the broker: passes every byte, until it is shut.
"use strict";
const net = require("net");

class Gate {
  constructor(port) {
    this.guests = new Set();
    this.server = net.createServer((guest) => {
      const host = net.connect(port, "127.0.0.1");
      for (const [one, other] of [[guest, host], [host, guest]]) {
        this.guests.add(one);
        one.on("error", () => other.destroy()).on("close", () => this.guests.delete(one)).pipe(other);
      }
    });
  }

  // On the port that it had before, if any.
  async open() {
    await new Promise((resolve) => this.server.listen(this.port ?? 0, "127.0.0.1", resolve));
    this.port = this.server.address().port;
  }

  shut() {
    this.server.close();
    for (const guest of this.guests) guest.destroy();
  }
}

module.exports = { Gate };
