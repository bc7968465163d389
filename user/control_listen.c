// SPDX-License-Identifier: GPL-2.0-or-later
#include "control_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control.h"
#include "log.h"

#define NO_GROUP ((gid_t)-1)

int gp_control_address(struct sockaddr_un *out, const char *path)
{
	size_t len = strlen(path);

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!len || len >= sizeof(out->sun_path))
		return len ? -ENAMETOOLONG : -EINVAL;
	memcpy(out->sun_path, path, len);
	return 0;
}

static int fail(const char *path, int err, const char *remedy)
{
	gp_error("control: cannot listen at %s: %s%s", path, strerror(-err), remedy);
	return err;
}

static int find_group(const char *path, const char *name, gid_t *out)
{
	struct group *group;

	*out = NO_GROUP;
	if (!name || !name[0])
		return 0;
	errno = 0;
	group = getgrnam(name);
	if (!group) {
		gp_error("control: cannot listen at %s: there is no group %s; make it (addgroup --system %s), or name "
			 "another one, or \"\" for none, as control.group", path, name, name);
		return -ENOENT;
	}
	*out = group->gr_gid;
	return 0;
}

/* Whoever holds the lock is the agent of this path; the kernel lets it go when the agent dies. */
static int take_lock(const char *path, int *out)
{
	char *name = NULL;
	int fd, err;

	if (asprintf(&name, "%s.lock", path) < 0)
		return fail(path, -ENOMEM, "");
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err = -errno;
		gp_error("control: cannot make %s: %s; its directory must exist and be the agent's", name, strerror(-err));
		free(name);
		return err;
	}
	free(name);
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		*out = fd;
		return 0;
	}
	err = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
	close(fd);
	return err == -EADDRINUSE ? fail(path, err, ": another agent answers there; end it, or give this one a path of its "
					 "own as control.socket") : fail(path, err, "");
}

/* Does anybody accept connections at a socket that nobody holds the lock of? */
static bool is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive;

	if (fd < 0)
		return true;
	alive = !connect(fd, (const struct sockaddr *)address, sizeof(*address)) || errno == EAGAIN;
	close(fd);
	return alive;
}

/* Removes the socket of a dead agent, and nothing else. */
static int remove_stale(const struct sockaddr_un *address)
{
	const char *path = address->sun_path;
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : fail(path, -errno, "");
	if (!S_ISSOCK(st.st_mode)) {
		gp_error("control: cannot listen at %s: it is no socket; remove it, or give another path as control.socket",
			 path);
		return -ENOTSOCK;
	}
	if (is_alive(address))
		return fail(path, -EADDRINUSE, ": another program answers there; give another path as control.socket");
	return unlink(path) && errno != ENOENT ? fail(path, -errno, "") : 0;
}

/* Nobody but the agent can connect until the group is set, and nobody at all before listen(). */
static int bind_socket(int fd, const struct sockaddr_un *address, gid_t group)
{
	const char *path = address->sun_path;

	if (fchmod(fd, 0600) || bind(fd, (const struct sockaddr *)address, sizeof(*address)))
		return fail(path, -errno, "; its directory must exist and be the agent's");
	if (group != NO_GROUP && fchownat(AT_FDCWD, path, (uid_t)-1, group, AT_SYMLINK_NOFOLLOW))
		return fail(path, -errno, ": its group cannot be set; the agent must be root or of that group");
	if (group != NO_GROUP && chmod(path, 0660))
		return fail(path, -errno, "");
	return listen(fd, GP_CONTROL_CLIENTS) ? fail(path, -errno, "") : 0;
}

static int open_socket(const struct sockaddr_un *address, gid_t group)
{
	int fd, err = remove_stale(address);

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(address->sun_path, -errno, "");
	err = bind_socket(fd, address, group);
	if (err)
		close(fd);
	return err ? err : fd;
}

int gp_control_listen(const char *path, const char *group, int *lock)
{
	struct sockaddr_un address;
	gid_t gid;
	int fd, err = gp_control_address(&address, path);

	if (err == -ENAMETOOLONG) {
		gp_error("control: cannot listen at %s: a socket's path has 107 bytes at most; give a shorter one as "
			 "control.socket", path);
		return err;
	}
	if (err)
		return fail(path, err, "");
	err = find_group(path, group, &gid);
	if (!err)
		err = take_lock(path, lock);
	if (err)
		return err;
	fd = open_socket(&address, gid);
	if (fd < 0) {
		close(*lock);
		*lock = -1;
	}
	return fd;
}
