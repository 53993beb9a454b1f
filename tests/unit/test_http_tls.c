/* http: over TLS, with certificates made here. Skipped where there is no openssl. */
#include "http_support.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { PEM_MAX = 16 * 1024 };

/* A certificate for 127.0.0.1, its key, and another key. */
static struct { char folder[64], cert[PEM_MAX], key[PEM_MAX], other_key[PEM_MAX]; } made;

static void path_of(const char *name, char out[128]) {
    snprintf(out, 128, "%s/%s", made.folder, name);
}

static void read_pem(const char *name, char out[PEM_MAX]) {
    char path[128];
    path_of(name, path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, PEM_MAX - 1, file)] = '\0';
    fclose(file);
}

/* False where there is no such program. */
static bool run(const char *const *arguments) {
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int error =
        posix_spawnp(&child, arguments[0], &actions, NULL, (char *const *)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        return false;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return true;
}

static int make_certificate(void **state) {
    char cert[128], key[128], other_key[128];
    (void)state;
    strcpy(made.folder, "/tmp/chat21d-tls.XXXXXX");
    assert_non_null(mkdtemp(made.folder));
    path_of("cert", cert);
    path_of("key", key);
    path_of("other_key", other_key);
    const char *const pair[] = {"openssl",  "req",    "-x509",   "-newkey",
                                "rsa:2048", "-nodes", "-keyout", key,
                                "-out",     cert,     "-days",   "2",
                                "-subj",    "/CN=x",  "-addext", "subjectAltName=IP:127.0.0.1",
                                NULL};
    const char *const other[] = {"openssl", "genrsa", "-out", other_key, "2048", NULL};
    if (!run(pair) || !run(other))
        return 0;
    read_pem("cert", made.cert);
    read_pem("key", made.key);
    read_pem("other_key", made.other_key);
    return 0;
}

static int remove_certificate(void **state) {
    static const char *const NAMES[] = {"cert", "key", "other_key"};
    char path[128];
    (void)state;
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        path_of(NAMES[i], path);
        unlink(path);
    }
    return rmdir(made.folder);
}

static struct bench *over_tls(void **state) {
    struct bench *bench = *state;
    struct http_settings settings = settings_on(0);
    if (!made.cert[0])
        skip();
    settings.cert = made.cert;
    settings.key = made.key;
    reopen(bench, &settings);
    return bench;
}

/* ---- a client ---- */

static size_t keep(const char *at, size_t size, size_t count, void *self) {
    struct text *text = self;
    text_add(text, (struct span){at, size * count});
    return size * count;
}

static CURL *client(struct text *out) {
    CURL *curl = curl_easy_init();
    char path[128];
    snprintf(path, sizeof path, "%s/cert", made.folder);
    curl_easy_setopt(curl, CURLOPT_CAINFO, path);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)WAIT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    return curl;
}

static CURLcode fetch(CURL *curl, const struct bench *bench, const char *path) {
    char url[128];
    snprintf(url, sizeof url, "https://127.0.0.1:%u%s", http_port(bench->http), path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    return curl_easy_perform(curl);
}

static void fetches(CURL *curl, const struct bench *bench, const char *path) {
    CURLcode code = fetch(curl, bench, path);
    if (code != CURLE_OK)
        fail_msg("%s: %s", path, curl_easy_strerror(code));
}

/* ---- claims ---- */

static void requests_come_over_tls(void **state) {
    struct bench *bench = over_tls(state);
    struct arena *arena = arena_new();
    struct text out = text_start(arena, 64);
    CURL *curl = client(&out);
    static char body[BODY_MAX];
    long connects;
    fetches(curl, bench, "/echo?a");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)sizeof body);
    fetches(curl, bench, "/echo");
    assert_span(text_span(&out),
                SPAN("GET /echo [a] 127.0.0.1 POST /echo [] 127.0.0.1 65536 bytes"));
    curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects);
    assert_int_equal(connects, 0); /* the second used the first's */
    curl_easy_cleanup(curl);
    arena_free(&arena);
}

