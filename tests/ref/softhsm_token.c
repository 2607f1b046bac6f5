/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "softhsm_token.h"

#include "tests/testing.h"

#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ref/keys/pkcs11_module.h"
#include "ref/keys/pkcs11_pin.h"

extern char **environ;

const char *softhsm_module(void)
{
	const char *path = pkcs11_module_default();

	assert_non_null(path);
	return path;
}

static void write_configuration(const struct softhsm_token *token)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/softhsm2.conf", token->dir);
	file = fopen(path, "we");
	assert_non_null(file);
	(void)fprintf(file,
	              "directories.tokendir = %s\nobjectstore.backend = file\n"
	              "log.level = ERROR\nslots.removable = false\n",
	              token->tokens);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(setenv("SOFTHSM2_CONF", path, 1), 0);
	assert_int_equal(setenv(PKCS11_PIN_VARIABLE, SOFTHSM_PIN, 1), 0);
	(void)snprintf(path, sizeof(path), "%s/data", token->dir);
	assert_int_equal(setenv("XDG_DATA_HOME", path, 1), 0);
}

void softhsm_token_init(const char *label, bool again)
{
	const char *argv[] = {"softhsm2-util",
	                      "--init-token",
	                      "--label",
	                      label,
	                      "--pin",
	                      SOFTHSM_PIN,
	                      "--so-pin",
	                      SOFTHSM_SO_PIN,
	                      again ? "--token" : "--free",
	                      again ? label : NULL,
	                      NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid = 0;
	int status = 0;

	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0),
	                 0);
	assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ),
	                 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

void softhsm_token_make_in(struct softhsm_token *token, const char *tokens_dir)
{
	(void)snprintf(token->dir, sizeof(token->dir), "/tmp/msiv2-token-XXXXXX");
	assert_non_null(mkdtemp(token->dir));
	if (tokens_dir != NULL)
		(void)snprintf(token->tokens, sizeof(token->tokens), "%s", tokens_dir);
	else
		(void)snprintf(token->tokens, sizeof(token->tokens), "%s/tokens", token->dir);
	(void)snprintf(token->away, sizeof(token->away), "%s/away", token->dir);
	if (tokens_dir == NULL)
		assert_int_equal(mkdir(token->tokens, 0700), 0);
	write_configuration(token);
	softhsm_token_init(SOFTHSM_LABEL, false);
}

void softhsm_token_make(struct softhsm_token *token)
{
	softhsm_token_make_in(token, NULL);
}

void softhsm_token_hide(const struct softhsm_token *token)
{
	assert_int_equal(rename(token->tokens, token->away), 0);
	assert_int_equal(mkdir(token->tokens, 0700), 0);
}

void softhsm_token_show(const struct softhsm_token *token)
{
	softhsm_remove_tree(token->tokens);
	assert_int_equal(rename(token->away, token->tokens), 0);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

void softhsm_remove_tree(const char *path)
{
	assert_int_equal(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void softhsm_token_drop(struct softhsm_token *token)
{
	softhsm_remove_tree(token->dir);
}
