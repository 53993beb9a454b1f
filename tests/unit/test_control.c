/* control and ask: a request and its answer over the socket, and clients that do not behave. */
#include "server/ask.h"
#include "server/control.h"
#include "words/json.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char folder[400];
    int64_t now_us;
    struct clock clock;
    struct control *control;
    unsigned later;     /* answers that come only at a later look */
    size_t answer_size; /* of the answer to "large" */
};

static int64_t steady_us(void *self) {
    return ((struct place *)self)->now_us;
}

/* Answers with what "say" holds. */
static bool handle(void *self, struct call *call) {
    struct place *place = self;
    if (place->later) {
        place->later--;
        place->now_us += 20000;
        call->words = "the answer";
        return false;
    }
    struct span say = answer_text(call->arena, call->request, "say");
    if (span_is(say, "large")) {
        text_add(&call->answer, SPAN("{\"ok\":true,\"large\":\""));
        for (size_t i = 0; i < place->answer_size; i++)
            text_add_char(&call->answer, 'x');
        text_add(&call->answer, SPAN("\"}"));
    } else if (say.at) {
        text_print(&call->answer, "{\"ok\":true,\"said\":\"%.*s\",\"looks\":%u}", SPAN_ARGS(say),
                   call->asked);
    } else {
        call_fail(call, "nothing \"to\" say");
    }
    return true;
}

static void open_control(struct place *place) {
    struct why why;
    place->control = control_open(place->folder, handle, place, &place->clock, &why);
    if (!place->control)
        fail_msg("%s", why.words);
}

static int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    const char *base = getenv("TMPDIR");
    snprintf(place->folder, sizeof place->folder, "%s/chat21d-control.XXXXXX",
             base ? base : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    place->clock = (struct clock){place, NULL, steady_us};
    open_control(place);
    *state = place;
    return 0;
}

static int teardown(void **state) {
    struct place *place = *state;
    control_close(&place->control);
    assert_null(place->control);
    assert_int_equal(rmdir(place->folder), 0); /* the socket is gone with it */
    free(place);
    return 0;
}

/* ---- a client in a thread of its own ---- */

struct client {
    const char *folder;
    struct span request, answer;
    struct arena *arena;
    struct why why;
    int rc;
    bool is_over;
};

static void *ask(void *self) {
    struct client *client = self;
    client->rc =
        ask_server(client->arena, client->folder, client->request, &client->answer, &client->why);
    __atomic_store_n(&client->is_over, true, __ATOMIC_SEQ_CST);
    return NULL;
}

static void serve_until(struct place *place, const bool *is_over) {
    while (!__atomic_load_n(is_over, __ATOMIC_SEQ_CST)) {
        struct pollfd fds[CONTROL_DESCRIPTORS];
        size_t count = control_descriptors(place->control, fds);
        poll(fds, count, 5);
        control_move(place->control);
    }
}

/* The answer, or the words of what went wrong. */
static struct span asked(struct place *place, struct arena *arena, struct span request) {
    struct client client = {.folder = place->folder, .request = request, .arena = arena};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask, &client), 0);
    serve_until(place, &client.is_over);
    pthread_join(thread, NULL);
    return client.rc == 0 ? client.answer : arena_copy(arena, span_of(client.why.words));
}

static void answers(struct place *place, const char *request, const char *right) {
    struct arena *arena = arena_new();
    struct span answer = asked(place, arena, span_of(request));
    if (!span_is(answer, right))
        fail_msg("got %.*s\nnot %s", SPAN_ARGS(answer), right);
    arena_free(&arena);
}

static void a_request_is_answered(void **state) {
    answers(*state, "{\"say\":\"hello\"}", "{\"ok\":true,\"said\":\"hello\",\"looks\":0}");
    answers(*state, "{\"say\":\"again\"}", "{\"ok\":true,\"said\":\"again\",\"looks\":0}");
    answers(*state, "{}", "{\"ok\":false,\"error\":\"nothing \\\"to\\\" say\"}");
}

