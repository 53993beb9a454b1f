/* What policies can be told: declarations, values, and what is said of all that is wrong. */
#include "policy_world.h"

#include "ports/policy/place.h"

#include <errno.h>
#include <sys/stat.h>

/* A policy x with this table of settings, which says what it was told: the value of `a`. */
static void put_settings(struct world *world, const char *settings) {
    char text[4096];
    snprintf(text, sizeof text,
             "local x = {\n  name = 'x', on = 'message',\n  settings = {\n    %s\n  },\n}\n"
             "function x.decide(msg, ctx)\n"
             "  local a = ctx.config.a\n"
             "  if type(a) == 'userdata' then a = #a .. ':' .. table.concat(a, ',') end\n"
             "  return { verb = 'drop', reason = type(a) .. ' ' .. tostring(a) }\n"
             "end\nreturn x\n",
             settings);
    put(world, "x", text);
}

static void put_config(struct world *world, const char *config) {
    char text[1024];
    snprintf(text, sizeof text, "return {\n  { 'x',\n    config = { %s } },\n}\n", config);
    put(world, "manifest", text);
}

static void expect_refusal(struct world *world, const char *words) {
    if (load(world))
        fail_msg("taken, not refused with: %s", words);
    assert_has(span_of(world->why.words), words);
}

/* ---- values ---- */

static const struct fit {
    const char *declaration, *config, *said;
} FITS[] = {
    {"a = { type = 'integer', default = 3 }", "", "number 3"},
    {"a = { type = 'integer', default = 3 }", "a = -9007199254740992",
     "number -9.007199254741e+15"},
    {"a = { type = 'integer', default = 3, min = 1, max = 5 }", "a = 1", "number 1"},
    {"a = { type = 'integer', default = 3, min = 1, max = 5 }", "a = 5", "number 5"},
    {"a = { type = 'number', default = 0.5, min = 0, max = 1 }", "a = 0.25", "number 0.25"},
    {"a = { type = 'number', default = 0, min = 0 }", "a = 1/0", "number inf"},
    {"a = { type = 'boolean', default = true }", "a = false", "boolean false"},
    {"a = { type = 'string', default = '' }", "a = 'x'", "string x"},
    {"a = { type = 'string', default = 'x', choices = { 'x', 'y' } }", "a = 'y'", "string y"},
    {"a = { type = 'strings', default = {} }", "a = { 'x', 'y' }", "string 2:x,y"},
    {"a = { type = 'strings', default = { 'x' } }", "a = {}", "string 0:"},
    {"a = { type = 'strings', default = {}, choices = { 'x', 'y' } }", "a = { 'y', 'y' }",
     "string 2:y,y"},
    {"a = { type = 'numbers', default = { 1, 2 }, min = 0 }", "", "string 2:1,2"},
    {"a = { type = 'table', default = { 7, x = { true } } }", "", "string 1:7"},
};

static void test_values_that_fit(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof FITS / sizeof FITS[0]; i++) {
        put_settings(world, FITS[i].declaration);
        put_config(world, FITS[i].config);
        if (!load(world))
            fail_msg("%s: %s", FITS[i].config, world->why.words);
        assert_span(ask(world).reason, FITS[i].said);
    }
}

