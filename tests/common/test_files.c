/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/files.h"
#include "common/fs.h"

/* Fails the nth call of one system call with an errno; 0 = none. */
static struct {
	int write_errno, sync_errno, rename_errno, close_errno, open_errno;
	size_t short_write;
} inject;

ssize_t __real_fs_write(int fd, const void *data, size_t n);
ssize_t __wrap_fs_write(int fd, const void *data, size_t n);
int __real_fs_sync(int fd);
int __wrap_fs_sync(int fd);
int __real_fs_rename(const char *from, const char *to);
int __wrap_fs_rename(const char *from, const char *to);
int __real_fs_close(int fd);
int __wrap_fs_close(int fd);
int __real_fs_open(const char *path, int flags, mode_t mode);
int __wrap_fs_open(const char *path, int flags, mode_t mode);

static int inject_or(int error, int real)
{
	if (error == 0)
		return real;
	errno = error;
	return -1;
}

ssize_t __wrap_fs_write(int fd, const void *data, size_t n)
{
	if (inject.write_errno != 0)
		return inject_or(inject.write_errno, 0);
	if (inject.short_write > 0 && n > inject.short_write)
		n = inject.short_write;
	return __real_fs_write(fd, data, n);
}

int __wrap_fs_sync(int fd)
{
	return inject.sync_errno != 0 ? inject_or(inject.sync_errno, 0) : __real_fs_sync(fd);
}

int __wrap_fs_rename(const char *from, const char *to)
{
	return inject.rename_errno != 0 ? inject_or(inject.rename_errno, 0)
	                                : __real_fs_rename(from, to);
}

int __wrap_fs_close(int fd)
{
	int rc = __real_fs_close(fd);

	return inject_or(inject.close_errno, rc);
}

int __wrap_fs_open(const char *path, int flags, mode_t mode)
{
	return inject.open_errno != 0 ? inject_or(inject.open_errno, 0)
	                              : __real_fs_open(path, flags, mode);
}

struct place {
	char dir[64];
	char file[80];
};

static int make_place(void **state)
{
	static struct place place;

	memset(&inject, 0, sizeof(inject));
	(void)snprintf(place.dir, sizeof(place.dir), "/tmp/msiv2-files-XXXXXX");
	if (mkdtemp(place.dir) == NULL)
		return 1;
	(void)snprintf(place.file, sizeof(place.file), "%s/entry", place.dir);
	*state = &place;
	return 0;
}

