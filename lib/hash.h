/* hash: a short fingerprint for deriving names; no protection against an attacker. */
#ifndef LONGSHORE_HASH_H
#define LONGSHORE_HASH_H

#include <stdint.h>

/* 64-bit FNV-1a of a string. */
uint64_t hash_text(const char *s);

#endif
