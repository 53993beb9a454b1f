/* address: which addresses are not the public internet's. */
#ifndef CHAT21D_HOOK_ADDRESS_H
#define CHAT21D_HOOK_ADDRESS_H

#include <sys/socket.h>

/* What kind of address it is, "a loopback address"; NULL: a public one. IPv4 inside of IPv6
 * (mapped, compatible, NAT64, 6to4) is looked at as what it is. Source: the IANA special-purpose
 * address registries (RFC 6890). */
const char *address_kind(const struct sockaddr *address);

#endif
