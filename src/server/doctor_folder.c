/* The data folder: whose it is, what is in it, and how much room its disk has. */
#include "server/doctor.h"

#include "ports/store.h"
#include "server/status_print.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const int64_t ROOM_LEAST = INT64_C(64) << 20, ROOM_USUAL = INT64_C(1) << 30;

static char *in_folder(const struct doctor *doctor, const char *name) {
    return arena_string(doctor->arena,
                        arena_print(doctor->arena, "%s/%s", doctor->config.data, name));
}

/* Writes a file, down to the disk, and takes it away again. */
static int try_to_write(const struct doctor *doctor) {
    char *path = in_folder(doctor, "doctor.XXXXXX");
    int file = mkostemp(path, O_CLOEXEC);
    if (file < 0)
        return errno;
    int error = write(file, "?", 1) == 1 && fsync(file) == 0 ? 0 : errno;
    close(file);
    unlink(path);
    return error;
}

void doctor_look_at_folder(struct doctor *doctor) {
    const char *folder = doctor->config.data;
    struct stat found;
    if (stat(folder, &found) < 0) {
        doctor_ok(doctor, "%s is not there yet: the server makes it when it starts", folder);
        return;
    }
    int error = try_to_write(doctor);
    if (error) {
        doctor_fail(doctor, "%s cannot be written to: %s", folder, strerror(error));
        doctor_mend(doctor, error == ENOSPC || error == EDQUOT
                                ? "make room on its disk"
                                : "run as the server's user, who must own the folder; its disk "
                                  "must be mounted for writing");
        return;
    }
    doctor->has |= DOCTOR_HAS_FOLDER;
    if (found.st_mode & 0077) {
        doctor_warn(doctor, "%s is open to other users of this machine (mode %04o)", folder,
                    found.st_mode & 07777);
        doctor_mend(doctor, "chmod 700 %s", folder);
        return;
    }
    doctor_ok(doctor, "%s is private and can be written to", folder);
}

static bool is_open_to_others(const char *path, struct stat *found) {
    return stat(path, found) == 0 && found->st_mode & 0077;
}

static void say_store(struct doctor *doctor, const char *path, int64_t bytes) {
    struct stat found;
    if (is_open_to_others(path, &found)) {
        doctor_warn(doctor, "%s is open to other users of this machine (mode %04o)", path,
                    found.st_mode & 07777);
        doctor_mend(doctor, "chmod 600 %s*", path);
        return;
    }
    doctor_ok(doctor, "opens, and has the tables that this version wants: %.*s%s",
              SPAN_ARGS(status_bytes(doctor->arena, bytes)),
              doctor->server ? "; the running server has it open, too" : "");
}

/* As a reader does, beside the server. */
void doctor_look_at_store(struct doctor *doctor) {
    const char *path = in_folder(doctor, "chat21d.db");
    struct stat found;
    struct why why;
    if (stat(path, &found) < 0 && errno == ENOENT) {
        doctor_ok(doctor, "there is none yet: the server makes it when it starts");
        return;
    }
    struct store_reader *reader = store_reader_open(doctor->config.data, &why);
    if (!reader && store_is_older(doctor->config.data)) {
        doctor_warn(doctor, "an older chat21d made it: this one changes its tables when it starts");
        doctor_mend(doctor, "keep a copy of %s*: the older one refuses it from then on", path);
        return;
    }
    if (!reader) {
        doctor_fail(doctor, "%s", why.words);
        doctor_mend(doctor, "run as the server's user; what is not ours or damaged must be moved "
                            "away, or come back from a copy");
        return;
    }
    store_reader_close(&reader);
    say_store(doctor, path, found.st_size);
}

static int64_t size_of(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 ? found.st_size : 0;
}

/* What somebody who is not root may still write. -1: not known. */
static int64_t room_at(const char *path) {
    struct statvfs disk;
    if (statvfs(path, &disk) < 0)
        return -1;
    return (int64_t)(disk.f_bavail * disk.f_frsize);
}

void doctor_look_at_disk(struct doctor *doctor) {
    struct arena *arena = doctor->arena;
    int64_t room = room_at(doctor->config.data);
    int64_t used =
        size_of(in_folder(doctor, "chat21d.db")) + size_of(in_folder(doctor, "chat21d.db-wal"));
    if (room < 0) {
        doctor_warn(doctor, "how much room it has cannot be told: %s", strerror(errno));
        return;
    }
    struct span words =
        arena_print(arena, "%.*s free, the store has %.*s", SPAN_ARGS(status_bytes(arena, room)),
                    SPAN_ARGS(status_bytes(arena, used)));
    if (room < ROOM_LEAST)
        doctor_fail(doctor, "%.*s: it will stop soon", SPAN_ARGS(words));
    else if (room < ROOM_USUAL || room < used)
        doctor_warn(doctor, "%.*s", SPAN_ARGS(words));
    else
        doctor_ok(doctor, "%.*s", SPAN_ARGS(words));
    if (room < ROOM_USUAL || room < used)
        doctor_mend(doctor, "the store only grows: give it a disk with 1 GB free at least, and as "
                            "much again as it has");
}

/* The broker's disk is another machine's, or another container's: seen only by chance. */
void doctor_look_at_retention(struct doctor *doctor) {
    const struct broker_settings *broker = &doctor->config.broker;
    struct arena *arena = doctor->arena;
    bool has_stream = broker->intake == BROKER_INTAKE_STREAM;
    int64_t kept = (has_stream ? broker->stream_max_bytes : 0) + broker->dead_max_bytes;
    struct span words = status_bytes(arena, kept);
    const char *of = has_stream ? "stream and dead queue keep" : "the dead queue keeps";
    static const char DATA[] = "/var/lib/rabbitmq";
    int64_t room = doctor->place.is_local ? room_at(DATA) : -1;
    if (room < 0)
        doctor_ok(doctor, "%s up to %.*s on the broker's disk, which cannot be seen from here", of,
                  SPAN_ARGS(words));
    else if (room >= kept)
        doctor_ok(doctor, "%s up to %.*s; if the broker's data is in %s, there is room for %.*s",
                  of, SPAN_ARGS(words), DATA, SPAN_ARGS(status_bytes(arena, room)));
    else {
        doctor_warn(doctor,
                    "%s up to %.*s; if the broker's data is in %s, there is room for %.*s only", of,
                    SPAN_ARGS(words), DATA, SPAN_ARGS(status_bytes(arena, room)));
        doctor_mend(doctor, "make room there, or set CHAT21D_STREAM_MAX_BYTES lower before the "
                            "stream is made");
    }
}