static const struct fit MISFITS[] = {
    {"a = { type = 'integer', default = 3 }", "a = 1.5", "an integer expected, got 1.5"},
    {"a = { type = 'integer', default = 3 }", "a = 2^53 * 2",
     "an integer expected, got 1.80143985"},
    {"a = { type = 'integer', default = 3 }", "a = '3'", "an integer expected, got \"3\""},
    {"a = { type = 'integer', default = 3, min = 1, max = 5 }", "a = 6",
     "an integer from 1 to 5 expected, got 6"},
    {"a = { type = 'integer', default = 3, min = 1 }", "a = 0",
     "an integer of at least 1 expected, got 0"},
    {"a = { type = 'number', default = 3, max = 5 }", "a = 5.1",
     "a number of at most 5 expected, got 5.1"},
    {"a = { type = 'number', default = 3 }", "a = 0/0", "a number expected, got "},
    {"a = { type = 'boolean', default = true }", "a = 1", "true or false expected, got 1"},
    {"a = { type = 'string', default = '' }", "a = true", "a string expected, got true"},
    {"a = { type = 'string', default = 'open', choices = { 'open', 'shut' } }", "a = 'opne'",
     "one of \"open\", \"shut\" expected, got \"opne\" (did you mean open?)"},
    {"a = { type = 'strings', default = {} }", "a = 'x'", "a list of strings expected, got \"x\""},
    {"a = { type = 'strings', default = {} }", "a = { 'x', 5 }",
     "a list of strings expected, got 5 at place 2"},
    {"a = { type = 'strings', default = {} }", "a = { x = 'x' }",
     "a list of strings expected, got one with names or holes"},
    {"a = { type = 'strings', default = {}, choices = { 'u', 'v' } }", "a = { 'w' }",
     "a list of strings of \"u\", \"v\" expected, got \"w\" at place 1"},
    {"a = { type = 'numbers', default = {}, max = 3 }", "a = { 1, 4 }",
     "a list of numbers of at most 3 expected, got 4 at place 2"},
    {"a = { type = 'table', default = {} }", "a = { x = { error } }",
     "a table of plain values expected, got a function"},
    {"a = { type = 'table', default = {} }", "a = 'x'",
     "a table of plain values expected, got \"x\""},
};

static void test_values_that_do_not_fit(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof MISFITS / sizeof MISFITS[0]; i++) {
        char words[400];
        put_settings(world, MISFITS[i].declaration);
        put_config(world, MISFITS[i].config);
        snprintf(words, sizeof words, "policies/manifest.lua:3: entry 1 (x): config a: %s",
                 MISFITS[i].said);
        expect_refusal(world, words);
    }
}

/* ---- declarations ---- */

static const struct {
    const char *declaration, *words;
} WRONG[] = {
    {"a = 5", "x.lua:4: settings.a: { type = …, default = … } expected, got a number"},
    {"a = { default = 5 }", "x.lua:4: settings.a: type must be integer, number"},
    {"a = { type = 'integr', default = 5 }", "(did you mean integer?)"},
    {"a = { type = 'integer' }", "settings.a: default: an integer expected, got nothing"},
    {"a = { type = 'integer', default = 0, min = 1 }",
     "x.lua:4: settings.a: default: an integer of at least 1 expected, got 0"},
    {"a = { type = 'integer', default = 1, min = 2, max = 1 }", "min is larger than max"},
    {"a = { type = 'integer', default = 1, min = '0' }", "min must be a number"},
    {"a = { type = 'string', default = '', max = 5 }", "max must be a number, and is for numbers"},
    {"a = { type = 'integer', default = 1, choices = { 'x' } }", "and is for strings"},
    {"a = { type = 'string', default = 'x', choices = {} }", "choices must be a list of 1 to 64"},
    {"a = { type = 'string', default = 'z', choices = { 'x' } }",
     "one of \"x\" expected, got \"z\""},
    {"a = { type = 'integer', default = 1, about = 5 }", "about must be a string"},
    {"a = { type = 'integer', defalt = 1 }", "no such key: defalt (did you mean default?)"},
    {"['a-b'] = { type = 'integer', default = 1 }", "a name of a to z, 0 to 9 and _ expected"},
    {"a = { type = 'words', default = '/etc/passwd' }", "a file in lists/ expected, got \"/etc"},
    {"a = { type = 'words', default = 'lists/../x' }", "a file in lists/ expected"},
    {"a = { type = 'words', default = 'lists/.hidden' }", "a file in lists/ expected"},
    {"a = { type = 'words', default = 'lists/' }", "a file in lists/ expected"},
    {"a = { type = 'words', default = 'lists/none.txt' }",
     "policies/lists/none.txt: cannot be read"},
};

static void test_declarations_that_are_wrong(void **state) {
    struct world *world = *state;
    put_config(world, "");
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        put_settings(world, WRONG[i].declaration);
        expect_refusal(world, WRONG[i].words);
    }
    put(world, "x", "return { name = 'x', on = 'copy', settings = 5, decide = function() end }");
    expect_refusal(world, "x.lua:1: settings must be a table, got number");
    put(world, "x", "return { name = 'x', on = 'copy', config = {}, decide = function() end }");
    expect_refusal(world, "x.lua:1: no such key: config");
}

