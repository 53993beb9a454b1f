/* The keys by which tokens are checked. RSA keys are read once, here: that is what costs. */
#include "ports/token/parts.h"
#include "words/check.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

enum { DIGEST_SIZE = 32, RSA_BITS_LEAST = 2048 }; /* RFC 7518, section 3.3 */

struct keyring_slot {
    struct span kid;
    struct span secret;   /* HS256 */
    EVP_PKEY *public_key; /* RS256 */
};

struct keyring {
    struct arena *arena; /* everything below */
    enum token_algorithm algorithm;
    struct span audience;
    int64_t leeway;
    struct keyring_slot *slots;
    size_t count;
};

const char *token_algorithm_name(enum token_algorithm algorithm) {
    switch (algorithm) {
    case TOKEN_HS256:
        return "HS256";
    case TOKEN_RS256:
        return "RS256";
    }
    return "?";
}

/* "the key" or "the key K1": a kid is no secret, every token shows it. */
static int complain(struct why *why, struct span kid, const char *words) {
    if (kid.size == 0)
        return why_say(why, "the key %s", words);
    return why_say(why, "the key %.*s %s", SPAN_ARGS(kid), words);
}

/* A PEM text may say that it is encrypted, and nobody is asked at a terminal. */
static int no_password(char *into, int size, int for_writing, void *self) {
    (void)for_writing, (void)self;
    if (size > 0)
        into[0] = '\0';
    return -1;
}

/* What fails here must not be left in the thread's queue of errors: TLS connections look there. */
static EVP_PKEY *read_pem(struct span pem) {
    ERR_set_mark();
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.size);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    ERR_pop_to_mark();
    return key;
}

static int read_public_key(struct span kid, struct span pem, EVP_PKEY **out, struct why *why) {
    int rc = -1;
    EVP_PKEY *key = NULL;
    if (span_has(pem, SPAN("PRIVATE KEY-----"))) {
        complain(why, kid, "is a private one: what checks tokens has the public one only");
        goto out;
    }
    key = read_pem(pem);
    if (!key || EVP_PKEY_base_id(key) != EVP_PKEY_RSA) {
        complain(why, kid, "is no RSA public key in PEM (BEGIN PUBLIC KEY)");
        goto out;
    }
    if (EVP_PKEY_bits(key) < RSA_BITS_LEAST) {
        complain(why, kid, "has less than 2048 bits");
        goto out;
    }
    *out = key;
    key = NULL;
    rc = 0;
out:
    EVP_PKEY_free(key);
    return rc;
}

static int add_key(struct keyring *keyring, const struct keyring_key *key, struct why *why) {
    struct keyring_slot slot = {.kid = arena_copy(keyring->arena, key->kid)};
    if (token_check_kid(key->kid, why) != 0)
        return -1;
    if (keyring_find(keyring, key->kid))
        return complain(why, key->kid, "is there twice");
    if (key->key.size == 0)
        return complain(why, key->kid, "is empty");
    if (key->key.size > TOKEN_KEY_MAX)
        return complain(why, key->kid, "is too long for one");
    switch (keyring->algorithm) {
    case TOKEN_HS256:
        slot.secret = arena_copy(keyring->arena, key->key);
        break;
    case TOKEN_RS256:
        if (read_public_key(key->kid, key->key, &slot.public_key, why) != 0)
            return -1;
        break;
    }
    keyring->slots[keyring->count++] = slot;
    return 0;
}

struct keyring *keyring_new(const struct keyring_settings *settings, struct why *why) {
    struct arena *arena = arena_new();
    struct keyring *keyring = arena_array(arena, 1, sizeof *keyring);
    *keyring = (struct keyring){
        .arena = arena,
        .algorithm = settings->algorithm,
        .audience = arena_copy(arena, settings->audience),
        .leeway = settings->leeway_seconds,
        .slots = arena_array(arena, settings->count, sizeof *keyring->slots),
    };
    check(settings->leeway_seconds >= 0 && settings->leeway_seconds <= TOKEN_LEEWAY_MAX);
    int rc = settings->count ? 0 : why_say(why, "there is no key");
    for (size_t i = 0; i < settings->count && rc == 0; i++)
        rc = add_key(keyring, &settings->keys[i], why);
    if (rc != 0)
        keyring_free(&keyring);
    return keyring;
}

void keyring_free(struct keyring **keyring) {
    if (!*keyring)
        return;
    struct arena *arena = (*keyring)->arena;
    for (size_t i = 0; i < (*keyring)->count; i++) {
        struct keyring_slot *slot = &(*keyring)->slots[i];
        EVP_PKEY_free(slot->public_key);
        if (slot->secret.size)
            OPENSSL_cleanse((char *)slot->secret.at, slot->secret.size);
    }
    arena_free(&arena);
    *keyring = NULL;
}

enum token_algorithm keyring_algorithm(const struct keyring *keyring) {
    return keyring->algorithm;
}

struct span keyring_audience(const struct keyring *keyring) {
    return keyring->audience;
}

int64_t keyring_leeway(const struct keyring *keyring) {
    return keyring->leeway;
}

const struct keyring_slot *keyring_find(const struct keyring *keyring, struct span kid) {
    for (size_t i = 0; i < keyring->count; i++)
        if (span_equal(keyring->slots[i].kid, kid))
            return &keyring->slots[i];
    return NULL;
}

static const unsigned char *bytes_of(struct span span) {
    return (const unsigned char *)span.at;
}

bool hmac_signed(struct span secret, struct span input, struct span signature) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!HMAC(EVP_sha256(), secret.at, (int)secret.size, bytes_of(input), input.size, digest,
              &size))
        return false;
    return size == DIGEST_SIZE && signature.size == size &&
           CRYPTO_memcmp(digest, signature.at, size) == 0;
}

static bool is_rsa(EVP_PKEY *key, struct span input, struct span signature) {
    ERR_set_mark();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_right = context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                    EVP_DigestVerify(context, bytes_of(signature), signature.size, bytes_of(input),
                                     input.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_pop_to_mark();
    return is_right;
}

bool keyring_signed(const struct keyring *keyring, const struct keyring_slot *slot,
                    struct span input, struct span signature) {
    switch (keyring->algorithm) {
    case TOKEN_HS256:
        return hmac_signed(slot->secret, input, signature);
    case TOKEN_RS256:
        return is_rsa(slot->public_key, input, signature);
    }
    return false;
}
