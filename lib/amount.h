/* amount: a number on the command line, "64G". */
#ifndef LONGSHORE_AMOUNT_H
#define LONGSHORE_AMOUNT_H

#include <stdint.h>

/* Decimal, with K, M, G or T for powers of 1024; anything else ends in usage(), which
 * names the option. */
uint64_t amount(const char *text, const char *option);

#endif
