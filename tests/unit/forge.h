/* forge: tokens of any header and claims, right and wrong ones, signed by libcrypto and not by what
 * is tested. All that is returned is in the arena. */
#ifndef CHAT21D_TESTS_FORGE_H
#define CHAT21D_TESTS_FORGE_H

#include "words/text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

static inline struct span forge_base64(struct arena *arena, struct span bytes) {
    char *out = arena_take(arena, bytes.size * 2 + 8);
    int size =
        EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)bytes.at, (int)bytes.size);
    while (size && out[size - 1] == '=')
        size--;
    for (int i = 0; i < size; i++)
        out[i] = (char)(out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i]);
    return (struct span){out, (size_t)size};
}

/* The two parts that are signed. */
static inline struct span forge_input(struct arena *arena, struct span header, struct span claims) {
    struct text text = text_start(arena, header.size + claims.size);
    text_add(&text, forge_base64(arena, header));
    text_add_char(&text, '.');
    text_add(&text, forge_base64(arena, claims));
    return text_span(&text);
}

static inline struct span forge_join(struct arena *arena, struct span input,
                                     struct span signature) {
    struct text text = text_start(arena, input.size + signature.size * 2);
    text_add(&text, input);
    text_add_char(&text, '.');
    text_add(&text, forge_base64(arena, signature));
    return text_span(&text);
}

/* The two parts, and their signature behind them. */
static inline struct span forge_hmac(struct arena *arena, struct span input, struct span key) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.at, (int)key.size, (const unsigned char *)input.at, input.size, digest,
         &size);
    return forge_join(arena, input, (struct span){(const char *)digest, size});
}

static inline struct span forge_hs256(struct arena *arena, struct span header, struct span claims,
                                      struct span key) {
    return forge_hmac(arena, forge_input(arena, header, claims), key);
}

static inline struct span forge_rs256(struct arena *arena, struct span header, struct span claims,
                                      EVP_PKEY *key) {
    struct span input = forge_input(arena, header, claims);
    unsigned char *signature = arena_take(arena, 1024);
    size_t size = 1024;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, signature, &size, (const unsigned char *)input.at, input.size) != 1)
        size = 0;
    EVP_MD_CTX_free(context);
    return forge_join(arena, input, (struct span){(const char *)signature, size});
}

/* "-----BEGIN PUBLIC KEY-----…", or the private one. */
static inline struct span forge_pem(struct arena *arena, EVP_PKEY *key, bool is_public) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *at = NULL;
    if (is_public)
        PEM_write_bio_PUBKEY(bio, key);
    else
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    long size = BIO_get_mem_data(bio, &at);
    struct span pem = arena_copy(arena, (struct span){at, (size_t)size});
    BIO_free(bio);
    return pem;
}

#endif
