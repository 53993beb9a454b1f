/* Plays every tests/scenarios/NAME.scenario (or those named on the command line) and prints TAP. */
#include "script.h"

#include "words/log.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

/* The script's first comment is what it claims. */
static void read_claim(const char *path, char *claim, size_t size) {
    FILE *file = fopen(path, "r");
    claim[0] = '\0';
    if (file && fgets(claim, (int)size, file))
        claim[strcspn(claim, "\n")] = '\0';
    if (file)
        fclose(file);
}

static int play(size_t number, const char *path) {
    char claim[256];
    struct why why = {.words = ""};
    read_claim(path, claim, sizeof claim);
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    int rc = script_play(path, "policies", &why);
    printf("%sok %zu - %s: %s\n", rc == 0 ? "" : "not ", number, name,
           claim[0] == '#' ? claim + 2 : "");
    if (rc != 0)
        printf("# %s\n", why.words);
    return rc != 0;
}

int main(int argc, char **argv) {
    glob_t found = {0};
    int failed = 0;
    log_set_level(LOG_ERROR);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1) {
        printf("1..%d\n", argc - 1);
        for (int i = 1; i < argc; i++)
            failed += play((size_t)i, argv[i]);
        return failed != 0;
    }
    glob("tests/scenarios/*.scenario", 0, NULL, &found);
    printf("1..%zu\n", found.gl_pathc);
    for (size_t i = 0; i < found.gl_pathc; i++)
        failed += play(i + 1, found.gl_pathv[i]);
    globfree(&found);
    return failed != 0;
}
