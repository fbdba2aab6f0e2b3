/* Where the API listens. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/scope.h"
#include "front/rest.h"

/* The first address that ADDRESS:PORT means. */
static int
resolve(const char *listen, struct addrinfo **ret, struct err *err)
{
	static const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	const char *port = strrchr(listen, ':') + 1;
	bool bracket = listen[0] == '[';
	char host[256];
	int failed;

	snprintf(
	    host, sizeof host, "%.*s", (int)(port - listen) - (bracket ? 3 : 1), listen + bracket);
	failed = getaddrinfo(host, port, &hints, ret);
	if (failed)
		return err_set(
		    err, ERR_INVALID, "[cinderbank] listen = %s: %s", listen, gai_strerror(failed));
	return 0;
}

/* Where that is, with the port that the kernel chose if the option says 0. */
static void
log_address(int fd)
{
	char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
	struct sockaddr_storage address;
	socklen_t size = sizeof address;

	if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
		getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
		    NI_NUMERICHOST | NI_NUMERICSERV);
	log_info("rest",
	    address.ss_family == AF_INET6 ? "listening on http://[%s]:%s"
					  : "listening on http://%s:%s",
	    host, port);
}

int
rest_listen(const char *listen_at, int *ret, struct err *err)
{
	scoped(scoped_close) int fd = -1;
	struct addrinfo *address;
	int one = 1, failed;

	if (resolve(listen_at, &address, err) < 0)
		return -1;
	fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	failed = fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
		 bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0;
	if (failed)
		err_sys(err, "[cinderbank] listen = %s", listen_at);
	freeaddrinfo(address);
	if (failed)
		return -1;
	log_address(fd);
	*ret = fd;
	fd = -1;
	return 0;
}
