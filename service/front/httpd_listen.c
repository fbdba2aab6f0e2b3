/* Where a server listens. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "base/scope.h"
#include "front/httpd.h"

/* The first address that ADDRESS:PORT means. */
static int
resolve(const struct httpd_setup *setup, struct addrinfo **ret, struct err *err)
{
	static const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	const char *listen_at = setup->listen, *port = strrchr(listen_at, ':') + 1;
	bool bracket = listen_at[0] == '[';
	char host[256];
	int failed;

	snprintf(host, sizeof host, "%.*s", (int)(port - listen_at) - (bracket ? 3 : 1),
	    listen_at + bracket);
	failed = getaddrinfo(host, port, &hints, ret);
	if (failed)
		return err_set(err, ERR_INVALID, "[cinderbank] %s = %s: %s", setup->option,
		    listen_at, gai_strerror(failed));
	return 0;
}

/* Where that is, with the port that the kernel chose if the option says 0. */
static void
log_address(const char *from, int fd)
{
	char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
	struct sockaddr_storage address;
	socklen_t size = sizeof address;

	if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
		getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
		    NI_NUMERICHOST | NI_NUMERICSERV);
	log_info(from,
	    address.ss_family == AF_INET6 ? "listening on http://[%s]:%s"
					  : "listening on http://%s:%s",
	    host, port);
}

int
httpd_listen(const struct httpd_setup *setup, int *ret, struct err *err)
{
	scoped(scoped_close) int fd = -1;
	struct addrinfo *address;
	int one = 1, failed;

	if (resolve(setup, &address, err) < 0)
		return -1;
	fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	failed = fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
		 bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0;
	if (failed)
		err_sys(err, "[cinderbank] %s = %s", setup->option, setup->listen);
	freeaddrinfo(address);
	if (failed)
		return -1;
	log_address(setup->name, fd);
	*ret = fd;
	fd = -1;
	return 0;
}
