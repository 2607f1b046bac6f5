/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "secrets.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "certificate_text.h"
#include "common/encoding.h"
#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"
#include "tree.h"

#define WHERE       "secrets"
#define FILE_MAX    ((size_t)4 * 1024 * 1024)
#define PROC_MAX    ((size_t)256 * 1024)
#define PROC_DEPTH  8
#define JSON_OBJECT "eyJ" /* base64url of {" */
#define PART_MIN    8     /* of the head and of what is left of the body */

void secrets_free(struct secrets *secrets)
{
	cJSON_Delete(secrets->hits);
	*secrets = (struct secrets){0};
}

static enum msiv2_rc add_hit(struct secrets *secrets, const char *what, const char *where,
                             struct msiv2_error *err)
{
	cJSON *hit = cJSON_CreateObject();

	if (!secrets->hits)
		secrets->hits = cJSON_CreateArray();
	if (cJSON_AddStringToObject(hit, "what", what) &&
	    cJSON_AddStringToObject(hit, "where", where) &&
	    cJSON_AddItemToArray(secrets->hits, hit))
		return MSIV2_OK;
	cJSON_Delete(hit);
	return err_no_memory(err, WHERE);
}

/* ---- tokens ---- */

static size_t part_len(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (isalnum((unsigned char)text[i]) || text[i] == '-' || text[i] == '_'))
		i++;
	return i;
}

/* What a JWT's body tells of it; one that was cut tells nothing. */
static const char *kind_of(const char *body, size_t len)
{
	static const struct blame blame = {MSIV2_CONFIG, WHERE};
	OWNED_STRUCT(bytes) text = {.secret = true};
	OWNED(cJSON) *claims = NULL;

	if (!base64url_decode(body, len, &text) ||
	    json_parse_object(text.data, text.len, &blame, &claims, NULL) != MSIV2_OK)
		return "part of a token";
	return cJSON_HasObjectItem(claims, "aud") ? "access token" : "attestation token";
}

/* The token that begins here, or NULL. */
static const char *token_at(const char *text, size_t len)
{
	size_t head = part_len(text, len);
	const char *body = text + head + 1;

	if (head < PART_MIN || head + 1 + strlen(JSON_OBJECT) > len || text[head] != '.' ||
	    memcmp(body, JSON_OBJECT, strlen(JSON_OBJECT)) != 0)
		return NULL;
	len = part_len(body, len - head - 1);
	return len >= PART_MIN ? kind_of(body, len) : NULL;
}

/* The first token in the bytes, or NULL. */
static const char *find_token(const char *text, size_t len)
{
	const char *end = text + len;
	const char *at = text;

	while (at < end &&
	       (at = memmem(at, (size_t)(end - at), JSON_OBJECT, strlen(JSON_OBJECT))) != NULL) {
		const char *kind = token_at(at, (size_t)(end - at));

		if (kind)
			return kind;
		at++;
	}
	return NULL;
}

enum msiv2_rc secrets_search(struct secrets *secrets, const char *where, const void *data,
                             size_t len, struct msiv2_error *err)
{
	const char *token = len > 0 ? find_token(data, len) : NULL;

	secrets->searched++;
	if (token)
		TRY(add_hit(secrets, token, where, err));
	if (len > 0 && holds_private_key(data, len))
		TRY(add_hit(secrets, "private key", where, err));
	return MSIV2_OK;
}

/* ---- files ---- */

struct file_search {
	struct secrets *secrets;
	enum msiv2_rc rc;
	struct msiv2_error *err;
};

static bool search_file(void *ctx, const char *relative, const char *path, const struct stat *facts)
{
	OWNED_STRUCT(bytes) content = {.secret = true};
	struct file_search *search = ctx;

	/* What cannot be read, or is gone again, is nobody's to read. */
	if (!S_ISREG(facts->st_mode) ||
	    files_read(path, FILE_MAX, MSIV2_STORE, &content, NULL) != MSIV2_OK)
		return true;
	search->rc = secrets_search(search->secrets, relative, bytes_text(&content), content.len,
	                            search->err);
	return search->rc == MSIV2_OK;
}

enum msiv2_rc secrets_search_tree(struct secrets *secrets, const char *root,
                                  struct msiv2_error *err)
{
	struct file_search search = {secrets, MSIV2_OK, err};

	(void)tree_walk(root, search_file, &search);
	return search.rc;
}

/* ---- processes ---- */

/* Files of /proc have no size. */
static void read_proc(pid_t pid, const char *name, struct bytes *out)
{
	char path[64];
	char chunk[4096];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = fs_open(path, O_RDONLY, 0);
	while (fd >= 0 && out->len < PROC_MAX && (n = fs_read(fd, chunk, sizeof(chunk))) > 0)
		bytes_add(out, chunk, (size_t)n);
	if (fd >= 0)
		(void)fs_close(fd);
}

static enum msiv2_rc search_process(struct secrets *secrets, pid_t pid, int depth,
                                    struct msiv2_error *err)
{
	static const struct {
		const char *file;
		const char *where;
	} rows[] = {{"environ", "environment"}, {"cmdline", "command line"}};
	OWNED_STRUCT(bytes) children = {0};
	char name[64];
	const char *rest;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) text = {.secret = true};

		read_proc(pid, rows[i].file, &text);
		TRY(secrets_search(secrets, rows[i].where, bytes_text(&text), text.len, err));
	}
	(void)snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	read_proc(pid, name, &children);
	rest = bytes_text(&children);
	while (*rest && depth < PROC_DEPTH) {
		char *end = NULL;
		long child = strtol(rest, &end, 10);

		if (end == rest)
			break;
		TRY(search_process(secrets, (pid_t)child, depth + 1, err));
		rest = end + strspn(end, " ");
	}
	return MSIV2_OK;
}

enum msiv2_rc secrets_search_process(struct secrets *secrets, pid_t pid, struct msiv2_error *err)
{
	return search_process(secrets, pid, 0, err);
}

cJSON *secrets_json(const struct secrets *secrets)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *hits = secrets->hits ? cJSON_Duplicate(secrets->hits, true) : cJSON_CreateArray();

	if (!hits || !cJSON_AddItemToObject(json, "hits", hits)) {
		cJSON_Delete(hits);
		return NULL;
	}
	return cJSON_AddNumberToObject(json, "searched", (double)secrets->searched) ? steal(&json)
	                                                                            : NULL;
}