static size_t count_entries(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static int drop_place(void **state)
{
	struct place *place = *state;

	memset(&inject, 0, sizeof(inject));
	(void)unlink(place->file);
	return rmdir(place->dir);
}

static void assert_content(const char *path, const char *want)
{
	OWNED_STRUCT(bytes) got = {0};

	assert_int_equal(files_read(path, 1000, MSIV2_STORE, &got, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&got), want);
}

static void a_replaced_file_has_the_new_content_and_mode(void **state)
{
	struct place *place = *state;
	struct stat st;

	umask(077);
	assert_int_equal(files_replace(place->file, "one", 3, 0644, MSIV2_STORE, NULL), MSIV2_OK);
	assert_int_equal(stat(place->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(files_replace(place->file, "three", 5, 0600, MSIV2_STORE, NULL), MSIV2_OK);
	assert_int_equal(stat(place->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_content(place->file, "three");
	assert_int_equal(count_entries(place->dir), 1);
}

static void short_writes_are_continued(void **state)
{
	struct place *place = *state;

	inject.short_write = 2;
	assert_int_equal(files_replace(place->file, "abcdefg", 7, 0600, MSIV2_STORE, NULL),
	                 MSIV2_OK);
	assert_content(place->file, "abcdefg");
}

/* STORE-06's full disk, and every other step that can fail: old content stays, nothing is left. */
static void a_failed_replace_keeps_the_old_content_and_leaves_nothing(void **state)
{
	struct place *place = *state;
	int *const steps[] = {&inject.write_errno, &inject.sync_errno, &inject.rename_errno,
	                      &inject.close_errno, &inject.open_errno};

	assert_int_equal(files_replace(place->file, "old", 3, 0600, MSIV2_STORE, NULL), MSIV2_OK);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct msiv2_error err = {0};

		*steps[i] = ENOSPC;
		assert_int_equal(files_replace(place->file, "new", 3, 0600, MSIV2_STORE, &err),
		                 MSIV2_STORE);
		*steps[i] = 0;
		assert_non_null(strstr(err.message, "No space left"));
		assert_string_equal(err.where, place->file);
		assert_content(place->file, "old");
		assert_int_equal(count_entries(place->dir), 1);
	}
}

static void what_is_no_regular_file_is_not_replaced(void **state)
{
	static const mode_t kinds[] = {S_IFIFO, S_IFSOCK, S_IFCHR};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct msiv2_error err = {0};
		struct stat st;

		/* A device (here the null device's numbers) takes a privilege. */
		if (mknod(place->file, kinds[i] | 0600, makedev(1, 3)) != 0 && errno == EPERM)
			continue;
		assert_int_equal(files_replace(place->file, "x", 1, 0600, MSIV2_CONFIG, &err),
		                 MSIV2_CONFIG);
		assert_string_equal(err.where, place->file);
		assert_string_equal(err.message, "exists and is not a regular file");
		assert_int_equal(lstat(place->file, &st), 0);
		assert_int_equal(st.st_mode & S_IFMT, kinds[i]);
		assert_int_equal(count_entries(place->dir), 1);
		assert_int_equal(unlink(place->file), 0);
	}
}

static void a_link_stays_and_what_it_leads_to_is_replaced(void **state)
{
	struct place *place = *state;
	struct msiv2_error err = {0};
	struct stat st;
	char link_path[96];

	(void)snprintf(link_path, sizeof(link_path), "%s/link", place->dir);
	assert_int_equal(symlink("entry", link_path), 0);
	/* As long as it leads nowhere, there is nothing to replace. */
	assert_int_equal(files_replace(link_path, "x", 1, 0600, MSIV2_CONFIG, &err), MSIV2_CONFIG);
	assert_string_equal(err.where, link_path);
	assert_non_null(strstr(err.message, "cannot follow the link"));
	assert_int_equal(files_replace(place->file, "old", 3, 0600, MSIV2_STORE, NULL), MSIV2_OK);
	assert_int_equal(files_replace(link_path, "new", 3, 0600, MSIV2_STORE, NULL), MSIV2_OK);
	assert_content(place->file, "new");
	assert_int_equal(lstat(link_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(count_entries(place->dir), 1);
}

static void reading_names_what_is_in_the_way(void **state)
{
	struct place *place = *state;
	OWNED_STRUCT(bytes) out = {0};
	struct msiv2_error err = {0};

	assert_int_equal(files_read(place->file, 10, MSIV2_CONFIG, &out, &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.message, "No such file"));
	assert_int_equal(files_read(place->dir, 10, MSIV2_CONFIG, &out, &err), MSIV2_CONFIG);
	assert_string_equal(err.message, "not a regular file");
	assert_int_equal(mkfifo(place->file, 0600), 0);
	assert_int_equal(files_read(place->file, 10, MSIV2_CONFIG, &out, &err), MSIV2_CONFIG);
	assert_string_equal(err.message, "not a regular file");
	assert_int_equal(unlink(place->file), 0);
	assert_int_equal(files_replace(place->file, "12345678901", 11, 0600, MSIV2_STORE, NULL),
	                 MSIV2_OK);
	assert_int_equal(files_read(place->file, 10, MSIV2_CONFIG, &out, &err), MSIV2_CONFIG);
	assert_string_equal(err.message, "larger than 10 bytes");
	assert_true(files_exists(place->file));
}

static void a_directory_open_to_others_is_refused(void **state)
{
	struct place *place = *state;
	struct msiv2_error err = {0};

	assert_int_equal(files_make_dir(place->dir, 0700, MSIV2_CONFIG, &err), MSIV2_OK);
	assert_int_equal(chmod(place->dir, 0750), 0);
	assert_int_equal(files_make_dir(place->dir, 0700, MSIV2_CONFIG, &err), MSIV2_CONFIG);
	assert_string_equal(err.message, "is open to others (mode 0750, want 0700)");
	assert_int_equal(files_replace(place->file, "x", 1, 0600, MSIV2_STORE, NULL), MSIV2_OK);
	assert_int_equal(files_make_dir(place->file, 0700, MSIV2_CONFIG, &err), MSIV2_CONFIG);
	assert_string_equal(err.message, "exists and is not a directory");
	assert_int_equal(files_make_dir("/nonexistent-root/x", 0700, MSIV2_CONFIG, &err),
	                 MSIV2_CONFIG);
}

#define in_a_place(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        in_a_place(a_replaced_file_has_the_new_content_and_mode),
	        in_a_place(short_writes_are_continued),
	        in_a_place(a_failed_replace_keeps_the_old_content_and_leaves_nothing),
	        in_a_place(what_is_no_regular_file_is_not_replaced),
	        in_a_place(a_link_stays_and_what_it_leads_to_is_replaced),
	        in_a_place(reading_names_what_is_in_the_way),
	        in_a_place(a_directory_open_to_others_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
