/* What each call takes and answers: a line for each function of the table of endpoints. */
#include "api/inside.h"
#include "api/openapi.h"

#define PAGE    "limit before after"
#define PENDING " 202:Pending 502:BrokerRefused"
/* It has a body. */
#define READ " 400:Bad 413:TooLarge"
/* A policy is asked. */
#define JUDGED PENDING READ " 422:Refused"

static const struct line {
    enum http_when (*answer)(struct api_call *call);
    struct openapi_call call;
} LINES[] = {
    {conversations_list, {"conversations", PAGE " unread", NULL, "200:Conversations 400:Bad"}},
    {conversations_list_archived,
     {"conversations", PAGE " unread", NULL, "200:Conversations 400:Bad"}},
    {conversations_one, {"conversations", NULL, NULL, "200:Conversations"}},
    {conversations_one_archived, {"conversations", NULL, NULL, "200:Conversations"}},
    {conversations_unread, {"conversations", NULL, NULL, "200:Unread"}},
    {conversations_archive, {"conversations", NULL, "Archive", "201:Success" JUDGED}},
    {messages_list, {"messages", PAGE, NULL, "200:Messages 400:Bad"}},
    {messages_send,
     {"messages", "wait Idempotency-Key", "NewMessage", "200:Sent 405:FieldMissing" JUDGED}},
    {messages_send_and_wait,
     {"messages", "Idempotency-Key", "NewMessage", "200:Sent 405:FieldMissing" JUDGED}},
    {groups_create, {"groups", NULL, "NewGroup", "201:GroupCreated 405:GroupRefused" READ PENDING}},
    {groups_one, {"groups", NULL, NULL, "200:GroupFound"}},
    {groups_rename, {"groups", NULL, "GroupName", "200:Success 405:GroupRefused" READ PENDING}},
    {groups_set_attributes,
     {"groups", NULL, "GroupAttributes", "200:Success 405:GroupRefused" READ PENDING}},
    {groups_set_members,
     {"groups", NULL, "GroupMembers", "200:Success 405:GroupRefused" READ PENDING}},
    {groups_join, {"groups", NULL, "NewMember", "200:Success 405:GroupRefused" READ PENDING}},
    {groups_leave, {"groups", NULL, NULL, "200:Success 405:GroupRefused" PENDING}},
    {blocks_list, {"blocks", "limit after_id", NULL, "200:Blocks 400:Bad"}},
    {blocks_one, {"blocks", NULL, NULL, "200:Block"}},
    {blocks_put, {"blocks", NULL, NULL, "200:Success" JUDGED}},
    {blocks_delete, {"blocks", NULL, NULL, "200:Success" JUDGED}},
    {instances_put, {"instances", NULL, "Instance", "200:Success 202:Pending" READ}},
    {instances_delete, {"instances", NULL, NULL, "200:Success 202:Pending"}},
    {data_export, {"data", NULL, NULL, "200:Export"}},
    {data_erase, {"data", NULL, NULL, "202:ErasureBegun"}},
    {data_erasure, {"data", NULL, NULL, "200:Erasure 404:NotFound"}},
    {timelines_erase_conversations, {"data", NULL, NULL, "200:Success 202:Pending"}},
    {timelines_erase_messages, {"data", NULL, NULL, "200:Success 202:Pending"}},
    {about_info, {"about", NULL, NULL, "200:Info"}},
    {about_verify, {"about", NULL, NULL, "200:Claims"}},
    {about_description, {"about", NULL, NULL, "200:Description"}},
    {about_page, {"about", NULL, NULL, "200:File 404:NotFound"}},
};

const struct openapi_call *openapi_call_of(const struct endpoint *endpoint) {
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
        if (LINES[i].answer == endpoint->answer)
            return &LINES[i].call;
    return NULL;
}
