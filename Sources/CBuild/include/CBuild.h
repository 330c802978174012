// What the build was told about itself, as words; "" where it was told nothing.
#pragma once

/// The commit that the sources are of.
const char *build_commit(void);

/// The version of the compiler.
const char *build_swift(void);
