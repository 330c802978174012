// The definitions that Package.swift takes from the environment: C, so that another commit compiles this file alone.
#include "CBuild.h"

#define WORDS_OF(token) #token
#define WORDS(token) WORDS_OF(token)

const char *build_commit(void) { return WORDS(RECONCILE_COMMIT); }

const char *build_swift(void) { return WORDS(RECONCILE_SWIFT); }
