/* chat21d import: what a Node.js server's database holds, from mongoexport's files. */
#include "server/commands.h"

#include "ports/store.h"
#include "server/config.h"
#include "server/import_report.h"
#include "server/import_work.h"
#include "server/lock.h"
#include "server/options.h"
#include "server/settings.h"

#include <stdlib.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d import COLLECTION FILE [--replace] [--dry-run] [--json] [--config FILE]\n"
    "\n"
    "Imports what mongoexport wrote of a Node.js server's database, while this server is stopped.\n"
    "COLLECTION is messages, conversations, groups or instances; in this order:\n"
    "\n"
    "  mongoexport --uri=URI --collection=groups --out=groups.json\n"
    "  mongoexport --uri=URI --collection=messages --sort='{\"_id\":1}' --out=messages.json\n"
    "  mongoexport --uri=URI --collection=conversations --out=conversations.json\n"
    "  chat21d import groups groups.json\n"
    "  chat21d import messages messages.json\n"
    "  chat21d import conversations conversations.json\n"
    "\n"
    "The order of the messages in the file becomes that of history. What was imported stands "
    "before\n"
    "all that this server has stored itself, whenever it is imported; what is there already stays\n"
    "as it is, so files may overlap. An import that was interrupted goes on where it was when it\n"
    "is called again with the same file. Documents that will not do are named with file and line,\n"
    "counted, and left out.\n"
    "\n"
    "  --replace      groups: also those that are stored and not known to be older\n"
    "  --dry-run      only read the file and say what is wrong with it\n"
    "  --json         the summary as one line of JSON\n"
    "  --config FILE  settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 all of it is there, 1 it failed (call it again to go on), 2 usage,\n"
    "3 all of it was read, and some documents were refused.\n";

struct request {
    struct import_work work;
    struct import_report report;
    const char *path, *config;
    bool is_dry, as_json;
    size_t document_max;
    int lock;
};

static void complain(void *self, int64_t line, const char *words) {
    struct request *request = self;
    import_report_complain(&request->report, line, words);
}

static void tell(void *self) {
    struct request *request = self;
    import_report_tell(&request->report);
}

static int read_settings(struct arena *arena, struct request *request, const char **folder,
                         struct why *why) {
    static const struct span BODY_MAX = {"body_max", 8};
    const char *text;
    struct config config = {.body_max = 0};
    if (config_value(arena, request->config, environ, "data", folder, why) < 0 ||
        config_value(arena, request->config, environ, BODY_MAX.at, &text, why) < 0)
        return -1;
    if (setting_put(arena, &SETTINGS[setting_named(BODY_MAX)], text, &config, why) < 0)
        return why_prefix(why, "body_max ");
    request->document_max = config.body_max;
    return 0;
}

static int open_store(struct request *request, const char *folder, struct why *why) {
    switch (lock_take(folder, &request->lock, why)) {
    case LOCK_TAKEN:
        request->work.store = store_open(folder, true, why);
        return request->work.store ? 0 : -1;
    case LOCK_HELD:
        return why_say(why, "a server is running on the data folder %s: stop it first", folder);
    case LOCK_FAILED:
        break;
    }
    return -1;
}

static int run(struct arena *arena, struct request *request, struct why *why) {
    const char *folder;
    struct import_work *work = &request->work;
    if (read_settings(arena, request, &folder, why) < 0)
        return -1;
    work->file = import_file_open(request->path, request->document_max, why);
    if (!work->file)
        return -1;
    work->key = arena_print(arena, "%s%s %.*s", collection_name(work->collection),
                            work->replaces ? " --replace" : "",
                            SPAN_ARGS(import_file_key(work->file, arena)));
    if ((!request->is_dry && open_store(request, folder, why) < 0) || import_resume(work, why) < 0)
        return -1;
    import_report_begin(&request->report, work, request->path);
    work->complain = complain;
    work->tell = tell;
    work->self = request;
    int rc = import_all(work, why);
    import_report_end(&request->report, request->as_json, rc == 0);
    return rc;
}

static void close_all(struct request *request) {
    store_close(&request->work.store);
    import_file_close(&request->work.file);
    if (request->lock >= 0)
        close(request->lock);
}

int command_import(int argc, char **argv) {
    struct request request = {.lock = -1};
    const struct option_row rows[] = {
        {"replace", OPTION_FLAG, &request.work.replaces, 0, 0},
        {"dry-run", OPTION_FLAG, &request.is_dry, 0, 0},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
    };
    const struct options options = {.help = HELP,
                                    OPTION_ROWS(rows),
                                    .least = 2,
                                    .most = 2,
                                    .expects = "expected a collection and a file"};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    if (!collection_of(rest.at[0], &request.work.collection))
        return command_usage(
            argv[0], "\"%s\" is none of messages, conversations, groups, instances", rest.at[0]);
    request.path = rest.at[1];
    struct arena *arena = arena_new();
    struct why why = {""};
    rc = COMMAND_OK;
    if (run(arena, &request, &why) < 0)
        rc = command_failed(argv[0], "%s", why.words);
    else if (request.work.counts.refused)
        rc = COMMAND_OTHERWISE;
    close_all(&request);
    arena_free(&arena);
    return rc;
}
