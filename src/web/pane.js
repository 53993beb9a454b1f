// One user's half of the page: what the wire tells and the history holds, made visible; what is written, sent.
import { openApi } from "./api.js";
import { Conversation, FAILED, RECEIVED, SENDING } from "./conversation.js";
import { failureWords, Log } from "./log.js";
import { Notice } from "./notice.js";
import { copyOf } from "./template.js";
import { connectWire } from "./wire.js";

const SLOW_MS = 8000; // a copy takes milliseconds; after this time something is wrong

const STATES = {
  connecting: "Connecting …",
  online: "Connected",
  offline: "The broker is away. Trying again …",
  refused: "Not let in by the broker",
};

export class Pane {
  // on.unread(count): how many messages wait to be looked at.
  constructor({ app, mqtt, api }, { user, token }, partner, on) {
    this.user = user;
    this.on = on;
    this.conversations = new Map();
    this.blocked = new Set();
    this.isBlocking = false;
    this.element = copyOf("pane");
    this.log = new Log(this.find(".log"));
    this.build();
    this.open(this.conversationWith(partner));
    this.api = openApi({ base: api, app, user, token });
    this.wire = connectWire({ url: mqtt, app, user, token }, {
      state: (state) => this.showState(state),
      told: (told) => this.hear(told),
    });
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  build() {
    const { user } = this;
    this.field = this.find(".composer textarea");
    this.field.id = `write-${user}`;
    this.element.ariaLabel = `${user}’s side`;
    this.find("h2").textContent = user;
    this.find(".face").textContent = [...user][0].toUpperCase();
    this.find(".composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.find(".log").addEventListener("keydown", (event) => {
      if (event.key !== "Escape" && event.key !== "Enter") return;
      event.preventDefault(); // or the field, which has the focus by then, takes it
      this.field.focus();
    });
    this.find(".block").addEventListener("click", () => this.toggleBlock());
    this.notice = new Notice(this.find(".notice"), () => this.field.focus());
  }

