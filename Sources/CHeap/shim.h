// How glibc's allocator is set: Swift's Glibc module leaves malloc.h out.
#pragma once

#include <malloc.h>
