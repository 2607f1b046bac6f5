/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "admin.h"
#include "admin_table.h"
#include "common/bytes.h"
#include "common/fs.h"
#include "common/mem.h"
#include "common/text.h"

#define SHA256_LEN 32
#define HOST_SIZE  256
#define BEARER     "Bearer "
#define KEY_FILE_SIZE                                                                              \
	(ADMIN_KEY_MAX + 3) /* a line end, and one byte more to see what is too long */

struct admin_guard {
	const struct config *config;
	bool has_key;
	uint8_t key_sha256[SHA256_LEN]; /* the key itself is not kept */
};

/* ---- the key ---- */

static bool digest(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1;
}

/* What is wrong with the file, or NULL; its first bytes are in out. */
static const char *read_key_file(int fd, struct bytes *out)
{
	char piece[KEY_FILE_SIZE];
	struct stat st;
	ssize_t n = -1;

	if (fs_stat(fd, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if (st.st_mode & S_IRWXO)
		return "is open to everybody: chmod o= it";
	while (out->len < sizeof(piece) && (n = fs_read(fd, piece, sizeof(piece) - out->len)) > 0)
		bytes_add(out, piece, (size_t)n);
	OPENSSL_cleanse(piece, sizeof(piece));
	return n < 0 ? strerror(errno) : NULL;
}

/* One line of visible characters. */
static bool is_key(struct bytes *key)
{
	if (key->len > 0 && key->data[key->len - 1] == '\n')
		key->len--;
	if (key->len > 0 && key->data[key->len - 1] == '\r')
		key->len--;
	for (size_t i = 0; i < key->len; i++)
		if (key->data[i] <= ' ' || key->data[i] >= 0x7F)
			return false;
	return key->len >= ADMIN_KEY_MIN && key->len <= ADMIN_KEY_MAX;
}

static enum msiv2_rc read_key(struct admin_guard *guard, const char *path, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) key = {.secret = true};
	int fd = fs_open(path, O_RDONLY | O_NONBLOCK, 0);
	const char *wrong = fd < 0 ? strerror(errno) : read_key_file(fd, &key);

	if (fd >= 0)
		(void)fs_close(fd);
	if (wrong)
		return err_set(err, MSIV2_CONFIG, path, "the admin key: %s", wrong);
	TRY(bytes_done(&key, path, err));
	if (!is_key(&key))
		return err_set(err, MSIV2_CONFIG, path,
		               "the admin key must be one line of %d to %d visible ASCII "
		               "characters",
		               ADMIN_KEY_MIN, ADMIN_KEY_MAX);
	if (!digest(key.data, key.len, guard->key_sha256))
		return err_openssl(err, MSIV2_INTERNAL, path, "the admin key's digest");
	guard->has_key = true;
	return MSIV2_OK;
}

enum msiv2_rc admin_guard_new(const struct config *config, struct admin_guard **out,
                              struct msiv2_error *err)
{
	struct admin_guard *fresh = mem_alloc(sizeof(*fresh));
	OWNED_STRUCT(admin_guard) *guard = fresh;

	*out = NULL;
	if (!guard)
		return err_no_memory(err, "admin");
	guard->config = config;
	if (config->admin_key_file)
		TRY(read_key(guard, config->admin_key_file, err));
	*out = steal(&guard);
	return MSIV2_OK;
}

void admin_guard_free(struct admin_guard *guard)
{
	if (!guard)
		return;
	OPENSSL_cleanse(guard, sizeof(*guard));
	mem_free(guard);
}

static bool has_right_key(const struct admin_guard *guard, const struct http_request *request)
{
	size_t count = 0;
	const char *value = http_header(request, "Authorization", &count);
	uint8_t sha256[SHA256_LEN];

	if (count != 1 || !text_starts_nocase(value, BEARER))
		return false;
	value += strlen(BEARER);
	return digest(value, strlen(value), sha256) &&
	       CRYPTO_memcmp(sha256, guard->key_sha256, SHA256_LEN) == 0;
}

/* ---- Host and Origin ---- */

/* The host of "host:port" or "[address]:port", without the brackets. */
static bool take_host(const char *text, char out[HOST_SIZE])
{
	bool bracket = text[0] == '[';
	const char *start = text + bracket;
	size_t len = strcspn(start, bracket ? "]" : ":");
	const char *rest = start + len;

	if (len == 0 || len >= HOST_SIZE || (bracket && *rest++ != ']'))
		return false;
	if (*rest != '\0' && *rest != ':')
		return false;
	if (*rest == ':' && strspn(rest + 1, "0123456789") != strlen(rest + 1))
		return false;
	memcpy(out, start, len);
	out[len] = '\0';
	return true;
}

static bool is_ours(const struct config *config, const char *host)
{
	if (config_is_address(host) || text_equal_nocase(host, "localhost"))
		return true;
	if (config->public_host && text_equal_nocase(host, config->public_host))
		return true;
	for (size_t i = 0; i < config->server_names.count; i++)
		if (text_equal_nocase(host, config->server_names.items[i]))
			return true;
	return false;
}

static bool comes_to_us(const struct admin_guard *guard, const struct http_request *request)
{
	char host[HOST_SIZE];
	size_t count = 0;
	const char *value = http_header(request, "Host", &count);

	if (count == 0)
		return true;
	return count == 1 && take_host(value, host) && is_ours(guard->config, host);
}

/* An Origin, when there is one, is that of a page of ours. */
static bool comes_from_us(const struct http_request *request)
{
	static const char scheme[] = "http://";
	size_t count = 0;
	const char *origin = http_header(request, "Origin", &count);
	const char *host = http_header(request, "Host", NULL);

	if (count == 0)
		return true;
	return count == 1 && host && text_starts_nocase(origin, scheme) &&
	       text_equal_nocase(origin + strlen(scheme), host);
}

static bool is_open(const struct http_request *request)
{
	struct admin_path_params params;
	OWNED_STRUCT(bytes) allow = {0};
	int status;
	const struct admin_route *route =
	        admin_table_find(request->method, request->path, &params, &status, &allow);

	return route && (route->takes & ADMIN_OPEN);
}

bool admin_guard_passes(const struct admin_guard *guard, const struct http_request *request,
                        struct http_response *response)
{
	if (!comes_to_us(guard, request)) {
		admin_problem(response, 403,
		              "the Host is not a name of this emulator; listen.public_host and "
		              "--name add names");
		return false;
	}
	if (!comes_from_us(request)) {
		admin_problem(response, 403, "the Origin is another site");
		return false;
	}
	if (!guard->has_key || is_open(request) || has_right_key(guard, request))
		return true;
	http_add_header(response, "WWW-Authenticate", "Bearer realm=\"msiv2-emulator admin\"");
	admin_problem(response, 401, "the admin key is needed: Authorization: Bearer KEY");
	return false;
}
