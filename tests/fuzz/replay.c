/* replay: runs a fuzz target on files, to see that what once crashed it does so no more.
 *
 *     build/regress/TARGET FILE-OR-FOLDER...
 *
 * One TAP line per file. A crash ends the program, with the file's name as the last line on
 * standard error; scripts/test sees that the count is short. */
#include "words/check.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
    int run;
    int failed;
};

static int read_file(const char *path, uint8_t **data, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    *data = NULL;
    *size = 0;
    uint8_t piece[4096];
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0; *size += got) {
        *data =
            must_realloc(*data, *size + got); /* exactly its size: the sanitizers see one more */
        memcpy(*data + *size, piece, got);
    }
    int rc = ferror(file) ? -1 : 0;
    fclose(file);
    return rc;
}

static void replay_file(const char *path, struct tally *tally) {
    uint8_t *data = NULL;
    size_t size;
    tally->run++;
    fprintf(stderr, "replay: %s\n", path);
    if (read_file(path, &data, &size) == -1) {
        tally->failed++;
        printf("not ok %d - %s: %s\n", tally->run, path, strerror(errno));
    } else {
        LLVMFuzzerTestOneInput(data, size);
        printf("ok %d - %s\n", tally->run, path);
    }
    fflush(stdout);
    free(data);
}

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void replay(const char *path, struct tally *tally);

static void replay_folder(const char *path, struct tally *tally) {
    struct dirent **entries;
    int count = scandir(path, &entries, is_shown, alphasort);
    for (int i = 0; i < count; i++) {
        char inside[4096];
        snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
        replay(inside, tally);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void replay(const char *path, struct tally *tally) {
    struct stat found;
    if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
        replay_folder(path, tally);
    else
        replay_file(path, tally);
}

int main(int count, char **paths) {
    struct tally tally = {0, 0};
    for (int i = 1; i < count; i++)
        replay(paths[i], &tally);
    printf("1..%d\n", tally.run);
    return tally.run == 0 || tally.failed ? 1 : 0;
}
