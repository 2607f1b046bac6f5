/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "namespace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/fs.h"
#include "common/text.h"

#define WHERE    "netns"
#define LOOPBACK "lo"
#define SECOND   "lo:0" /* a second address of the loopback device */
#define ONE_HOST "255.255.255.255"

/* ---- who we are in the new namespaces ---- */

static enum msiv2_rc write_file(const char *path, const char *text, struct msiv2_error *err)
{
	int fd = fs_open(path, O_WRONLY | O_CLOEXEC, 0);
	bool whole = fd >= 0 && fs_write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int reason = errno;

	if (fd >= 0)
		(void)fs_close(fd);
	if (!whole)
		return err_set(err, MSIV2_UNSUPPORTED, WHERE,
		               "a private user namespace is not permitted here (%s: %s; see "
		               "kernel.apparmor_restrict_unprivileged_userns): run as root",
		               path, strerror(reason));
	return MSIV2_OK;
}

/* An id is inside what it is outside, so that files and programs see no difference. */
static enum msiv2_rc keep_id(const char *path, unsigned id, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) line = {0};

	bytes_addf(&line, "%u %u 1", id, id);
	TRY(bytes_done(&line, WHERE, err));
	return write_file(path, bytes_text(&line), err);
}

static enum msiv2_rc enter_with_user(struct msiv2_error *err)
{
	unsigned uid = geteuid();
	unsigned gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return err_set(err, MSIV2_UNSUPPORTED, WHERE,
		               "a private network namespace is not permitted here (%s): run as "
		               "root with CAP_SYS_ADMIN, or allow unprivileged user namespaces "
		               "(user.max_user_namespaces, kernel.unprivileged_userns_clone, the "
		               "container's seccomp profile)",
		               strerror(errno));
	TRY(write_file("/proc/self/setgroups", "deny", err));
	TRY(keep_id("/proc/self/gid_map", gid, err));
	return keep_id("/proc/self/uid_map", uid, err);
}

/* ---- the loopback device ---- */

/* One request about a device; naming what it is for when it fails. */
static enum msiv2_rc ask(int fd, unsigned long request, struct ifreq *device, const char *what,
                         struct msiv2_error *err)
{
	if (ioctl(fd, request, device) != 0)
		return err_set(err, MSIV2_UNSUPPORTED, WHERE, "cannot %s: %s", what,
		               strerror(errno));
	return MSIV2_OK;
}

static void name_device(struct ifreq *device, const char *name)
{
	memset(device, 0, sizeof(*device));
	memcpy(device->ifr_name, name, strlen(name));
}

static enum msiv2_rc bring_up(int fd, struct msiv2_error *err)
{
	struct ifreq device;

	name_device(&device, LOOPBACK);
	TRY(ask(fd, SIOCGIFFLAGS, &device, "look at the loopback device", err));
	device.ifr_flags = (short)(device.ifr_flags | IFF_UP);
	return ask(fd, SIOCSIFFLAGS, &device, "bring the loopback device up", err);
}

static enum msiv2_rc set_address(int fd, unsigned long request, const char *text,
                                 struct msiv2_error *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct ifreq device;

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		return err_set(err, MSIV2_INTERNAL, WHERE, "%s is not an IPv4 address", text);
	name_device(&device, SECOND);
	memcpy(&device.ifr_addr, &address, sizeof(address));
	return ask(fd, request, &device, "give the loopback device its second address", err);
}

static enum msiv2_rc furnish(int fd, const char *address, struct msiv2_error *err)
{
	TRY(bring_up(fd, err));
	TRY(set_address(fd, SIOCSIFADDR, address, err));
	return set_address(fd, SIOCSIFNETMASK, ONE_HOST, err);
}

enum msiv2_rc namespace_enter(const char *address, struct msiv2_error *err)
{
	enum msiv2_rc rc;
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		TRY(enter_with_user(err));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, MSIV2_INTERNAL, WHERE, "no socket: %s", strerror(errno));
	rc = furnish(fd, address, err);
	(void)fs_close(fd);
	return rc;
}
