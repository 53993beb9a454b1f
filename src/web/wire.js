// One user's connection with the broker: MQTT over WebSocket. Everything the user is told comes by one
// subscription; what it is about stands in the topic. Reconnects by itself.
import mqtt from "./mqtt.js";

const RECONNECT_MS = 2000;
const REFUSED = [4, 5]; // CONNACK's bad user name or password, and not authorized

// Calls on.state("connecting" | "online" | "offline" | "refused"), when it changes, and
// on.told({ family, other, id, event, body }).
export function connectWire({ url, app, user, token }, on) {
  const root = `apps/${app}/users/${user}`;
  let last = "";
  const tell = (state) => state === last || on.state((last = state));
  tell("connecting");

  // RabbitMQ hangs up on a bad token without a word, where the standard has a CONNACK that says so: then the socket
  // was open, and nobody was let in. A broker that is away has no open socket.
  let isOpen, isIn, isRefused;
  const client = mqtt.connect(url, {
    username: "JWT",
    password: token,
    keepalive: 10,
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: 10000,
    resubscribe: false,
    timerVariant: "native", // the others start a worker out of a string, which this page forbids
    createWebsocket(address, protocols) {
      isOpen = isIn = isRefused = false;
      const socket = new WebSocket(address, protocols);
      socket.addEventListener("open", () => (isOpen = true));
      return socket;
    },
  });
  client.on("connect", () => {
    isIn = true;
    client.subscribe(`${root}/#`, (error) => tell(error ? "offline" : "online"));
  });
  client.on("error", ({ code }) => (isRefused ||= REFUSED.includes(code)));
  client.on("close", () => tell(isRefused || (isOpen && !isIn) ? "refused" : "offline"));
  client.on("message", (topic, payload) => {
    const told = readTopic(topic, payload);
    if (told) on.told(told);
  });

  // At QoS 1: what is written while the broker is away waits here, and goes out with the next connection.
  const publish = (topic, body) => client.publish(topic, JSON.stringify(body), { qos: 1 });
  return {
    send: (other, body) => publish(`apps/${app}/outgoing/users/${user}/messages/${other}/outgoing`, body),
    confirm: (other, id) => publish(`${root}/messages/${other}/${id}/update`, { status: 200 }),
    markRead: (other) => publish(`${root}/conversations/${other}/update`, { is_new: false }),
    block: (other, blocked) => publish(`${root}/blocks/${other}/update`, { blocked }),
    again() {
      tell("connecting");
      client.reconnect();
    },
  };
}

// apps/APP/users/U/FAMILY/OTHER[/ID]/EVENT. What the user itself wrote below its own paths comes back too; only
// what begins with "client" is the server's.
function readTopic(topic, payload) {
  const words = topic.split("/");
  const event = words.at(-1);
  if (!event.startsWith("client")) return null;
  try {
    const body = JSON.parse(payload.toString());
    return { family: words[4], other: words[5], id: words.length > 7 ? words[6] : null, event, body };
  } catch {
    return null;
  }
}
