#include "ports/hook/address.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const char LOOPBACK[] = "a loopback address";
static const char PRIVATE[] = "a private address";
static const char LINK_LOCAL[] = "a link-local address";
static const char SHARED[] = "a shared (CGNAT) address";
static const char MULTICAST[] = "a multicast address";
static const char UNSPECIFIED[] = "an unspecified address";
static const char RESERVED[] = "a reserved address";

static const struct network_4 {
    uint32_t network;
    unsigned bits;
    const char *kind;
} NETWORKS_4[] = {
    {0x00000000, 8, UNSPECIFIED}, /* 0.0.0.0/8 */
    {0x0a000000, 8, PRIVATE},     /* 10.0.0.0/8 */
    {0x64400000, 10, SHARED},     /* 100.64.0.0/10 */
    {0x7f000000, 8, LOOPBACK},    /* 127.0.0.0/8 */
    {0xa9fe0000, 16, LINK_LOCAL}, /* 169.254.0.0/16: clouds' metadata, too */
    {0xac100000, 12, PRIVATE},    /* 172.16.0.0/12 */
    {0xc0000000, 24, RESERVED},   /* 192.0.0.0/24 */
    {0xc0000200, 24, RESERVED},   /* 192.0.2.0/24: documentation */
    {0xc0a80000, 16, PRIVATE},    /* 192.168.0.0/16 */
    {0xc6120000, 15, RESERVED},   /* 198.18.0.0/15: benchmarks */
    {0xc6336400, 24, RESERVED},   /* 198.51.100.0/24: documentation */
    {0xcb007100, 24, RESERVED},   /* 203.0.113.0/24: documentation */
    {0xe0000000, 4, MULTICAST},   /* 224.0.0.0/4 */
    {0xf0000000, 4, RESERVED},    /* 240.0.0.0/4, broadcast */
};

static const struct network_6 {
    uint8_t network[16];
    unsigned bits;
    const char *kind;  /* NULL: what is wrapped in it … */
    unsigned wraps_at; /* … from this byte on */
} NETWORKS_6[] = {
    {{0}, 128, UNSPECIFIED, 0},                             /* :: */
    {{[15] = 1}, 128, LOOPBACK, 0},                         /* ::1 */
    {{[10] = 0xff, 0xff}, 96, NULL, 12},                    /* ::ffff:0:0/96: mapped */
    {{0}, 96, NULL, 12},                                    /* ::/96: compatible */
    {{0x00, 0x64, 0xff, 0x9b}, 96, NULL, 12},               /* 64:ff9b::/96: NAT64 */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, PRIVATE, 0}, /* 64:ff9b:1::/48 */
    {{0x01, 0x00}, 64, RESERVED, 0},                        /* 100::/64: discard */
    {{0x20, 0x01}, 23, RESERVED, 0},                        /* 2001::/23: Teredo and others */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, RESERVED, 0},            /* documentation */
    {{0x20, 0x02}, 16, NULL, 2},                            /* 2002::/16: 6to4 */
    {{0xfc}, 7, PRIVATE, 0},                                /* fc00::/7 */
    {{0xfe, 0x80}, 10, LINK_LOCAL, 0},                      /* fe80::/10 */
    {{0xfe, 0xc0}, 10, PRIVATE, 0},                         /* fec0::/10: site-local */
    {{0xff}, 8, MULTICAST, 0},                              /* ff00::/8 */
};

static const char *kind_4(uint32_t address) {
    for (size_t i = 0; i < sizeof NETWORKS_4 / sizeof *NETWORKS_4; i++) {
        const struct network_4 *network = &NETWORKS_4[i];
        if ((address ^ network->network) >> (32 - network->bits) == 0)
            return network->kind;
    }
    return NULL;
}

static bool is_in(const uint8_t address[16], const struct network_6 *network) {
    unsigned whole = network->bits / 8, left = network->bits % 8;
    if (memcmp(address, network->network, whole) != 0)
        return false;
    return left == 0 || (address[whole] ^ network->network[whole]) >> (8 - left) == 0;
}

static const char *kind_6(const uint8_t address[16]) {
    for (size_t i = 0; i < sizeof NETWORKS_6 / sizeof *NETWORKS_6; i++) {
        const struct network_6 *network = &NETWORKS_6[i];
        if (!is_in(address, network))
            continue;
        const uint8_t *inner = address + network->wraps_at;
        return network->kind ? network->kind
                             : kind_4((uint32_t)inner[0] << 24 | (uint32_t)inner[1] << 16 |
                                      (uint32_t)inner[2] << 8 | inner[3]);
    }
    return NULL;
}

const char *address_kind(const struct sockaddr *address) {
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    switch (address->sa_family) {
    case AF_INET:
        memcpy(&four, address, sizeof four);
        return kind_4(ntohl(four.sin_addr.s_addr));
    case AF_INET6:
        memcpy(&six, address, sizeof six);
        return kind_6(six.sin6_addr.s6_addr);
    }
    return "no address of the internet";
}
