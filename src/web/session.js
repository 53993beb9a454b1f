// Who the two users are, and by which token. A token comes in the address's fragment, which no server sees, or
// is pasted; it is kept for this tab alone, and never stays where somebody could copy an address from.
const KEPT = "chat21d";

// What a token says of itself. Whether it is true is for the server: here it only fills in names.
export function readToken(token) {
  let claims;
  try {
    const base64 = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    claims = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Error("That is no token: one has three parts, with dots between them.");
  }
  const { app_id: app, sub: user, exp } = claims;
  for (const name of [app, user])
    if (typeof name !== "string" || !name || /[./#*+\0]/.test(name))
      throw new Error("This token names no user of an app. “chat21d token USER” makes one that does.");
  if (exp * 1000 < Date.now())
    throw new Error(`${user}’s token ran out on ${new Date(exp * 1000).toLocaleString()}.`);
  return { token, user, app };
}

// { app, mqtt, api, users: [{ user, token }, { user, token }] }; throws what is wrong, in words.
export function makeSession({ a, b, mqtt, api }) {
  const users = [a, b].map((token) => readToken(String(token ?? "").trim()));
  if (users[0].app !== users[1].app)
    throw new Error(`The tokens are for two apps, ${users[0].app} and ${users[1].app}.`);
  if (users[0].user === users[1].user)
    throw new Error(`Both tokens are ${users[0].user}’s.`);
  if (!/^wss?:\/\//.test(mqtt ?? "")) throw new Error("The broker’s address begins with ws:// or wss://.");
  const base = /^\/(?!\/)/.test(api ?? "") ? api : "/api"; // a path of this server's, nobody else's
  return { app: users[0].app, mqtt, api: base.replace(/\/$/, ""), users };
}

export function keepSession(session) {
  sessionStorage.setItem(KEPT, JSON.stringify(session));
}

export function forgetSession() {
  sessionStorage.removeItem(KEPT);
}

// Out of the address, else what is kept; null: neither. All of it from one place: an address that names only a
// broker would else be handed tokens that are not meant for it.
export function takeSession() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  if (!fragment.has("a") || !fragment.has("b")) return JSON.parse(sessionStorage.getItem(KEPT));
  const session = makeSession({ mqtt: defaultBroker(), ...Object.fromEntries(fragment) });
  keepSession(session);
  return session;
}

// Where the broker's plugin listens unless it is told otherwise.
export function defaultBroker() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.hostname}:15675/ws`;
}
