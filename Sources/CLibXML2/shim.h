#pragma once

// libxml2 built with ICU includes ICU's headers for two members of a struct that is not used here. The compiler would
// refuse them beside Foundation, which brings an ICU of its own.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <iconv.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlreader.h>
