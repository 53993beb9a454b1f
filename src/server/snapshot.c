#include "server/snapshot.h"

#include "words/hash.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t add_number(uint64_t digest, int64_t number) {
    return hash_add(digest, (struct span){(const char *)&number, sizeof number});
}

static uint64_t of_file(int folder, const char *name) {
    struct stat about;
    uint64_t digest = hash_add(HASH_START, span_of(name));
    if (fstatat(folder, name, &about, 0) != 0)
        return digest;
    digest = add_number(digest, (int64_t)about.st_dev);
    digest = add_number(digest, (int64_t)about.st_ino);
    digest = add_number(digest, about.st_size);
    digest = add_number(digest, about.st_mtim.tv_sec);
    digest = add_number(digest, about.st_mtim.tv_nsec);
    digest = add_number(digest, about.st_ctim.tv_sec);
    return add_number(digest, about.st_ctim.tv_nsec);
}

static bool is_lua(const char *name) {
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, ".lua") == 0;
}

/* A sum, since a listing has no order. Takes the descriptor over. */
static uint64_t of_folder(int folder, bool (*counts)(const char *name)) {
    DIR *listing = folder < 0 ? NULL : fdopendir(folder);
    uint64_t sum = 0;
    if (!listing) {
        if (folder >= 0)
            close(folder);
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(listing));)
        if (entry->d_name[0] != '.' && (!counts || counts(entry->d_name)))
            sum += of_file(folder, entry->d_name);
    closedir(listing);
    return sum;
}

uint64_t snapshot_of(const char *path) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return 0;
    uint64_t lists = of_folder(openat(folder, "lists", O_RDONLY | O_DIRECTORY | O_CLOEXEC), NULL);
    return of_folder(folder, is_lua) + lists * 3;
}
