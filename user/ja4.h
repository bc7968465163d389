/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TLS client's JA4 fingerprint, by FoxIO's public specification (technical_details/JA4.md, BSD-3-Clause). */
#ifndef GATEPOST_JA4_H
#define GATEPOST_JA4_H

#include "hello.h"

#define GP_JA4_TEXT 37 /* 10 + 1 + 12 + 1 + 12 characters, NUL */

/**
 * gp_ja4() - the fingerprint of a ClientHello that came over TCP.
 * @text:  out, for example "t13d1516h2_8daaf6152771_e5627efa2ab1": ASCII letters, digits and two underscores, whatever
 *         the hello holds. The empty string when libcrypto cannot compute SHA-256.
 * @hello: as gp_hello_parse() filled it in. With `more` set the hashes are those of the lists as far as they are
 * stored.
 *
 * GREASE is left out everywhere, in ALPN, too. A version without a name in the specification is "00", and so are drafts
 * of TLS 1.3, whose numbers are greater than its own.
 */
void gp_ja4(char text[GP_JA4_TEXT], const struct gp_hello *hello);

#endif
