// The real client, driven line by line: orders come on standard input as JSON, what its handlers get goes to
// standard output as JSON. What the client itself prints goes to standard error.
"use strict";
const path = require("path");
const readline = require("readline");
console.log = console.error;
const { Chat21Client } = require(path.join(process.argv[2], "chat21client.js"));
const axios = require(path.join(process.argv[2], "node_modules", "axios"));

let client = null;

function say(event, more) {
  process.stdout.write(JSON.stringify({ event, ...more }) + "\n");
}

function told(event) {
  return (body, topic) => say(event, { with: topic.conversWith, body });
}

// What the client needs of a browser for its reads: it has no word for what is not 200, so that is said here.
// (Defined once axios is there, which would take it for a browser's too.)
global.XMLHttpRequest = class {
  open(method, url) {
    this.options = { method, url, headers: {}, transformResponse: (text) => text, validateStatus: () => true };
  }
  setRequestHeader(name, value) {
    this.options.headers[name] = value;
  }
  send(data) {
    axios({ ...this.options, data }).then((response) => {
      Object.assign(this, { readyState: 4, status: response.status, responseText: response.data });
      if (response.status !== 200) say("read_refused", { status: response.status, body: response.data });
      this.onreadystatechange();
    });
  }
};

const orders = {
  connect({ user, app, endpoint, api, token }) {
    client = new Chat21Client({ appId: app, MQTTendpoint: endpoint, APIendpoint: api || "", log: false });
    client.onMessageAdded(told("message_added"));
    client.onMessageUpdated(told("message_updated"));
    client.onConversationAdded(told("conversation_added"));
    client.onConversationUpdated(told("conversation_updated"));
    client.onConversationDeleted(told("conversation_deleted"));
    client.onArchivedConversationAdded(told("archived_added"));
    client.onGroupUpdated(told("group_updated"));
    client.connect(user, token, () => {
      // The client says that it is connected before its subscription is answered: ask for one more, and wait.
      client.client.subscribe(client.topic_inbox, () => say("connected", { client_id: client.client_id }));
    });
    client.client.on("reconnect", () => say("reconnect"));
    client.client.on("connect", () => say("online"));
  },
  watch({ with: conversation }) {
    client.onMessageAddedInConversation(conversation, told("added_here"));
    client.onMessageUpdatedInConversation(conversation, told("updated_here"));
    say("watching");
  },
  send({ to, text, type, channel, attributes, metadata }) {
    client.sendMessage(text, type || "text", to, "Recipient", "Sender", attributes || null, metadata || null,
      channel || "direct", (error) => say("sent", { error: error ? String(error) : null }));
  },
  received({ id, with: conversation }) {
    client.updateMessageStatus(id, conversation, 200, (error) => say("told", { error: error ? String(error) : null }));
  },
  read({ with: conversation }) {
    client.updateConversationIsNew(conversation, false, (error) => say("told", { error: error ? String(error) : null }));
  },
  archive({ with: conversation }) {
    client.archiveConversation(conversation, (error) => say("told", { error: error ? String(error) : null }));
  },
  // Any of its methods that have a callback: whatever that is given.
  ask({ method, with: given }) {
    client[method](...given, (error, value) => {
      const { status, data } = (error && error.response) || {};
      say("answer", { method, error: error ? { status, data } : null, value });
    });
  },
  cut() {
    client.client.stream.destroy();
  },
  close() {
    client.close(() => say("closed"));
  },
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  orders[order.do](order);
}).on("close", () => process.exit(0));
