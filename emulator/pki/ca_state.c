/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/ca_state.h"

#include "common/files.h"
#include "common/x509.h"
#include "emulator/pki/ca_names.h"
#include "emulator/pki/state_file.h"

void ca_parts_free(struct ca_parts *parts)
{
	ca_pair_free(&parts->root);
	ca_pair_free(&parts->issuer);
	ca_pair_free(&parts->server);
}

static enum msiv2_rc make_authority(const struct ca_options *options, struct ca_parts *out,
                                    struct msiv2_error *err)
{
	TRY(ca_pair_make(options->key_type, &ca_profile_root, NULL, NULL, options->rng, &out->root,
	                 err));
	return ca_pair_make(options->key_type, &ca_profile_issuer, &out->root, NULL, options->rng,
	                    &out->issuer, err);
}

static enum msiv2_rc make_server(const struct ca_options *options, GENERAL_NAMES *names,
                                 struct ca_parts *out, struct msiv2_error *err)
{
	return ca_pair_make(options->key_type, &ca_profile_server, &out->root, names, options->rng,
	                    &out->server, err);
}

static BIO *text_of(const struct bytes *pem)
{
	return BIO_new_mem_buf(pem->data, (int)pem->len);
}

static enum msiv2_rc load_authority(const struct ca_options *options, const char *path,
                                    struct ca_parts *out, bool *found, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) pem = {.secret = true};
	OWNED_STRUCT(ca_parts) parts = {0};
	OWNED(BIO) *bio = NULL;

	TRY(state_file_read(path, &pem, found, err));
	if (!*found)
		return MSIV2_OK;
	bio = text_of(&pem);
	if (bio == NULL)
		return err_set(err, MSIV2_CONFIG, path, "is empty");
	TRY(ca_pair_from_pem(bio, path, &parts.root, err));
	TRY(ca_pair_from_pem(bio, path, &parts.issuer, err));
	TRY(ca_pair_check(&parts.root, options->key_type, &ca_profile_root, NULL, path, err));
	TRY(ca_pair_check(&parts.issuer, options->key_type, &ca_profile_issuer, &parts.root, path,
	                  err));
	*out = steal(&parts);
	return MSIV2_OK;
}

static enum msiv2_rc publish_authority(const struct ca_parts *parts, const char *path, bool *won,
                                       struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) pem = {.secret = true};

	TRY(ca_pair_to_pem(&parts->root, &pem, err));
	TRY(ca_pair_to_pem(&parts->issuer, &pem, err));
	return state_file_publish(path, &pem, won, err);
}

/* A server certificate whose authority is gone: making a new authority beside it would only hide
 * the loss. Looked at twice, since another emulator may be just filling the directory. */
static enum msiv2_rc refuse_orphan(const struct ca_options *options, const char *path,
                                   struct ca_parts *out, bool *found, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) server = {0};

	TRY(state_file_path(options->state_dir, "server.pem", &server, err));
	if (!files_exists(bytes_text(&server)))
		return MSIV2_OK;
	TRY(load_authority(options, path, out, found, err));
	if (!*found)
		return err_set(err, MSIV2_CONFIG, path, "is missing beside server.pem");
	return MSIV2_OK;
}

/* Whoever publishes first decides; the others take what is there. */
static enum msiv2_rc settle_authority(const struct ca_options *options, struct ca_parts *out,
                                      struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) path = {0};
	bool found = false, won = false;

	TRY(state_file_path(options->state_dir, "authority.pem", &path, err));
	TRY(load_authority(options, bytes_text(&path), out, &found, err));
	if (!found)
		TRY(refuse_orphan(options, bytes_text(&path), out, &found, err));
	if (found)
		return MSIV2_OK;
	TRY(make_authority(options, out, err));
	TRY(publish_authority(out, bytes_text(&path), &won, err));
	if (won)
		return MSIV2_OK;
	ca_parts_free(out);
	TRY(load_authority(options, bytes_text(&path), out, &found, err));
	if (!found)
		return err_set(err, MSIV2_CONFIG, bytes_text(&path), "came and went");
	return MSIV2_OK;
}

static enum msiv2_rc load_server(const struct ca_options *options, const char *path,
                                 struct ca_parts *parts, bool *found, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) pem = {.secret = true};
	OWNED_STRUCT(ca_pair) server = {0};
	OWNED(BIO) *bio = NULL;

	TRY(state_file_read(path, &pem, found, err));
	if (!*found)
		return MSIV2_OK;
	bio = text_of(&pem);
	if (bio == NULL)
		return err_set(err, MSIV2_CONFIG, path, "is empty");
	TRY(ca_pair_from_pem(bio, path, &server, err));
	TRY(ca_pair_check(&server, options->key_type, &ca_profile_server, &parts->root, path, err));
	parts->server = steal(&server);
	return MSIV2_OK;
}

/* A server certificate speaks only for the emulator that made it: one made for other names is
 * replaced, and emulators that want different names may take turns without harm, since clients
 * trust the root. */
static enum msiv2_rc settle_server(const struct ca_options *options, GENERAL_NAMES *names,
                                   struct ca_parts *parts, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) pem = {.secret = true};
	bool found = false;

	TRY(state_file_path(options->state_dir, "server.pem", &path, err));
	TRY(load_server(options, bytes_text(&path), parts, &found, err));
	if (found && ca_names_cover(parts->server.cert, names))
		return MSIV2_OK;
	ca_pair_free(&parts->server);
	TRY(make_server(options, names, parts, err));
	TRY(ca_pair_to_pem(&parts->server, &pem, err));
	return files_replace(bytes_text(&path), pem.data, pem.len, 0600, MSIV2_CONFIG, err);
}

enum msiv2_rc ca_parts_prepare(const struct ca_options *options, struct ca_parts *out,
                               struct msiv2_error *err)
{
	OWNED_STRUCT(ca_parts) parts = {0};
	OWNED(GENERAL_NAMES) *names = NULL;

	TRY(ca_names_make(options->names, options->name_count, &names, err));
	if (options->state_dir == NULL) {
		TRY(make_authority(options, &parts, err));
		TRY(make_server(options, names, &parts, err));
	} else {
		TRY(files_make_dir(options->state_dir, 0700, MSIV2_CONFIG, err));
		TRY(settle_authority(options, &parts, err));
		TRY(settle_server(options, names, &parts, err));
	}
	*out = steal(&parts);
	return MSIV2_OK;
}
