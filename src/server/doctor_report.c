#include "server/doctor_report.h"

#include "server/commands.h"
#include "words/check.h"
#include "words/json_write.h"

enum { FIRST_ROOM = 32, WHAT_WIDTH = 10 };

static const char *verdict_name(enum doctor_verdict verdict) {
    static const char *const NAMES[] = {"skip", "ok", "warn", "fail"};
    return NAMES[verdict];
}

void doctor_report_add(struct doctor_report *report, const struct doctor_line *line) {
    if (report->count == report->room) {
        size_t room = report->room ? 2 * report->room : FIRST_ROOM;
        struct doctor_line *lines = arena_array(report->arena, room, sizeof *lines);
        for (size_t i = 0; i < report->count; i++)
            lines[i] = report->lines[i];
        report->lines = lines;
        report->room = room;
    }
    report->lines[report->count++] = *line;
}

void doctor_report_mend(struct doctor_report *report, struct span mend) {
    check(report->count > 0);
    struct doctor_line *last = &report->lines[report->count - 1];
    if (!last->mend.at)
        last->mend = mend;
}

enum doctor_verdict doctor_report_worst(const struct doctor_report *report) {
    enum doctor_verdict worst = DOCTOR_OK;
    for (size_t i = 0; i < report->count; i++)
        if (report->lines[i].verdict > worst)
            worst = report->lines[i].verdict;
    return worst;
}

int doctor_report_code(const struct doctor_report *report) {
    switch (doctor_report_worst(report)) {
    case DOCTOR_SKIP:
    case DOCTOR_OK:
        return COMMAND_OK;
    case DOCTOR_WARN:
        return COMMAND_OTHERWISE;
    case DOCTOR_FAIL:
        return COMMAND_FAILED;
    }
    return COMMAND_FAILED;
}

static enum style style_of(enum doctor_verdict verdict) {
    static const enum style STYLES[] = {STYLE_DIM, STYLE_GREEN, STYLE_YELLOW, STYLE_RED};
    return STYLES[verdict];
}

static void print_line(const struct doctor_line *line, FILE *stream) {
    const char *plain = command_style(stream, STYLE_PLAIN);
    fprintf(stream, "%s%-4s%s  %s%-*s%s  ", command_style(stream, style_of(line->verdict)),
            verdict_name(line->verdict), plain, command_style(stream, STYLE_BOLD), WHAT_WIDTH,
            line->what, plain);
    command_print(stream, line->words);
    fputc('\n', stream);
    if (!line->mend.at)
        return;
    fprintf(stream, "%*s-> ", 4 + 2 + WHAT_WIDTH + 2, "");
    command_print(stream, line->mend);
    fputc('\n', stream);
}

void doctor_report_print(const struct doctor_report *report, size_t from, FILE *stream) {
    for (size_t i = from; i < report->count; i++)
        print_line(&report->lines[i], stream);
}

struct span doctor_report_json(const struct doctor_report *report) {
    struct json_writer writer = json_write(report->arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "verdict", span_of(verdict_name(doctor_report_worst(report))));
    json_open(&writer, "checks", '[');
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_line *line = &report->lines[i];
        json_open(&writer, NULL, '{');
        json_put_text(&writer, "check", span_of(line->what));
        json_put_text(&writer, "verdict", span_of(verdict_name(line->verdict)));
        json_put_text(&writer, "words", line->words);
        json_put_text(&writer, "mend", line->mend);
        json_close(&writer, '}');
    }
    json_close(&writer, ']');
    json_close(&writer, '}');
    return json_written(&writer);
}