  // Enter sends, except while an input method is composing a word; Escape leaves for the messages.
  onKey(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape") {
      if (this.notice.isShown()) this.notice.dismiss();
      else this.find(".log").focus();
    }
  }

  // --- what comes in ---

  hear({ family, other, id, event, body }) {
    if (family === "messages" && event === "clientadded") this.hearMessage(other, body);
    else if (family === "messages" && event === "clientupdated") this.hearReceipt(other, id, body);
    else if (family === "conversations" && event === "clientupdated") this.hearConversation(other, body);
    else if (family === "blocks") this.hearBlock(other, body);
  }

  hearMessage(other, copy) {
    const conversation = this.conversationWith(other);
    const message = conversation.add(copy);
    if (!message.mine) conversation.isNew = true;
    if (conversation === this.current) this.log.put(message);
    if (message.status === FAILED) this.announce(failureWords(message.reason));
    this.look();
  }

  hearReceipt(other, id, { status }) {
    const conversation = this.conversationWith(other);
    const message = conversation.raise(id, status);
    if (message && conversation === this.current) this.log.put(message);
  }

  // Another client of the same user has read it.
  hearConversation(other, { is_new: isNew }) {
    if (typeof isNew === "boolean") this.conversationWith(other).isNew = isNew;
    this.showConversations();
  }

  hearBlock(other, { blocked, error }) {
    this.isBlocking = false;
    if (error) return this.notice.say("block", `That was refused: ${error.reason}`);
    if (blocked) this.blocked.add(other);
    else this.blocked.delete(other);
    this.showBlock();
    this.announce(blocked ? `${other} is blocked` : `${other} is no longer blocked`);
  }

  // --- what was before ---

  // What of it the wire tells meanwhile is merged: a copy is known by its id.
  async load() {
    try {
      const [conversations, blocks] = await Promise.all([this.api.conversations(), this.api.blocks()]);
      // A conversation is new to whoever wrote in it last, too; that one has read it.
      for (const { conversWith, is_new: isNew, sender, recipient_fullname: title } of conversations) {
        const conversation = this.conversationWith(conversWith);
        conversation.isNew ||= Boolean(isNew) && sender !== this.user;
        if (conversation.isGroup && title) conversation.title = title;
      }
      this.blocked = new Set(blocks);
      this.isBlocking = false;
      this.showBlock();
      for (const conversation of this.conversations.values()) conversation.isLoaded = false;
      await this.loadMessages(this.current);
      this.notice.say("api", "");
    } catch (error) {
      this.notice.say("api", error.message, () => this.load());
    }
  }

  async loadMessages(conversation) {
    const copies = await this.api.messages(conversation.other);
    for (const copy of copies.reverse()) conversation.add(copy);
    conversation.isLoaded = true;
    if (conversation === this.current) this.log.show(conversation);
    this.look();
  }

  // --- what goes out ---

  send() {
    const text = this.field.value.trim();
    if (!text) return;
    const conversation = this.current;
    const message = conversation.draft(text, newId());
    this.wire.send(conversation.other, {
      text,
      type: "text",
      sender_fullname: this.user,
      recipient_fullname: conversation.title,
      attributes: { client_id: message.clientId },
      metadata: null,
      channel_type: conversation.isGroup ? "group" : "direct",
    });
    this.field.value = "";
    this.log.put(message);
    setTimeout(() => this.markSlow(conversation, message), SLOW_MS);
  }

  markSlow(conversation, message) {
    if (message.status !== SENDING) return;
    message.isSlow = true;
    if (conversation === this.current) this.log.put(message);
  }

  toggleBlock() {
    const { other } = this.current;
    if (this.isBlocking) return; // a button that is disabled until the server answers would lose the focus
    this.isBlocking = true;
    this.wire.block(other, !this.blocked.has(other));
  }

  // Whoever sees a message confirms it: that is the second tick on the other side.
  look() {
    const conversation = this.current;
    if (this.isVisible()) {
      for (const message of conversation.unconfirmed()) {
        this.wire.confirm(conversation.other, message.id);
        message.status = RECEIVED;
      }
      if (conversation.isNew) this.wire.markRead(conversation.other);
      conversation.isNew = false;
    }
    this.showConversations();
  }

  isVisible() {
    return document.visibilityState === "visible" && this.element.offsetParent !== null;
  }

  // --- what is shown ---

  conversationWith(other) {
    if (!this.conversations.has(other)) this.conversations.set(other, new Conversation(this.user, other));
    return this.conversations.get(other);
  }

  open(conversation) {
    const { title, unsent } = conversation;
    if (this.current) this.current.unsent = this.field.value;
    this.field.value = unsent;
    this.current = conversation;
    this.field.placeholder = title.length > 24 ? "Message" : `Message ${title}`;
    this.field.ariaLabel = `${this.user} writes to ${title}`;
    this.find(".send").ariaLabel = `Send to ${title}`;
    this.find(".log").ariaLabel = `${this.user} and ${title}`;
    this.log.show(conversation);
    this.showBlock();
    this.showConversations();
  }

  choose(conversation) {
    this.open(conversation);
    this.look();
    if (!conversation.isLoaded)
      this.loadMessages(conversation).catch((error) => this.notice.say("api", error.message, () => this.load()));
  }

  // A row of names, where there is more than one. Kept in place, so that the focus stays on the one chosen.
  showConversations() {
    const row = this.find(".conversations");
    for (const conversation of this.conversations.values()) {
      conversation.button ??= this.addButton(row, conversation);
      conversation.button.firstElementChild.textContent = conversation.title;
      conversation.button.ariaCurrent = conversation === this.current ? "true" : "false";
      conversation.button.classList.toggle("new", conversation.isNew);
      conversation.button.querySelector(".unseen").textContent = conversation.isNew ? ", new" : "";
    }
    row.hidden = this.conversations.size < 2;
    this.on.unread([...this.conversations.values()].reduce((sum, each) => sum + this.unreadOf(each), 0));
  }

  unreadOf(conversation) {
    return conversation.isNew ? Math.max(1, conversation.unconfirmed().length) : 0;
  }

  addButton(row, conversation) {
    const button = copyOf("conversation");
    button.addEventListener("click", () => this.choose(conversation));
    row.append(button);
    return button;
  }

  showBlock() {
    const { other, isGroup } = this.current;
    const isBlocked = this.blocked.has(other);
    const button = this.find(".block");
    button.hidden = isGroup;
    button.textContent = isBlocked ? `Unblock ${other}` : `Block ${other}`;
    this.find(".blocked").hidden = !isBlocked;
    this.find(".blocked").textContent = `You have blocked ${other}. What ${other} writes is refused.`;
  }

  showState(state) {
    this.element.dataset.state = state;
    this.find(".state .words").textContent = STATES[state];
    if (state === "online") this.load();
    const isRefused = state === "refused";
    this.notice.say("wire", isRefused ? refusedWords(this.user) : "", () => this.wire.again());
  }

  announce(words) {
    this.find(".announce").textContent = words;
  }
}

function refusedWords(user) {
  return `The broker does not let ${user} in: the token is not signed with its key, or has run out.`;
}

// Names a message before the server does. (randomUUID is only there over HTTPS.)
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