static void what_is_no_request_is_said(void **state) {
    answers(*state, "[]", "{\"ok\":false,\"error\":\"the request is an array, not an object\"}");
    struct place *place = *state;
    struct arena *arena = arena_new();
    struct span answer = asked(place, arena, SPAN("{\"say\":"));
    assert_true(span_starts(answer, SPAN("{\"ok\":false,\"error\":\"the request is not JSON")));
    char *large = arena_take(arena, (size_t)CONTROL_REQUEST_BYTES * 2);
    memset(large, ' ', (size_t)CONTROL_REQUEST_BYTES * 2);
    answer = asked(place, arena, (struct span){large, CONTROL_REQUEST_BYTES + 1});
    assert_true(span_has(answer, SPAN("larger than 65536 bytes")));
    arena_free(&arena);
}

static void an_answer_may_come_later(void **state) {
    struct place *place = *state;
    place->later = 3;
    answers(place, "{\"say\":\"hello\"}", "{\"ok\":true,\"said\":\"hello\",\"looks\":3}");
}

static void what_takes_too_long_is_said(void **state) {
    struct place *place = *state;
    place->later = 1000;
    answers(place, "{\"say\":\"hello\"}",
            "{\"ok\":false,\"error\":\"the answer takes longer than 4 seconds; it goes on\"}");
    place->later = 0;
}

static void large_answers_go_out_whole_and_too_large_ones_do_not(void **state) {
    struct place *place = *state;
    struct arena *arena = arena_new();
    place->answer_size = (size_t)3 * 1024 * 1024;
    struct span answer = asked(place, arena, SPAN("{\"say\":\"large\"}"));
    assert_true(answer.size > place->answer_size);
    place->answer_size = CONTROL_ANSWER_BYTES;
    answer = asked(place, arena, SPAN("{\"say\":\"large\"}"));
    assert_true(span_starts(answer, SPAN("{\"ok\":false,\"error\":\"the answer is larger")));
    arena_free(&arena);
}

/* ---- the socket ---- */

static int connected(const struct place *place) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/control", place->folder);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(client >= 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    return client;
}

static bool is_hung_up(int client) {
    char byte;
    return recv(client, &byte, 1, MSG_DONTWAIT) == 0;
}

static void only_its_owner_may_connect(void **state) {
    struct place *place = *state;
    struct stat about;
    char path[450];
    snprintf(path, sizeof path, "%s/control", place->folder);
    assert_int_equal(stat(path, &about), 0);
    assert_true(S_ISSOCK(about.st_mode));
    assert_int_equal(about.st_mode & 0777, 0600);
}

