/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Stands between the store and common/fs.h: counts the calls, fails one, dies at one, or tells what
 * was done. Nothing is really synced. Link with WRAP ${FS_FAULT_WRAP}; for one thread. */
#ifndef TESTS_REF_STORE_FS_FAULT_H
#define TESTS_REF_STORE_FS_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum fs_fault_way {
	FS_FAULT_NONE,
	FS_FAULT_FAIL,     /* the call fails with the error given, undone */
	FS_FAULT_SHORT,    /* every write from there on puts 7 bytes at most
	                    */
	FS_FAULT_EXIT,     /* the process ends before the call, as if by kill -9 */
	FS_FAULT_EXIT_TORN /* likewise, but half of a write is done */
};

/* The nth call from now (1 = the next) goes wrong; counts from 0 again. */
void fs_fault_arm(enum fs_fault_way way, unsigned nth, int error);
/* No more faults. Calls since it was armed. */
unsigned fs_fault_disarm(void);
/* The fault has happened. */
bool fs_fault_fired(void);
/* The call that went wrong, as its function's name. */
const char *fs_fault_call(void);

/* One call that succeeded. */
struct fs_call {
	enum {
		FS_CALL_OPEN,
		FS_CALL_MKDIR,
		FS_CALL_WRITE,
		FS_CALL_SYNC,
		FS_CALL_CLOSE,
		FS_CALL_RENAME,
		FS_CALL_UNLINK
	} kind;
	int fd;           /* the folder's, or the file's; -1 for a path from "/" */
	const char *name; /* within the folder, or the path */
	const char *to;
	int opened;  /* descriptor that OPEN gave */
	bool create; /* OPEN with O_CREAT */
	const void *data;
	size_t len;
	off_t at; /* -1 = at the end */
};
/* Tells every such call from now on; NULL ends it. */
void fs_fault_watch(void (*watch)(void *ctx, const struct fs_call *call), void *ctx);

#endif
