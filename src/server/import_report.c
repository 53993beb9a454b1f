#include "server/import_report.h"

#include "server/commands.h"
#include "words/clock.h"
#include "words/json_write.h"

#include <inttypes.h>
#include <unistd.h>

enum { SHOW_EVERY_US = 200000, COMPLAINTS_MAX = 100 };

static int64_t now_us(void) {
    return clock_steady_us(&clock_real);
}

void import_report_begin(struct import_report *report, const struct import_work *work,
                         const char *file) {
    *report = (struct import_report){.work = work,
                                     .file = file,
                                     .begun_us = now_us(),
                                     .begun_at = import_file_position(work->file),
                                     .is_live = isatty(STDERR_FILENO)};
}

static void clear_line(const struct import_report *report) {
    if (report->is_live && report->shown_us)
        fputs("\r\033[K", stderr);
}

void import_report_complain(struct import_report *report, int64_t line, const char *words) {
    if (report->complaints++ >= COMPLAINTS_MAX)
        return;
    clear_line(report);
    fprintf(stderr, "%s:%" PRId64 ": ", report->file, line);
    command_print(stderr, span_of(words));
    fputs(report->complaints == COMPLAINTS_MAX ? "\nfurther ones are only counted\n" : "\n",
          stderr);
}

static void print_bytes(FILE *stream, int64_t bytes) {
    fprintf(stream, "%.1f MB", (double)bytes / 1e6);
}

static void print_left(double seconds) {
    if (seconds >= 3600)
        fprintf(stderr, "%.0f h %.0f min left", seconds / 3600,
                (double)((int64_t)seconds % 3600) / 60);
    else if (seconds >= 60)
        fprintf(stderr, "%.0f min left", seconds / 60);
    else
        fprintf(stderr, "%.0f s left", seconds);
}

void import_report_tell(struct import_report *report) {
    const struct import_work *work = report->work;
    int64_t now = now_us(), at = import_file_position(work->file);
    if (!report->is_live || now - report->shown_us < SHOW_EVERY_US)
        return;
    clear_line(report);
    report->shown_us = now;
    double seconds = (double)(now - report->begun_us) / 1e6;
    double rate = seconds > 0 ? (double)(at - report->begun_at) / seconds : 0;
    fprintf(stderr, "%" PRId64 " documents, ", work->documents_before + work->counts.documents);
    print_bytes(stderr, at);
    fputs(" of ", stderr);
    print_bytes(stderr, import_file_size(work->file));
    fprintf(stderr, ", %.0f documents/s, ",
            seconds > 0 ? (double)work->counts.documents / seconds : 0);
    print_left(rate > 0 ? (double)(import_file_size(work->file) - at) / rate : 0);
    fflush(stderr);
}

/* ---- the summary ---- */

static int64_t sum_done(const struct import_counts *counts) {
    return counts->done[IMPORTED_NEW] + counts->done[IMPORTED_ENTRY] +
           counts->done[IMPORTED_KNOWN] + counts->done[IMPORTED_REPLACED];
}

static void print_json(const struct import_report *report, bool is_whole) {
    const struct import_work *work = report->work;
    const struct import_counts *counts = &work->counts;
    struct arena *arena = arena_new();
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "collection", span_of(collection_name(work->collection)));
    json_put_text(&writer, "file", span_of(report->file));
    json_put_bool(&writer, "complete", is_whole);
    json_put_bool(&writer, "dry_run", !work->store);
    json_put_number(&writer, "documents_before", work->documents_before);
    json_put_number(&writer, "documents", counts->documents);
    json_put_number(&writer, "new", counts->done[IMPORTED_NEW]);
    json_put_number(&writer, "entries", counts->done[IMPORTED_ENTRY]);
    json_put_number(&writer, "replaced", counts->done[IMPORTED_REPLACED]);
    json_put_number(&writer, "known", counts->done[IMPORTED_KNOWN]);
    json_put_number(&writer, "refused", counts->refused);
    json_put_number(&writer, "cut", counts->cut);
    json_put_number(&writer, "position", import_file_position(work->file));
    json_put_number(&writer, "size", import_file_size(work->file));
    json_close(&writer, '}');
    printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
    arena_free(&arena);
}

static void print_count(int64_t count, const char *words) {
    if (count)
        printf(", %" PRId64 " %s", count, words);
}

static void print_words(const struct import_report *report, bool is_whole) {
    const struct import_work *work = report->work;
    const struct import_counts *counts = &work->counts;
    double seconds = (double)(now_us() - report->begun_us) / 1e6;
    printf("%s: %" PRId64 " documents", report->file, counts->documents);
    if (work->documents_before)
        printf(" (after %" PRId64 " that were imported before)", work->documents_before);
    if (!work->store)
        printf(", %" PRId64 " would do", counts->documents - counts->refused);
    else if (sum_done(counts))
        printf(": %" PRId64 " new %s", counts->done[IMPORTED_NEW],
               collection_name(work->collection));
    print_count(counts->done[IMPORTED_ENTRY], "more entries of them");
    print_count(counts->done[IMPORTED_REPLACED], "replaced");
    print_count(counts->done[IMPORTED_KNOWN], "known already");
    print_count(counts->cut, "without their fields");
    print_count(counts->refused, "refused");
    printf(", in %.1f s%s\n", seconds, is_whole ? "" : "; not all of it was read");
}

void import_report_end(struct import_report *report, bool as_json, bool is_whole) {
    clear_line(report);
    if (as_json)
        print_json(report, is_whole);
    else
        print_words(report, is_whole);
}
