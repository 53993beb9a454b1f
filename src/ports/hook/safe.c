/* What is asked of curl wherever something is sent. */
#include "ports/hook/parts.h"
#include "words/check.h"

#include <pthread.h>

/* Once a process, and for its whole life. */
static CURLcode global_code;
static void init_global(void) {
    global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

CURLM *hook_new_multi(struct why *why) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_global);
    CURLM *multi = global_code == CURLE_OK ? curl_multi_init() : NULL;
    if (!multi)
        why_say(why, "libcurl cannot be used: %s",
                global_code == CURLE_OK ? "no memory" : curl_easy_strerror(global_code));
    return multi;
}

#define SET(easy, option, value) check(curl_easy_setopt(easy, option, value) == CURLE_OK)

void hook_be_safe(CURL *easy, const char *ca_file) {
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    /* Else whoever resolves a name that nobody answers for is waited for, by all others too. */
    SET(easy, CURLOPT_QUICK_EXIT, 1L);
    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
    SET(easy, CURLOPT_PROXY, "");
    SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (ca_file)
        SET(easy, CURLOPT_CAINFO, ca_file);
}
