#include "ports/login.h"

#include "words/check.h"

#include <pthread.h>
#include <stdlib.h>

struct login {
    pthread_mutex_t lock;
    char *password; /* NULL: nothing was set */
    uint64_t generation;
};

struct login *login_new(void) {
    struct login *login = must_calloc(1, sizeof *login);
    pthread_mutex_init(&login->lock, NULL);
    return login;
}

void login_free(struct login **login) {
    if (!*login)
        return;
    login_wipe(&(*login)->password);
    pthread_mutex_destroy(&(*login)->lock);
    free(*login);
    *login = NULL;
}

void login_wipe(char **password) {
    if (*password)
        explicit_bzero(*password, strlen(*password));
    free(*password);
    *password = NULL;
}

static char *copy_of(struct span password) {
    char *copy = must_calloc(1, password.size + 1);
    memcpy(copy, password.at, password.size);
    return copy;
}

void login_set(struct login *login, struct span password) {
    check(password.size > 0 && password.size <= LOGIN_PASSWORD_MAX &&
          !memchr(password.at, '\0', password.size));
    pthread_mutex_lock(&login->lock);
    if (!login->password || !span_is(password, login->password)) {
        login_wipe(&login->password);
        login->password = copy_of(password);
        login->generation++;
    }
    pthread_mutex_unlock(&login->lock);
}

uint64_t login_generation(struct login *login) {
    if (!login)
        return 0;
    pthread_mutex_lock(&login->lock);
    uint64_t generation = login->generation;
    pthread_mutex_unlock(&login->lock);
    return generation;
}

char *login_password(struct login *login, uint64_t *generation) {
    char *copy = NULL;
    *generation = 0;
    if (!login)
        return NULL;
    pthread_mutex_lock(&login->lock);
    if (login->password)
        copy = copy_of(span_of(login->password));
    *generation = login->generation;
    pthread_mutex_unlock(&login->lock);
    return copy;
}
