// What one user has of the talk with one other, in order. Knows nothing of the screen or of the wire.
export const FAILED = -100;
export const SENDING = 0;
export const SENT = 100;
export const DELIVERED = 150;
export const RECEIVED = 200;

// Whoever writes may name any time, also one that no Date can be (which throws where it is shown).
const LATEST_MS = 8.64e15;
const timeOf = ({ timestamp }) => Math.max(-LATEST_MS, Math.min(LATEST_MS, Number(timestamp) || 0));

// By the server's clock; what it has not answered yet comes last, as it was written.
function byTime(one, other) {
  const [isDraft, isOtherDraft] = [!one.id, !other.id];
  return isDraft || isOtherDraft ? isDraft - isOtherDraft : one.time - other.time;
}

export class Conversation {
  constructor(self, other) {
    this.self = self;
    this.other = other;
    this.title = other; // a group's id is for machines; its name comes with its messages
    this.isGroup = other.includes("group-");
    this.unsent = ""; // what stands in the field
    this.isNew = false; // the server's word for: there is something unread
    this.isLoaded = false;
    this.messages = [];
    this.early = new Map(); // id -> status: receipts of messages that the history has yet to bring
  }

  // What the user has just written; the server's copy will take its place.
  draft(text, clientId) {
    const message = { clientId, mine: true, sender: this.self, text, time: Date.now(), status: SENDING };
    this.messages.push(message);
    return message;
  }

  // A copy, from the wire or the history. Copies come more than once, and the history may be older than what the
  // wire has told since.
  add(copy) {
    const known = this.find(copy);
    const message = known ?? { mine: copy.sender === this.self };
    const least = Math.max(message.status ?? copy.status, this.early.get(copy.message_id) ?? copy.status);
    this.early.delete(copy.message_id);
    Object.assign(message, {
      id: copy.message_id,
      clientId: copy.attributes?.client_id,
      sender: copy.sender,
      text: copy.text || (copy.type === "text" ? "" : `(${copy.type})`),
      time: timeOf(copy),
      status: copy.status === FAILED ? FAILED : Math.max(copy.status, least),
      reason: copy.error?.reason,
    });
    if (this.isGroup && copy.recipient_fullname) this.title = copy.recipient_fullname;
    if (!known) this.messages.push(message);
    this.messages.sort(byTime);
    return message;
  }

  find(copy) {
    const clientId = copy.sender === this.self && copy.attributes?.client_id;
    return this.messages.find(
      (message) => message.id === copy.message_id || (!message.id && clientId && message.clientId === clientId),
    );
  }

  // A receipt. Statuses only rise.
  raise(id, status) {
    const message = this.messages.find((each) => each.id === id);
    if (!message) this.early.set(id, status);
    if (!(message?.status < status) || message.status === FAILED) return null;
    message.status = status;
    return message;
  }

  // Those of others that nobody has confirmed yet.
  unconfirmed() {
    return this.messages.filter((message) => !message.mine && message.status > 0 && message.status < RECEIVED);
  }
}
