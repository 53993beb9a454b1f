/* The store: a file that an older version made. */
#include "store_schema_1.h"
#include "store_schema_2.h"
#include "store_support.h"

/* Two messages, of which the second was not confirmed, as that version left them. */
static const char ROWS[] =
    "UPDATE mark SET incarnation = 81985529216486895, stream_offset = 2, digest = 15,"
    " drained = 1, drained_next = 900, newest_seq = 2, confirmed_seq = 1;"
    "INSERT INTO plan VALUES (1, 81985529216486895, 1, 0, 8, 'tilechat', 'U1', 'U2', 0,"
    " 1700000000001, 0, NULL, NULL, NULL, 3, 1, x'01c80102ac02',"
    " CAST('{\"text\":\"one\",\"status\":' AS BLOB), CAST('}' AS BLOB));"
    "INSERT INTO plan VALUES (2, 81985529216486895, 2, 0, 15, 'tilechat', 'U1', 'U2', 0,"
    " 1700000000002, 0, NULL, NULL, NULL, 3, 1, x'01c80102ac02',"
    " CAST('{\"text\":\"two\",\"status\":' AS BLOB), CAST('}' AS BLOB));"
    "INSERT INTO conversation VALUES (1, 'tilechat', 'U1', 'U2', 2, 1, 0),"
    " (2, 'tilechat', 'U2', 'U1', 2, 1, 0);"
    "INSERT INTO timeline VALUES (1, 1, 100), (2, 1, 150), (1, 2, 100), (2, 2, 150);"
    "INSERT INTO letter VALUES (2, 0, 0, 'a.key', x'62', NULL);"
    "INSERT INTO block VALUES ('tilechat', 'U3', 'U4');"
    "INSERT INTO chat_group VALUES (1, 'tilechat', 'group-1', 'U1', x'553100', x'7b7d');";

