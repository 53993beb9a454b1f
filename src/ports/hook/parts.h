/* parts: what the files of the hook share. Not for anyone else. */
#ifndef CHAT21D_HOOK_PARTS_H
#define CHAT21D_HOOK_PARTS_H

#include "ports/hook.h"

#include <curl/curl.h>
#include <netinet/in.h>

enum { HOOK_BODY_MAX = 64 * 1024, HOOK_HEADERS_MAX = 64 * 1024 };

/* One request, until its result is taken. */
struct post {
    struct post *next, *previous;
    CURL *easy;
    struct curl_slist *headers;
    uint64_t number;
    bool allows_private;
    const char *refused_as; /* the kind of address that was refused; NULL: none was */
    char refused[INET6_ADDRSTRLEN];
    size_t header_bytes, body_bytes;
    int status; /* 0: no answer's headers are complete yet */
    char error[CURL_ERROR_SIZE];
};

/* safe.c: NULL: `why`. */
CURLM *hook_new_multi(struct why *why);
/* Verifies, follows nothing, asks no proxy, sends no cookie. */
void hook_be_safe(CURL *easy, const char *ca_file);

/* post.c */
struct post *post_new(const struct hook_settings *settings, const struct hook_request *request);
void post_free(struct post **post);
/* It has ended with `code`. */
void post_conclude(struct post *post, CURLcode code, struct hook_result *result);

#endif
