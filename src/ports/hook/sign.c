#include "ports/hook/sign.h"

#include "words/check.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>

enum { DIGEST_SIZE = 32 };

/* What can fail here is memory, or a libcrypto without SHA-256. */
static void sign(struct span secret, const struct span *parts, size_t count,
                 unsigned char out[DIGEST_SIZE]) {
    char name[] = "SHA256";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                               OSSL_PARAM_construct_end()};
    EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
    check(kind);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(kind);
    check(mac);
    check(EVP_MAC_init(mac, (const unsigned char *)secret.at, secret.size, parameters));
    for (size_t i = 0; i < count; i++)
        check(EVP_MAC_update(mac, (const unsigned char *)parts[i].at, parts[i].size));
    size_t size = 0;
    check(EVP_MAC_final(mac, out, &size, DIGEST_SIZE) && size == DIGEST_SIZE);
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(kind);
}

static void put_hex(const unsigned char bytes[DIGEST_SIZE], char out[SIGN_HEX]) {
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

void sign_hex(struct span secret, const struct span *parts, size_t count, char out[SIGN_HEX]) {
    unsigned char bytes[DIGEST_SIZE];
    sign(secret, parts, count, bytes);
    put_hex(bytes, out);
}

void digest_hex(const struct span *parts, size_t count, char out[SIGN_HEX]) {
    unsigned char bytes[DIGEST_SIZE];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    check(digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL));
    for (size_t i = 0; i < count; i++)
        check(EVP_DigestUpdate(digest, parts[i].at, parts[i].size));
    check(EVP_DigestFinal_ex(digest, bytes, NULL));
    EVP_MD_CTX_free(digest);
    put_hex(bytes, out);
}
