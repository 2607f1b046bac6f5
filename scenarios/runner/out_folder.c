/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "out_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/mem.h"
#include "tree.h"

#define WHERE "out"

enum msiv2_rc out_folder_claim(const char *out_dir, struct out_folder_claim *claim,
                               struct msiv2_error *err)
{
	TRY(files_make_dir(out_dir, 0755, MSIV2_CONFIG, err));
	claim->fd = fs_open(out_dir, O_RDONLY | O_DIRECTORY, 0);
	if (claim->fd < 0)
		return err_set(err, MSIV2_CONFIG, out_dir, "cannot be opened: %s", strerror(errno));
	/* Where folders cannot be locked, nobody is kept out. */
	if (fs_lock(claim->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return MSIV2_OK;
	return err_set(err, MSIV2_CONFIG, out_dir, "another run is writing there");
}

void out_folder_release(struct out_folder_claim *claim)
{
	if (claim->fd > 0)
		(void)fs_close(claim->fd);
	claim->fd = 0;
}

/* OUT/evidence and the mark beside it. */
static enum msiv2_rc name_parts(const char *out_dir, struct bytes *evidence, struct bytes *mark,
                                struct msiv2_error *err)
{
	bytes_addf(evidence, "%s/evidence", out_dir);
	bytes_addf(mark, "%s/" RUN_MARK, out_dir);
	TRY(bytes_done(evidence, WHERE, err));
	return bytes_done(mark, WHERE, err);
}

enum msiv2_rc out_folder_check(const char *out_dir, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) evidence = {0};
	OWNED_STRUCT(bytes) mark = {0};

	TRY(files_make_dir(out_dir, 0755, MSIV2_CONFIG, err));
	TRY(name_parts(out_dir, &evidence, &mark, err));
	if (files_exists(bytes_text(&evidence)) && !files_exists(bytes_text(&mark)))
		return err_set(err, MSIV2_CONFIG, bytes_text(&evidence), "is not from a run");
	return MSIV2_OK;
}

enum msiv2_rc out_folder_prepare(const char *out_dir, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) evidence = {0};
	OWNED_STRUCT(bytes) mark = {0};

	TRY(out_folder_check(out_dir, err));
	TRY(name_parts(out_dir, &evidence, &mark, err));
	TRY(files_replace(bytes_text(&mark), "{}\n", 3, 0644, MSIV2_CONFIG, err));
	tree_remove(bytes_text(&evidence));
	return files_make_dir(bytes_text(&evidence), 0700, MSIV2_CONFIG, err);
}

enum msiv2_rc out_folder_keep(const char *out_dir, const struct evidence *evidence,
                              struct result *result, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) dir = {0};
	OWNED(cJSON) *verdict = verdict_json(&result->verdict);

	if (!verdict)
		return err_no_memory(err, WHERE);
	bytes_addf(&dir, "%s/evidence/%s", out_dir, result->scenario->id);
	TRY(bytes_done(&dir, WHERE, err));
	tree_remove(bytes_text(&dir));
	TRY(evidence_write(evidence, verdict, bytes_text(&dir), err));
	mem_free(result->evidence);
	result->evidence = mem_strdup(bytes_text(&dir));
	return result->evidence ? MSIV2_OK : err_no_memory(err, WHERE);
}
