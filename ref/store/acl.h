/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* POSIX access control lists of a folder: does one grant somebody what the mode does not show? */
#ifndef REF_STORE_ACL_H
#define REF_STORE_ACL_H

#include <stdbool.h>
#include <stddef.h>

/* What an ACL says. */
enum acl_answer {
	ACL_CLOSED, /* there is none, or it grants nobody but the owner anything that matters */
	ACL_GRANTS, /* it grants somebody else something */
	ACL_UNKNOWN /* it cannot be read; errno tells why */
};

/* Examines the access list of an open folder for any of `permissions` (4 read, 2 write, 1 search),
 * and its default list, which its files would inherit, likewise. */
enum acl_answer acl_examine(int fd, unsigned permissions);
/* The same of one list as the kernel stores it (xattr "system.posix_acl_access"); a list that makes
 * no sense grants. Pure. */
bool acl_grants(const void *list, size_t len, unsigned permissions);

#endif
