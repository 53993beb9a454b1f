#include "server/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE_SIZE = 4096, PAGE_VERSION = 1, POLICY_WORDS = 8 };

static const uint64_t MAGIC = 0x6567617064313263; /* "c21dpage" */

/* The file. Both processes look at it at once, so everything that changes is atomic; the worker
 * alone writes what it is in, the supervisor alone counts strikes. */
struct page {
    uint64_t magic;
    uint64_t version;
    _Atomic uint64_t phase;
    _Atomic uint64_t count;
    _Atomic uint64_t incarnation, offset;
    _Atomic uint64_t policy[POLICY_WORDS]; /* the name, terminated */
    _Atomic uint64_t strikes;              /* 0: nobody is suspected */
    _Atomic uint64_t suspect_incarnation, suspect_offset;
};

_Static_assert(sizeof(struct page) == 17 * sizeof(uint64_t), "the file's layout is fixed");
_Static_assert(sizeof(struct page) <= PAGE_SIZE, "one page");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would not outlive the worker");
_Static_assert(sizeof(((struct page_view *)NULL)->policy) == POLICY_WORDS * sizeof(uint64_t),
               "the whole name");

/* A page of another version, or of no one's making, is started afresh: it only holds suspicions. */
static void begin(struct page *page) {
    if (page->magic == MAGIC && page->version == PAGE_VERSION)
        return;
    memset(page, 0, sizeof *page);
    page->version = PAGE_VERSION;
    page->magic = MAGIC;
}

/* The space is taken now: a page that is first written on a full disk ends the process. */
static struct page *map(int file, const char *path, struct why *why) {
    int error = posix_fallocate(file, 0, PAGE_SIZE);
    if (error) {
        why_say(why, "%s: %s", path, strerror(error));
        return NULL;
    }
    void *memory = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) {
        why_say(why, "%s: %s", path, strerror(errno));
        return NULL;
    }
    begin(memory);
    return memory;
}

struct page *page_open(const char *folder, struct why *why) {
    char path[4096];
    snprintf(path, sizeof path, "%s/worker.page", folder);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        why_say(why, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct page *page = map(file, path, why);
    close(file);
    return page;
}

void page_close(struct page **page) {
    if (*page)
        munmap(*page, PAGE_SIZE);
    *page = NULL;
}

static void set(_Atomic uint64_t *field, uint64_t value) {
    atomic_store_explicit(field, value, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *field) {
    return atomic_load_explicit(field, memory_order_relaxed);
}

/* The phase is left first and entered last: who dies in between was in none. */
void page_enter(struct page *page, enum page_phase phase, uint64_t incarnation, uint64_t offset) {
    atomic_store_explicit(&page->phase, PAGE_IDLE, memory_order_release);
    set(&page->incarnation, incarnation);
    set(&page->offset, offset);
    set(&page->policy[0], 0);
    set(&page->count, get(&page->count) + 1);
    atomic_store_explicit(&page->phase, phase, memory_order_release);
}

void page_policy(struct page *page, const char *policy) {
    uint64_t words[POLICY_WORDS] = {0};
    if (policy) {
        size_t size = strlen(policy);
        memcpy(words, policy, size < sizeof words ? size : sizeof words - 1);
    }
    for (size_t i = 0; i < POLICY_WORDS; i++)
        set(&page->policy[i], words[i]);
}

void page_leave(struct page *page) {
    atomic_store_explicit(&page->phase, PAGE_IDLE, memory_order_release);
}

struct page_suspect page_suspect(const struct page *page) {
    uint64_t strikes = atomic_load_explicit(&page->strikes, memory_order_acquire);
    return (struct page_suspect){.is_set = strikes != 0,
                                 .incarnation = get(&page->suspect_incarnation),
                                 .offset = get(&page->suspect_offset),
                                 .strikes = (unsigned)strikes};
}

void page_clear_suspect(struct page *page) {
    atomic_store_explicit(&page->strikes, 0, memory_order_release);
}

/* Read again where the worker went on to another message meanwhile; a worker that goes on so fast
 * is not stuck, so that a mixed view in the end does no harm. */
struct page_view page_view(const struct page *page) {
    struct page_view view;
    for (int tries = 0; tries < 3; tries++) {
        uint64_t count = get(&page->count);
        view.phase = (enum page_phase)atomic_load_explicit(&page->phase, memory_order_acquire);
        view.incarnation = get(&page->incarnation);
        view.offset = get(&page->offset);
        uint64_t words[POLICY_WORDS];
        for (size_t i = 0; i < POLICY_WORDS; i++)
            words[i] = get(&page->policy[i]);
        memcpy(view.policy, words, sizeof words);
        view.policy[sizeof view.policy - 1] = '\0';
        view.count = get(&page->count);
        if (view.count == count)
            break;
    }
    return view;
}

struct page_suspect page_strike(struct page *page) {
    struct page_view view = page_view(page);
    struct page_suspect suspect = page_suspect(page);
    if (view.phase == PAGE_IDLE)
        return suspect;
    bool again =
        suspect.is_set && suspect.incarnation == view.incarnation && suspect.offset == view.offset;
    set(&page->suspect_incarnation, view.incarnation);
    set(&page->suspect_offset, view.offset);
    atomic_store_explicit(&page->strikes, again ? suspect.strikes + 1 : 1, memory_order_release);
    page_leave(page); /* one death, one strike */
    return page_suspect(page);
}
