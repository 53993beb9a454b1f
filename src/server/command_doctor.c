/* chat21d doctor: does everything that the server needs stand as it should? Looks at the settings,
 * this machine and the broker, a line for each; the checks are in doctor*.c. */
#include "server/commands.h"

#include "server/doctor.h"
#include "server/options.h"

#include <signal.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d doctor [--key-file FILE] [--mqtt-port N] [--web-mqtt-port N] [--json]\n"
    "                      [--config FILE]\n"
    "\n"
    "Looks at everything that the server needs, and says how it stands, a line each, with what "
    "can\n"
    "be done about it: settings and policies; the data folder, the store, the disk; limits and\n"
    "ports; the broker, its version and plugins, the rights of the server's login and how long "
    "its\n"
    "token is good; whether the broker's key is JWT_KEY; and what a user's token opens: it tries\n"
    "what must be refused, as users whom nobody is. Nothing stays of it, here or on the broker, "
    "and\n"
    "the server may be running or not.\n"
    "\n"
    "  --key-file FILE    the key to sign users' tokens with, to try them; without it those of "
    "the\n"
    "                     settings (HS256). With RS256: the private one\n"
    "  --mqtt-port N      where clients come, on the broker's host (default: 1883; 0: do not "
    "look)\n"
    "  --web-mqtt-port N  and in a browser (default: 15675; 0: do not look)\n"
    "  --json             for machines: one object, with a list of checks\n"
    "  --config FILE      settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Each line begins with ok, warn, fail or skip (not looked at, since something else is "
    "missing).\n"
    "A step waits 5 seconds at most, and a broker that does not answer makes it some 15 in all.\n"
    "\n"
    "Exit codes: 0 all is well, 1 something failed, 2 usage, 3 there are warnings only.\n";

enum { MQTT_PORT = 1883, WEB_MQTT_PORT = 15675, PORT_MAX = 65535 };

struct request {
    const char *config, *key_file;
    bool as_json;
    int64_t mqtt_port, web_mqtt_port;
};

/* A person sees each line when it is there, and on a terminal what is looked at. */
struct shown {
    const struct doctor_report *report;
    bool as_json, on_terminal;
};

static void begins(void *self, const char *what) {
    const struct shown *shown = self;
    if (!shown->on_terminal)
        return;
    printf("%s…     %s%s", command_style(stdout, STYLE_DIM), what,
           command_style(stdout, STYLE_PLAIN));
    fflush(stdout);
}

static void ends(void *self, size_t from) {
    const struct shown *shown = self;
    if (shown->on_terminal)
        fputs("\r\033[K", stdout);
    if (!shown->as_json)
        doctor_report_print(shown->report, from, stdout);
    fflush(stdout);
}

static int look(const struct request *request) {
    struct arena *arena = arena_new();
    struct shown shown = {.as_json = request->as_json,
                          .on_terminal = !request->as_json && isatty(STDOUT_FILENO)};
    struct doctor doctor = {.arena = arena,
                            .file = request->config,
                            .key_file = request->key_file,
                            .mqtt_port = (uint16_t)request->mqtt_port,
                            .web_mqtt_port = (uint16_t)request->web_mqtt_port,
                            .begins = begins,
                            .ends = ends,
                            .self = &shown};
    shown.report = &doctor.report;
    doctor_look(&doctor);
    if (request->as_json)
        printf("%.*s\n", SPAN_ARGS(doctor_report_json(&doctor.report)));
    int rc = doctor_report_code(&doctor.report);
    arena_free(&arena);
    return rc;
}

int command_doctor(int argc, char **argv) {
    struct request request = {.mqtt_port = MQTT_PORT, .web_mqtt_port = WEB_MQTT_PORT};
    const struct option_row rows[] = {
        {"key-file", OPTION_TEXT, &request.key_file, 0, 0},
        {"mqtt-port", OPTION_NUMBER, &request.mqtt_port, 0, PORT_MAX},
        {"web-mqtt-port", OPTION_NUMBER, &request.web_mqtt_port, 0, PORT_MAX},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
    };
    const struct options options = {.help = HELP, OPTION_ROWS(rows), .expects = "no argument"};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    signal(SIGPIPE, SIG_IGN); /* broker_probe.h asks for it */
    return look(&request);
}
