// What a user reads over HTTP: all that was before this page was opened, or while it was away.
const LIMIT_MS = 10000;

// Each throws an Error whose message is for people.
export function openApi({ base, app, user, token }) {
  async function read(...words) {
    const path = [app, user, ...words].map(encodeURIComponent).join("/");
    const reply = await fetch(`${base}/${path}`, {
      headers: { Authorization: token },
      signal: AbortSignal.timeout(LIMIT_MS),
    }).catch(() => {
      throw new Error("The HTTP API does not answer, so older messages are missing. New ones still arrive.");
    });
    if (reply.status === 401 || reply.status === 403) throw new Error(`The HTTP API refuses ${user}’s token.`);
    if (!reply.ok) throw new Error(`The HTTP API answered with ${reply.status}, so older messages are missing.`);
    const { result } = await reply.json().catch(() => ({}));
    if (!Array.isArray(result)) throw new Error("The HTTP API’s answer is not what it should be.");
    return result;
  }
  return {
    conversations: () => read("conversations"),
    messages: (other) => read("conversations", other, "messages"), // newest first
    blocks: () => read("blocks"),
  };
}
