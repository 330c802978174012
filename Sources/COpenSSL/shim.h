// The message digests of OpenSSL 3's EVP interface, and signatures on P-256; nothing else of the library is used.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
