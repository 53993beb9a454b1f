#include "ports/hook/parts.h"

#include "words/check.h"

#include <stdlib.h>

struct hook {
    struct hook_settings settings;
    CURLM *multi;
    struct post *posts; /* all under way */
};

struct hook *hook_new(const struct hook_settings *settings, struct why *why) {
    CURLM *multi = hook_new_multi(why);
    if (!multi)
        return NULL;
    struct hook *hook = must_calloc(1, sizeof *hook);
    hook->settings = *settings;
    hook->multi = multi;
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)settings->connections);
    return hook;
}

static void forget(struct hook *hook, struct post *post) {
    curl_multi_remove_handle(hook->multi, post->easy);
    if (post->previous)
        post->previous->next = post->next;
    else
        hook->posts = post->next;
    if (post->next)
        post->next->previous = post->previous;
    post_free(&post);
}

void hook_free(struct hook **hook) {
    if (!*hook)
        return;
    while ((*hook)->posts)
        forget(*hook, (*hook)->posts);
    curl_multi_cleanup((*hook)->multi);
    free(*hook);
    *hook = NULL;
}

void hook_post(struct hook *hook, const struct hook_request *request) {
    struct post *post = post_new(&hook->settings, request);
    post->next = hook->posts;
    if (post->next)
        post->next->previous = post;
    hook->posts = post;
    check(curl_multi_add_handle(hook->multi, post->easy) == CURLM_OK);
}

void hook_move(struct hook *hook) {
    int running;
    check(curl_multi_perform(hook->multi, &running) == CURLM_OK);
}

bool hook_take(struct hook *hook, struct hook_result *result) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(hook->multi, &left))) {
        char *self = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* not there any more once the handle is removed */
        check(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self) == CURLE_OK);
        struct post *post = (struct post *)(void *)self;
        post_conclude(post, code, result);
        forget(hook, post);
        return true;
    }
    return false;
}

void hook_wait(struct hook *hook, int descriptor, int ms) {
    struct curl_waitfd other = {.fd = descriptor, .events = CURL_WAIT_POLLIN};
    check(curl_multi_poll(hook->multi, &other, 1, ms, NULL) == CURLM_OK);
}
