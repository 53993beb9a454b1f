#include "ports/http/listen.h"

#include "ports/http.h"
#include "ports/http/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

struct place {
    struct sockaddr_storage address;
    socklen_t size;
};

static bool make_place(const char *address, uint16_t port, struct place *out) {
    struct sockaddr_in *four = (struct sockaddr_in *)&out->address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&out->address;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        out->size = sizeof *four;
    } else if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        out->size = sizeof *six;
    }
    return out->size > 0;
}

bool http_is_address(const char *address) {
    struct place place;
    return make_place(address, 0, &place);
}

/* The port is at the same place in both kinds of address. */
static uint16_t port_of(int fd) {
    struct sockaddr_in6 address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return ntohs(address.sin6_port);
}

int listen_on(const char *address, uint16_t port, uint16_t *found, struct why *why) {
    struct place place;
    int on = 1;
    if (!make_place(address, port, &place))
        return why_say(why, "%s is no IP address", address);
    int fd = socket(place.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return why_say(why, "cannot listen on %s port %u: %s", address, port, strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&place.address, place.size) != 0 || listen(fd, BACKLOG) != 0) {
        why_say(why, "cannot listen on %s port %u: %s", address, port, strerror(errno));
        close(fd);
        return -1;
    }
    *found = port_of(fd);
    return fd;
}

void print_address(const struct sockaddr *address, char out[INET6_ADDRSTRLEN]) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    out[0] = '\0';
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &four->sin_addr, out, INET6_ADDRSTRLEN);
    else if (address && address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], out, INET6_ADDRSTRLEN);
    else if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &six->sin6_addr, out, INET6_ADDRSTRLEN);
}
