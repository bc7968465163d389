// SPDX-License-Identifier: GPL-2.0-or-later
#include "http_token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "literal.h"
#include "log.h"

static int digest_of(struct gp_token *out, const char *text, size_t len)
{
	return EVP_Digest(text, len, out->digest, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

static int check_mode(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode)) {
		gp_error("http: %s: it is no regular file; a token's file holds one line", path);
		return -EINVAL;
	}
	if (st.st_mode & 077) {
		gp_error("http: %s: others than its owner have access (mode %03o); chmod 600 it, and make a new token if they "
			 "may have read it", path, st.st_mode & 0777);
		return -EPERM;
	}
	return 0;
}

static int check_text(const char *text, size_t *len, const char *path)
{
	while (*len && (text[*len - 1] == '\n' || text[*len - 1] == '\r'))
		(*len)--;
	for (size_t i = 0; i < *len; i++) {
		if (text[i] > ' ' && text[i] <= '~')
			continue;
		gp_error("http: %s: a token is one line of printable characters without blanks", path);
		return -EINVAL;
	}
	if (*len >= GP_TOKEN_MIN && *len <= GP_TOKEN_MAX)
		return 0;
	gp_error("http: %s: a token has %d to %d characters; openssl rand -hex 32 makes one", path, GP_TOKEN_MIN,
		 GP_TOKEN_MAX);
	return -EINVAL;
}

int gp_token_read(struct gp_token *out, const char *path)
{
	char text[GP_TOKEN_MAX + 3];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	ssize_t n;
	size_t len;

	if (fd < 0) {
		err = -errno;
		gp_error("http: cannot read the token's file %s: %s", path, strerror(-err));
		return err;
	}
	err = check_mode(fd, path);
	n = err ? 0 : read(fd, text, sizeof(text));
	if (n < 0) {
		err = -errno;
		gp_error("http: cannot read the token's file %s: %s", path, strerror(-err));
	}
	close(fd);
	len = n < 0 ? 0 : (size_t)n;
	if (!err)
		err = check_text(text, &len, path);
	if (!err)
		err = digest_of(out, text, len);
	OPENSSL_cleanse(text, sizeof(text));
	return err;
}

bool gp_token_matches(const struct gp_token *token, const char *authorization)
{
	struct gp_token said;
	size_t len;

	if (!authorization || strncasecmp(authorization, "Bearer ", 7))
		return false;
	authorization += 7;
	authorization += strspn(authorization, " ");
	len = strlen(authorization);
	if (len > GP_TOKEN_MAX || digest_of(&said, authorization, len))
		return false;
	return !CRYPTO_memcmp(token->digest, said.digest, sizeof(said.digest));
}

/* ":9418", or nothing. */
static bool is_port(const char *text)
{
	size_t n = *text == ':' ? strspn(text + 1, "0123456789") : 0;

	return !*text || (n && n <= 5 && !text[1 + n]);
}

bool gp_http_host_is_ours(const char *host)
{
	struct gp_addr addr;
	size_t len;

	if (!host)
		return false;
	if (!strncasecmp(host, "localhost", 9))
		return is_port(host + 9);
	len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (len > strlen(host) || (host[0] != '[' && memchr(host, ':', len)))
		return false;
	return gp_literal_read(&addr, host, len) && is_port(host + len);
}
