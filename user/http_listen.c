// SPDX-License-Identifier: GPL-2.0-or-later
#include "http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

#define WAITING 32 /* connections that nobody has accepted yet */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Return: the port, or -1. */
static int read_port(const char *text)
{
	int port = 0;
	size_t n = strspn(text, "0123456789");

	if (!n || n > 5 || text[n])
		return -1;
	for (; *text; text++)
		port = port * 10 + (*text - '0');
	return port > 65535 ? -1 : port;
}

/* Return: the length of the address, 0: it is none. */
static socklen_t read_address(union address *out, const char *where)
{
	const char *colon = strrchr(where, ':');
	char host[INET6_ADDRSTRLEN];
	size_t len = colon ? (size_t)(colon - where) : 0;
	bool v6 = where[0] == '[';
	int port = colon ? read_port(colon + 1) : -1;

	if (port < 0 || len >= sizeof(host) + 2 || (v6 && (len < 3 || where[len - 1] != ']')))
		return 0;
	len -= v6 ? 2 : 0;
	if (len >= sizeof(host))
		return 0;
	memcpy(host, where + v6, len);
	host[len] = '\0';
	*out = (union address){ 0 };
	if (v6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((in_port_t)port);
		return inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1 ? sizeof(out->v6) : 0;
	}
	out->v4.sin_family = AF_INET;
	out->v4.sin_port = htons((in_port_t)port);
	return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1 ? sizeof(out->v4) : 0;
}

static bool is_loopback(const union address *address)
{
	if (address->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
	return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
}

static int bind_socket(int fd, const union address *address, socklen_t len, unsigned *port)
{
	union address bound;
	socklen_t size = sizeof(bound);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &address->any, len) || listen(fd, WAITING) || getsockname(fd, &bound.any, &size))
		return -errno;
	*port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
	return 0;
}

int gp_http_listen(const char *where, unsigned *port)
{
	union address address;
	socklen_t len = read_address(&address, where);
	int fd, err;

	if (!len) {
		gp_error("http: %s: give an address and a port as http.listen, such as 127.0.0.1:9418 or [::1]:9418", where);
		return -EINVAL;
	}
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = fd < 0 ? -errno : bind_socket(fd, &address, len, port);
	if (err) {
		gp_error("http: cannot listen at %s: %s%s", where, strerror(-err),
			 err == -EADDRINUSE ? "; give another port as http.listen" :
			 err == -EADDRNOTAVAIL ? "; no interface of this host has that address" : "");
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (!is_loopback(&address))
		gp_notice("http: %s can be reached from other hosts, and nothing is encrypted: let a TLS proxy on this host "
			  "stand before 127.0.0.1 instead", where);
	return fd;
}