/* Even where the file's rights would let it. */
static void another_user_is_hung_up_on(void **state) {
    struct place *place = *state;
    char path[450];
    int status;
    if (geteuid() != 0)
        skip();
    snprintf(path, sizeof path, "%s/control", place->folder);
    assert_int_equal(chmod(path, 0777) | chmod(place->folder, 0755), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(1);
        int client = connected(place);
        _exit(recv(client, &byte, 1, 0) == 0 ? 0 : 2);
    }
    struct pollfd fds[CONTROL_DESCRIPTORS];
    assert_int_equal(poll(fds, control_descriptors(place->control, fds), 10000), 1);
    control_move(place->control);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void whoever_hangs_is_hung_up_on_and_makes_room(void **state) {
    struct place *place = *state;
    int clients[CONTROL_CONNECTIONS];
    for (size_t i = 0; i < CONTROL_CONNECTIONS; i++)
        clients[i] = connected(place);
    assert_int_equal(send(clients[0], "{\"say\"", 6, 0), 6);
    control_move(place->control);
    int late = connected(place);
    assert_int_equal(send(late, "{\"say\":\"late\"}\n", 15, 0), 15);
    control_move(place->control);
    assert_false(is_hung_up(clients[0]) || is_hung_up(clients[7]));
    assert_true(control_due(place->control) == 5000000);
    place->now_us = 5000000;
    control_move(place->control);
    control_move(place->control);
    for (size_t i = 0; i < CONTROL_CONNECTIONS; i++) {
        assert_true(is_hung_up(clients[i]));
        close(clients[i]);
    }
    char answer[100];
    ssize_t size = recv(late, answer, sizeof answer - 1, MSG_DONTWAIT);
    assert_true(size > 0);
    answer[size] = '\0';
    assert_string_equal(answer, "{\"ok\":true,\"said\":\"late\",\"looks\":0}\n");
    close(late);
    assert_true(control_due(place->control) == INT64_MAX);
}

/* Whoever polls would find the socket ready, again and again, for somebody it cannot take. */
static void without_descriptors_the_socket_is_left_alone(void **state) {
    struct place *place = *state;
    struct pollfd fds[CONTROL_DESCRIPTORS];
    struct rlimit limit;
    int client = connected(place);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit none = {(rlim_t)client, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    control_move(place->control);
    size_t polled = control_descriptors(place->control, fds);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(polled, 0);
    control_move(place->control);
    assert_int_equal(control_descriptors(place->control, fds), 2);
    close(client);
}

/* It waits for room to write, and meanwhile nobody waits for it. */
static void whoever_does_not_read_is_hung_up_on(void **state) {
    struct place *place = *state;
    place->answer_size = (size_t)3 * 1024 * 1024;
    int client = connected(place);
    assert_int_equal(send(client, "{\"say\":\"large\"}\n", 16, 0), 16);
    control_move(place->control);
    answers(place, "{\"say\":\"other\"}", "{\"ok\":true,\"said\":\"other\",\"looks\":0}");
    place->now_us = 5000000;
    control_move(place->control);
    assert_true(control_due(place->control) == INT64_MAX);
    close(client);
}

static void whoever_goes_away_early_is_forgotten(void **state) {
    struct place *place = *state;
    int client = connected(place);
    assert_int_equal(send(client, "{\"say\":\"x\"}\n", 12, 0), 12);
    close(client);
    place->later = 1;
    control_move(place->control);
    place->now_us += 20000;
    control_move(place->control);
    assert_true(control_due(place->control) == INT64_MAX);
}

/* Else the loop would spin as long as somebody waits. */
static void who_waits_is_looked_after_now_and_then(void **state) {
    struct place *place = *state;
    int client = connected(place);
    assert_int_equal(send(client, "{\"say\":\"x\"}\n", 12, 0), 12);
    place->later = 5;
    control_move(place->control);
    int64_t asked_us = place->now_us - 20000;
    assert_int_equal(place->later, 4);
    assert_true(control_due(place->control) > asked_us);
    place->now_us = control_due(place->control) - 1;
    control_move(place->control);
    assert_int_equal(place->later, 4);
    close(client);
}

static void a_socket_that_was_left_is_replaced(void **state) {
    struct place *place = *state;
    struct control *left = place->control; /* as a server that was killed leaves it */
    open_control(place);
    answers(place, "{\"say\":\"new\"}", "{\"ok\":true,\"said\":\"new\",\"looks\":0}");
    control_close(&left);
}

static void a_long_path_will_do(void **state) {
    struct place *place = *state;
    char shorter[400], name[101];
    control_close(&place->control);
    snprintf(shorter, sizeof shorter, "%s", place->folder);
    memset(name, 'd', 100);
    name[100] = '\0';
    snprintf(place->folder, sizeof place->folder, "%.200s/%s", shorter, name);
    assert_int_equal(mkdir(place->folder, 0700), 0);
    open_control(place);
    answers(place, "{\"say\":\"far\"}", "{\"ok\":true,\"said\":\"far\",\"looks\":0}");
    control_close(&place->control);
    assert_int_equal(rmdir(place->folder), 0);
    snprintf(place->folder, sizeof place->folder, "%s", shorter);
}

static void without_a_server_nobody_answers(void **state) {
    struct place *place = *state;
    struct arena *arena = arena_new();
    struct span answer;
    struct why why;
    control_close(&place->control);
    assert_int_equal(ask_server(arena, place->folder, SPAN("{}"), &answer, &why), -1);
    assert_non_null(strstr(why.words, "no server answers at"));
    assert_int_equal(ask_server(arena, "/no/such/folder", SPAN("{}"), &answer, &why), -1);
    assert_non_null(strstr(why.words, "/no/such/folder"));
    arena_free(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered),
        TEST(what_is_no_request_is_said),
        TEST(an_answer_may_come_later),
        TEST(what_takes_too_long_is_said),
        TEST(large_answers_go_out_whole_and_too_large_ones_do_not),
        TEST(only_its_owner_may_connect),
        TEST(another_user_is_hung_up_on),
        TEST(whoever_hangs_is_hung_up_on_and_makes_room),
        TEST(without_descriptors_the_socket_is_left_alone),
        TEST(whoever_does_not_read_is_hung_up_on),
        TEST(whoever_goes_away_early_is_forgotten),
        TEST(who_waits_is_looked_after_now_and_then),
        TEST(a_socket_that_was_left_is_replaced),
        TEST(a_long_path_will_do),
        TEST(without_a_server_nobody_answers),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
