/* Every call there is, who may make it, and who answers it (protocol, section 5). What a call takes
 * and answers is described in openapi_calls.c. */
#include "api/inside.h"

const struct endpoint ENDPOINTS[] = {
    /* conversations */
    {"GET", "{base}/{app}/{user}/conversations", ACCESS_OWN, conversations_list,
     "A user's conversations, newest first"},
    {"GET", "{base}/{app}/{user}/conversations/archived", ACCESS_OWN, conversations_list_archived,
     "A user's archived conversations, newest first"},
    {"GET", "{base}/{app}/{user}/archived_conversations", ACCESS_OWN, conversations_list_archived,
     "A user's archived conversations, newest first"},
    {"GET", "{base}/{app}/{user}/conversations/{other}", ACCESS_OWN, conversations_one,
     "One conversation: a list of none or one"},
    {"GET", "{base}/{app}/{user}/archived_conversations/{other}", ACCESS_OWN,
     conversations_one_archived, "One archived conversation: a list of none or one"},
    {"GET", "{base}/{app}/{user}/unread", ACCESS_OWN, conversations_unread,
     "How many conversations and messages a user has not read"},
    {"DELETE", "{base}/{app}/conversations/{other}", ACCESS_APP, conversations_archive,
     "Archive a conversation of one's own"},
    /* messages */
    {"GET", "{base}/{app}/{user}/conversations/{other}/messages", ACCESS_OWN, messages_list,
     "The messages of a conversation, newest first"},
    {"POST", "{base}/{app}/messages", ACCESS_APP, messages_send, "Send a message"},
    {"POST", "{base}/{app}/messages/sync", ACCESS_APP, messages_send_and_wait,
     "Send a message and wait for what becomes of it"},
    /* groups */
    {"POST", "{base}/{app}/groups", ACCESS_APP, groups_create, "Create a group"},
    {"GET", "{base}/{app}/groups/{id}", ACCESS_APP, groups_one, "A group, for its members"},
    {"PUT", "{base}/{app}/groups/{id}", ACCESS_APP, groups_rename, "Rename a group"},
    {"PUT", "{base}/{app}/groups/{id}/attributes", ACCESS_APP, groups_set_attributes,
     "Set a group's attributes"},
    {"PUT", "{base}/{app}/groups/{id}/members", ACCESS_APP, groups_set_members,
     "Set a group's members"},
    {"POST", "{base}/{app}/groups/{id}/members", ACCESS_APP, groups_join,
     "Add a member to a group"},
    {"DELETE", "{base}/{app}/groups/{id}/members/{other}", ACCESS_APP, groups_leave,
     "Leave a group, or remove a member"},
    /* blocks */
    {"GET", "{base}/{app}/{user}/blocks", ACCESS_OWN, blocks_list, "Whom a user has blocked"},
    {"GET", "{base}/{app}/{user}/blocks/{other}", ACCESS_OWN, blocks_one,
     "Whether a user has blocked another"},
    {"PUT", "{base}/{app}/{user}/blocks/{other}", ACCESS_OWN, blocks_put, "Block a user"},
    {"DELETE", "{base}/{app}/{user}/blocks/{other}", ACCESS_OWN, blocks_delete, "Unblock a user"},
    /* what a user has here */
    {"POST", "{base}/{app}/{user}/instances/{id}", ACCESS_OWN, instances_put,
     "Register a device for push notifications"},
    {"DELETE", "{base}/{app}/{user}/instances/{id}", ACCESS_OWN, instances_delete,
     "Forget a device again"},
    /* everything of a user, or of a group */
    {"GET", "{base}/{app}/{user}/data", ACCESS_ADMIN, data_export,
     "All that is stored of a user: a JSON object a line"},
    {"DELETE", "{base}/{app}/{user}/data", ACCESS_ADMIN, data_erase,
     "Erase what is stored of a user"},
    {"GET", "{base}/{app}/{user}/data/erasure", ACCESS_ADMIN, data_erasure,
     "How far a user's erasure has come, and what it does not reach"},
    {"DELETE", "{base}/{app}/{id}/conversations/timelines", ACCESS_ADMIN,
     timelines_erase_conversations, "Erase a group's conversations from every list"},
    {"DELETE", "{base}/{app}/{id}/messages/timelines", ACCESS_ADMIN, timelines_erase_messages,
     "Erase a group's messages from every timeline"},
    /* about the server */
    {"GET", "{base}/{app}/getInfo", ACCESS_APP, about_info, "The server's version"},
    {"GET", "{base}/openapi.json", ACCESS_OPEN, about_description, "This description"},
    {"GET", "/verify", ACCESS_TOKEN, about_verify, "The caller's token, decoded"},
    {"GET", "/", ACCESS_OPEN, about_page, "A small chat, to look at"},
    {"GET", "/page/{file}", ACCESS_OPEN, about_page, "What that chat is made of"},
};
const size_t ENDPOINT_COUNT = sizeof ENDPOINTS / sizeof *ENDPOINTS;