/* ---- all at once ---- */

static void test_everything_is_said_at_once(void **state) {
    struct world *world = *state;
    put(world, "x",
        "return {\n  name = 'x',\n  on = 'mesage',\n  settings = {\n"
        "    burst = { type = 'integer', default = 1, max = 5 },\n"
        "    words = { type = 'strings', default = {} },\n  },\n  decide = 5,\n}");
    put(world, "y", "return {\n  name = 'y', on = 'copy', decide = }");
    put(world, "manifest",
        "-- x and its burst\nreturn {\n  { 'x', mode = 'of',\n    config = {\n      brust = 1,\n"
        "      burst = 6,\n      words = 'w',\n    },\n  },\n  { 'y', on_error = 'opne' },\n"
        "  { 'z' },\n}");
    assert_false(load(world));
    static const char *const LINES[] = {
        "policies/manifest.lua:3: entry 1 (x): mode must be",
        "policies/manifest.lua:10: entry 2 (y): on_error must be",
        "policies/x.lua:3: on must be",
        "policies/x.lua:8: decide must be a function",
        "policies/manifest.lua:5: entry 1 (x): config has no key brust (did you mean burst?)",
        "policies/manifest.lua:6: entry 1 (x): config burst: an integer of at most 5 expected",
        "policies/manifest.lua:7: entry 1 (x): config words: a list of strings expected, got \"w\"",
        "policies/y.lua:2: unexpected symbol near '}'",
        "policies/z.lua: cannot be read: No such file",
    };
    size_t lines = 1;
    for (const char *at = world->why.words; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, sizeof LINES / sizeof LINES[0]);
    for (size_t i = 0; i < lines; i++)
        assert_has(span_of(world->why.words), LINES[i]);
}

static void test_what_has_no_room_is_counted(void **state) {
    struct world *world = *state;
    char config[1024] = "";
    put_settings(world, "a = { type = 'integer', default = 1 }");
    for (int i = 10; i < 60; i++)
        snprintf(config + strlen(config), sizeof config - strlen(config), "wrong_%d = 1, ", i);
    put_config(world, config);
    assert_false(load(world));
    unsigned long lines = 0;
    const char *last = world->why.words;
    for (const char *at = last; (at = strchr(at, '\n')); last = ++at)
        lines++;
    assert_memory_equal(last, "and ", 4);
    assert_int_equal(lines + strtoul(last + 4, NULL, 10), 50);
}

/* ---- from outside ---- */

static void test_what_the_host_sets_is_checked_too(void **state) {
    struct world *world = *state;
    struct policy_override override = {"x", "a", 5};
    world->host.overrides = &override;
    world->host.override_count = 1;
    put_settings(world, "a = { type = 'integer', default = 1, max = 9 }");
    put_config(world, "a = 3");
    assert_true(load(world));
    assert_span(ask(world).reason, "number 5");
    override.number = 10;
    expect_refusal(world, "policies/x.lua: a setting from outside: a: an integer of at most 9 "
                          "expected, got 10");
    put_settings(world, "a = { type = 'string', default = '' }");
    put_config(world, "");
    expect_refusal(world, "a setting from outside: a: a string expected, got 10");
}

static void test_settings_can_be_explained(void **state) {
    struct world *world = *state;
    struct policy_setting setting;
    put_settings(world,
                 "a = { type = 'strings', default = { 'u', 'v' } },\n"
                 "b = { type = 'integer', default = 1, min = 0, max = 9, about = 'how many' }");
    put_config(world, "b = 4");
    assert_true(load(world));
    assert_int_equal(policy_set_settings(world->set, 0), 2);
    policy_set_setting(world->set, 0, 0, &setting);
    assert_string_equal(setting.name, "a");
    assert_string_equal(setting.about, "");
    assert_string_equal(setting.expects, "a list of strings");
    assert_string_equal(setting.value, "{ \"u\", \"v\" }");
    assert_false(setting.is_set);
    policy_set_setting(world->set, 0, 1, &setting);
    assert_string_equal(setting.name, "b");
    assert_string_equal(setting.about, "how many");
    assert_string_equal(setting.expects, "an integer from 0 to 9");
    assert_string_equal(setting.value, "4");
    assert_true(setting.is_set);
}