static void streams_and_later_answers_too(void **state) {
    struct bench *bench = over_tls(state);
    struct arena *arena = arena_new();
    struct text out = text_start(arena, 64);
    CURL *curl = client(&out);
    fetches(curl, bench, "/stream");
    assert_int_equal(out.size, 4 + (size_t)PIECES_OF_STREAM * PIECE_OF_STREAM);
    wait_for(bench, &bench->done, 1);
    atomic_store(&bench->may_answer, true);
    fetches(curl, bench, "/later");
    assert_true(ends_with(text_span(&out), SPAN("~GET /later [] 127.0.0.1  at last")));
    atomic_store(&bench->may_answer, false);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 200L);
    assert_int_equal(fetch(curl, bench, "/later"), CURLE_OPERATION_TIMEDOUT);
    wait_for(bench, &bench->gone, 1);
    curl_easy_cleanup(curl);
    arena_free(&arena);
}

static void old_versions_are_refused(void **state) {
    struct bench *bench = over_tls(state);
    struct arena *arena = arena_new();
    struct text out = text_start(arena, 64);
    CURL *curl = client(&out);
    curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, "ALL:@SECLEVEL=0");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION,
                     CURL_SSLVERSION_TLSv1_1 | CURL_SSLVERSION_MAX_TLSv1_1);
    assert_int_not_equal(fetch(curl, bench, "/"), CURLE_OK);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION,
                     CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2);
    fetches(curl, bench, "/");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_3);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    fetches(curl, bench, "/");
    curl_easy_cleanup(curl);
    arena_free(&arena);
}

/* Who says nothing, who says something else, and who stops in the middle of it. */
static void who_does_not_shake_hands_is_hung_up_on(void **state) {
    struct bench *bench = over_tls(state);
    int silent = call(bench), begun = call(bench);
    say(begun, SPAN("\x16\x03\x01\x02\x00\x01"));
    assert_false(span_has(ask(bench, ASK_1("GET /", "")), SPAN("HTTP")));
    assert_false(span_has(read_all(bench, silent), SPAN("HTTP")));
    assert_false(span_has(read_all(bench, begun), SPAN("HTTP")));
    wait_for_nobody(bench);
    assert_int_equal(atomic_load(&bench->handled), 0);
}

/* GnuTLS forgets a certificate that it could not use; for the leak checker.
 * NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
const char *__lsan_default_suppressions(void);
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
const char *__lsan_default_suppressions(void) {
    return "leak:gnutls_x509_crt_init";
}

/* In words, without a line of what was given. */
static void what_is_wrong_with_them_is_said(void **state) {
    struct bench *bench = over_tls(state);
    const struct {
        const char *cert, *key, *words;
    } CASES[] = {
        {made.cert, made.other_key, "The certificate and the given key do not match"},
        {made.key, made.key, "there is no certificate in PEM"},
        {made.cert, made.cert, "there is no private key in PEM"},
        {"no certificate", made.key, "there is no certificate in PEM"},
        {made.cert, "", "there is no private key in PEM"},
        {made.cert, NULL, "there is no private key in PEM"},
        {"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n", made.key, "Base64"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct http_settings settings = settings_on(0);
        struct why why = {""};
        settings.cert = CASES[i].cert;
        settings.key = CASES[i].key;
        assert_null(open_with(bench, &settings, &why));
        assert_says(&why, CASES[i].words);
        assert_false(span_has(span_of(why.words), SPAN("BEGIN")));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(requests_come_over_tls),          TEST(streams_and_later_answers_too),
        TEST(old_versions_are_refused),        TEST(who_does_not_shake_hands_is_hung_up_on),
        TEST(what_is_wrong_with_them_is_said),
    };
    return cmocka_run_group_tests_name("http_tls", tests, make_certificate, remove_certificate);
}
