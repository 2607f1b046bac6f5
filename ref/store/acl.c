/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "acl.h"

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/fs.h"

/* The kernel's layout, little-endian: version (4), then entries of tag (2), permissions (2), id
 * (4).
 */
#define ACL_VERSION   2
#define ACL_HEAD_LEN  4
#define ACL_ENTRY_LEN 8
#define ACL_MAX_LEN   4096

enum {
	TAG_OWNER = 0x01,
	TAG_USER = 0x02,
	TAG_GROUP_OBJ = 0x04,
	TAG_GROUP = 0x08,
	TAG_MASK = 0x10,
	TAG_OTHER = 0x20
};

static unsigned read16(const uint8_t *at)
{
	return (unsigned)at[0] | (unsigned)at[1] << 8;
}

static unsigned mask_of(const uint8_t *list, size_t len)
{
	for (size_t at = ACL_HEAD_LEN; at < len; at += ACL_ENTRY_LEN)
		if (read16(list + at) == TAG_MASK)
			return read16(list + at + 2);
	return 7;
}

bool acl_grants(const void *list, size_t len, unsigned permissions)
{
	const uint8_t *bytes = list;
	unsigned mask;

	if (len < ACL_HEAD_LEN || (len - ACL_HEAD_LEN) % ACL_ENTRY_LEN != 0 ||
	    read16(bytes) != ACL_VERSION || read16(bytes + 2) != 0)
		return true;
	mask = mask_of(bytes, len);
	for (size_t at = ACL_HEAD_LEN; at < len; at += ACL_ENTRY_LEN) {
		unsigned tag = read16(bytes + at);
		unsigned granted = read16(bytes + at + 2) & permissions;

		/* The mask bounds all but the owner and the rest of the world. */
		if (tag == TAG_USER || tag == TAG_GROUP_OBJ || tag == TAG_GROUP)
			granted &= mask;
		if (tag != TAG_OWNER && tag != TAG_MASK && granted != 0)
			return true;
	}
	return false;
}

static enum acl_answer examine(int fd, const char *name, unsigned permissions)
{
	uint8_t list[ACL_MAX_LEN];
	ssize_t len = fs_attribute(fd, name, list, sizeof(list));

	if (len < 0)
		return errno == ENODATA || errno == EOPNOTSUPP ? ACL_CLOSED : ACL_UNKNOWN;
	return acl_grants(list, (size_t)len, permissions) ? ACL_GRANTS : ACL_CLOSED;
}

enum acl_answer acl_examine(int fd, unsigned permissions)
{
	enum acl_answer access = examine(fd, "system.posix_acl_access", permissions);

	return access != ACL_CLOSED ? access : examine(fd, "system.posix_acl_default", permissions);
}