/* ---- word lists ---- */

static void put_list(struct world *world, const char *text) {
    char path[160];
    snprintf(path, sizeof path, "%s/lists", world->folder);
    check(mkdir(path, 0700) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/lists/rude.txt", world->folder);
    FILE *file = fopen(path, "w");
    check(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void remove_lists(struct world *world) {
    char path[160];
    snprintf(path, sizeof path, "%s/lists/rude.txt", world->folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/lists", world->folder);
    check(rmdir(path) == 0);
}

static void test_word_lists(void **state) {
    struct world *world = *state;
    put(world, "x",
        "return { name = 'x', on = 'message',\n"
        "settings = { words = { type = 'words', default = 'lists/rude.txt' } },\n"
        "decide = function(msg, ctx)\n"
        "return { verb = 'drop', reason = tostring(ctx.config.words:has(msg.text)) } end }");
    put(world, "manifest", "return { { 'x' } }");
    put_list(world, "heck\nhello\n");
    bool is_loaded = load(world);
    uint64_t generation = is_loaded ? policy_set_generation(world->set) : 0;
    struct verdict verdict = is_loaded ? ask(world) : (struct verdict){.verb = VERB_NONE};
    put_list(world, "heck\n");
    bool is_loaded_again = is_loaded && load(world);
    uint64_t other = is_loaded_again ? policy_set_generation(world->set) : 0;
    char path[160];
    snprintf(path, sizeof path, "%s/lists/rude.txt", world->folder);
    check(unlink(path) == 0);
    bool is_without = load(world);
    struct why missing = world->why;
    check(symlink("/etc/hostname", path) == 0);
    bool is_with_link = load(world);
    struct why link = world->why;
    remove_lists(world);
    assert_true(is_loaded && is_loaded_again);
    assert_span(verdict.reason, "true");
    assert_true(generation != other);
    assert_false(is_without);
    assert_has(span_of(missing.words), "policies/lists/rude.txt: cannot be read");
    assert_false(is_with_link);
    assert_has(span_of(link.words), "it is a link out of the policies' folder");
}

/* ---- places ---- */

static void test_places(void **state) {
    (void)state;
    static const char FILE_TEXT[] = "-- settings = { burst }\n"
                                    "--[[ settings = {\n burst = 1 } ]]\n"
                                    "local text = 'settings = { burst = \\' 1 }'\n"
                                    "local long = [==[\n settings = { burst = ]] } ]==]\n"
                                    "local burst = 7\n"
                                    "return {\n"
                                    "  settings = {\n"
                                    "    words = { type = 'burst' },\n"
                                    "    [\"burst\"] = 5, other = { inner = 1 },\n"
                                    "  },\n"
                                    "  after = burst == 5,\n"
                                    "}\n";
    const struct {
        struct place place;
        int line;
    } CASES[] = {
        {{{SPAN("settings"), SPAN("burst")}, true}, 11},
        {{{SPAN("settings"), SPAN("other"), SPAN("inner")}, true}, 11},
        {{{SPAN("settings")}, true}, 9},
        {{{SPAN("settings"), SPAN("after")}, true}, 9}, /* not within: as far as it is known */
        {{{SPAN("nothing")}, true}, 0},
        {{{SPAN("burst")}, false}, 7},
        {{{SPAN("after")}, true}, 13},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_int_equal(place_line(SPAN(""), &CASES[i].place), 0);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_int_equal(place_line(span_of(FILE_TEXT), &CASES[i].place), CASES[i].line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_values_that_fit),
        TEST(test_values_that_do_not_fit),
        TEST(test_declarations_that_are_wrong),
        TEST(test_everything_is_said_at_once),
        TEST(test_what_has_no_room_is_counted),
        TEST(test_what_the_host_sets_is_checked_too),
        TEST(test_settings_can_be_explained),
        TEST(test_word_lists),
        TEST(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