static void run_sql(const char *folder, const char *sql) {
    sqlite3 *connection = connect_to(folder, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    char *words = NULL;
    if (sqlite3_exec(connection, sql, NULL, NULL, &words) != SQLITE_OK)
        fail_msg("%s", words);
    sqlite3_close(connection);
}

static char *old_folder(void) {
    char *folder = folder_make();
    run_sql(folder, "PRAGMA journal_mode = WAL");
    run_sql(folder, SCHEMA_1);
    run_sql(folder, "PRAGMA application_id = 1664233828; PRAGMA user_version = 1");
    run_sql(folder, ROWS);
    return folder;
}

/* The same, which the next version brought up to date, and where one message more waits. */
static char *second_folder(void) {
    char *folder = old_folder();
    run_sql(folder, SCHEMA_2);
    run_sql(folder,
            "PRAGMA user_version = 2;"
            "INSERT INTO plan VALUES (3, 81985529216486895, 3, 0, 22, 'tilechat', 'U1',"
            " 'U2', 0, 1700000000003, 5, 'later', NULL, NULL, 3, 1, NULL,"
            " CAST('{\"text\":\"three\",\"status\":' AS BLOB), CAST('}' AS BLOB), 0);"
            "INSERT INTO waiting VALUES (3, 5, 500, 3, 1, 1, 'tilechat', 'U1', 'U2', 26, 1);"
            "INSERT INTO kv VALUES (1, 'counter', 'tilechat', 'k', x'31', 0);"
            "UPDATE mark SET stream_offset = 3, newest_seq = 3");
    return folder;
}

static void assert_refused(const char *folder, const char *words) {
    struct why why = {""};
    assert_null(store_reader_open(folder, &why));
    if (!strstr(why.words, words))
        fail_msg("%s", why.words);
}

static void what_was_stored_is_there(void **state) {
    (void)state;
    char *folder = old_folder();
    struct arena *arena = arena_new();
    struct store *store = store_at(folder);
    struct store_mark mark;
    int64_t newest, confirmed;
    bool is_known = false;
    assert_int_equal(query_at(folder, "PRAGMA user_version"), 4);
    assert_int_equal(store_mark(store, &mark, NULL), 0);
    assert_true(mark.incarnation == INCARNATION && mark.offset == 2 && mark.digest == 15);
    assert_true(mark.drained && mark.drained_next == 900);
    assert_int_equal(store_progress(store, &newest, &confirmed, NULL), 0);
    assert_true(newest == 2 && confirmed == 1);
    assert_int_equal(store_knows(store, 1, 8, &is_known, NULL), 0);
    assert_true(is_known);
    assert_string_equal(entry_at(folder, arena, "U2", "U1", 0),
                        "{\"text\":\"two\",\"status\":150,\"timelineOf\":\"U2\","
                        "\"conversWith\":\"U1\"}");
    assert_int_equal(count_at(folder, "U1", "U2"), 2);
    struct store_reader *reader = reader_at(folder);
    struct facts facts = store_reader_facts(reader);
    struct group group;
    size_t count;
    assert_int_equal(facts.blocked(facts.self, SPAN("tilechat"), SPAN("U3"), SPAN("U4")),
                     FACT_FOUND);
    assert_int_equal(facts.group(facts.self, arena, SPAN("tilechat"), SPAN("group-1"), &group),
                     FACT_FOUND);
    assert_int_equal(facts.waits(facts.self, SPAN("tilechat"), SPAN("U1"), SPAN("U2"), &count),
                     FACT_ABSENT);
    store_reader_close(&reader);
    store_close(&store);
    arena_free(&arena);
    folder_remove(folder);
}

static void what_was_not_confirmed_goes_on(void **state) {
    (void)state;
    char *folder = old_folder();
    struct store *store = store_at(folder);
    struct plan *found[3];
    size_t count;
    assert_int_equal(store_unconfirmed(store, 0, found, 3, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(found[0]->seq, 2);
    assert_int_equal(found[0]->hops, 0);
    assert_int_equal(found[0]->copy_count, 2);
    assert_same_span(found[0]->copies[1].owner, SPAN("U2"));
    assert_int_equal(found[0]->letter_count, 1);
    plan_free(&found[0]);
    struct plan *plan = plan_deferred(3, "U1", "U2", 100);
    plan_add_child(plan, plan_reply(plan, 1));
    plan_add_key(plan, "k", "1", 0);
    assert_int_equal(commit_one(store, plan), 3);
    store_close(&store);
    /* And again: nothing is left to be done. */
    store = store_at(folder);
    assert_int_equal(store_waiting_counts(store).deferred, 1);
    assert_int_equal(query_at(folder, "SELECT count(*) FROM plan"), 4);
    store_close(&store);
    folder_remove(folder);
}

static void a_reader_says_what_to_do(void **state) {
    (void)state;
    char *folder = old_folder();
    assert_refused(folder, "was made by an older chat21d (its schema is 1, this one reads 4)");
    store_close(&(struct store *){store_at(folder)});
    struct store_reader *reader = reader_at(folder);
    store_reader_close(&reader);
    folder_remove(folder);
}

/* The last of the new tables is in the way: all that was done before it is undone. */
static void a_half_way_stays_old(void **state) {
    (void)state;
    char *folder = old_folder();
    struct why why = {""};
    run_sql(folder, "CREATE TABLE kv (nobody INTEGER)");
    assert_null(store_open(folder, true, &why));
    assert_non_null(strstr(why.words, "could not prepare the store's tables"));
    assert_int_equal(query_at(folder, "PRAGMA user_version"), 1);
    assert_int_equal(query_at(folder, "SELECT count(*) FROM pragma_table_info('plan')"
                                      " WHERE name = 'hops'"),
                     0);
    assert_int_equal(query_at(folder, "SELECT count(*) FROM sqlite_schema"
                                      " WHERE name LIKE 'waiting%'"),
                     0);
    run_sql(folder, "DROP TABLE kv");
    store_close(&(struct store *){store_at(folder)});
    assert_int_equal(query_at(folder, "SELECT count(*) FROM plan WHERE hops = 0"), 2);
    folder_remove(folder);
}

/* What the second version left goes on, with what the third one adds. */
static void the_second_version_goes_on(void **state) {
    (void)state;
    char *folder = second_folder();
    assert_refused(folder, "was made by an older chat21d (its schema is 2, this one reads 4)");
    struct store *store = store_at(folder);
    assert_int_equal(store_waiting_counts(store).deferred, 1);
    struct plan *due[2];
    size_t count;
    assert_int_equal(store_due(store, 1000, due, 2, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(due[0]->kind, ROUTE_MESSAGE);
    assert_false(due[0]->foreign_id.at);
    plan_free(&due[0]);
    commit_one(store, plan_effecting(4, (struct plan_effect){.kind = EFFECT_STATUS,
                                                             .by = SPAN("U2"),
                                                             .whom = SPAN("U1"),
                                                             .seq = 2,
                                                             .status = 200}));
    commit_one(store, plan_effecting(5, (struct plan_effect){.kind = EFFECT_CONVERSATION,
                                                             .by = SPAN("U2"),
                                                             .whom = SPAN("U1"),
                                                             .patch = SPAN("{\"a\":1}")}));
    struct store_reader *reader = reader_at(folder);
    struct facts facts = store_reader_facts(reader);
    struct arena *arena = arena_new();
    struct fact_conversation found;
    assert_int_equal(
        facts.conversation(facts.self, arena, SPAN("tilechat"), SPAN("U2"), SPAN("U1"), &found),
        FACT_FOUND);
    assert_span(found.json, "{\"text\":\"two\",\"status\":200,\"last_message_text\":\"two\","
                            "\"a\":1,\"app_id\":\"tilechat\",\"key\":\"U1\",\"is_new\":true,"
                            "\"archived\":false,\"timelineOf\":\"U2\",\"conversWith\":\"U1\"}");
    arena_free(&arena);
    store_reader_close(&reader);
    store_close(&store);
    folder_remove(folder);
}

/* Old files that were brought up to date and a new one are the same. */
static void old_and_new_files_have_the_same_tables(void **state) {
    (void)state;
    char *folders[] = {old_folder(), second_folder(), folder_make()};
    static const char SUM[] = "SELECT sum(length(sql)) * 100 + count(*) FROM sqlite_schema";
    for (size_t i = 0; i < 3; i++)
        store_close(&(struct store *){store_at(folders[i])});
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(query_at(folders[i], SUM), query_at(folders[2], SUM));
    for (size_t i = 0; i < 3; i++)
        folder_remove(folders[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_stored_is_there),
        cmocka_unit_test(what_was_not_confirmed_goes_on),
        cmocka_unit_test(a_reader_says_what_to_do),
        cmocka_unit_test(a_half_way_stays_old),
        cmocka_unit_test(the_second_version_goes_on),
        cmocka_unit_test(old_and_new_files_have_the_same_tables),
    };
    return cmocka_run_group_tests_name("store migration", tests, NULL, NULL);
}
