// The real client, driven line by line: orders come on standard input as JSON, what its handlers get goes to
// standard output as JSON. What the client itself prints goes to standard error.
"use strict";
const path = require("path");
const readline = require("readline");
console.log = console.error;
const { Chat21Client } = require(path.join(process.argv[2], "chat21client.js"));

let client = null;

function say(event, more) {
  process.stdout.write(JSON.stringify({ event, ...more }) + "\n");
}

function told(event) {
  return (body, topic) => say(event, { with: topic.conversWith, body });
}

const orders = {
  connect({ user, app, endpoint, token }) {
    client = new Chat21Client({ appId: app, MQTTendpoint: endpoint, APIendpoint: "", log: false });
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
