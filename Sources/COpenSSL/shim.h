// The message digests of OpenSSL 3's EVP interface; nothing else of the library is used from Swift.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
