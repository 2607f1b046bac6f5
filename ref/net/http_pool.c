/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "http_pool.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "common/mem.h"
#include "common/x509.h"

#define POOL_WHERE    "http"
#define POOL_MAX_IDLE 16

struct http_pool {
	pthread_mutex_t lock;
	struct http_handle *idle;
	size_t idle_count;
	pid_t owner; /* connections are shared with nobody, a forked child included */
	struct http_pool_config config;
};

static void init_libcurl(void)
{
	/* A failure shows again in curl_easy_init(), which returns NULL then. */
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum msiv2_rc http_pool_new(const struct http_pool_config *config, struct http_pool **out,
                            struct msiv2_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	OWNED_STRUCT(http_pool) *pool = mem_alloc(sizeof(*pool));

	if (pool == NULL)
		return err_no_memory(err, POOL_WHERE);
	(void)pthread_once(&once, init_libcurl);
	pool->owner = getpid();
	(void)pthread_mutex_init(&pool->lock, NULL);
	pool->config.clock = config->clock;
	pool->config.direct = config->direct;
	if (config->trust != NULL && X509_STORE_up_ref(config->trust) == 1)
		pool->config.trust = config->trust;
	if (config->certificate != NULL && X509_up_ref(config->certificate) == 1)
		pool->config.certificate = config->certificate;
	if (config->pkey != NULL && EVP_PKEY_up_ref(config->pkey) == 1)
		pool->config.pkey = config->pkey;
	*out = steal(&pool);
	return MSIV2_OK;
}

void http_pool_free(struct http_pool *pool)
{
	if (pool == NULL)
		return;
	while (pool->idle != NULL && pool->owner == getpid()) {
		struct http_handle *handle = pool->idle;

		pool->idle = handle->next;
		http_pool_discard(handle);
	}
	X509_STORE_free(pool->config.trust);
	X509_free(pool->config.certificate);
	EVP_PKEY_free(pool->config.pkey);
	(void)pthread_mutex_destroy(&pool->lock);
	mem_free(pool);
}

bool http_pool_has_certificate(const struct http_pool *pool)
{
	return pool->config.certificate != NULL;
}

void http_pool_discard(struct http_handle *handle)
{
	if (handle == NULL)
		return;
	curl_easy_cleanup(handle->easy);
	(void)curl_multi_cleanup(handle->multi);
	mem_free(handle);
}

static enum msiv2_rc handle_new(struct http_pool *pool, struct http_handle **out,
                                struct msiv2_error *err)
{
	struct http_handle *handle = mem_alloc(sizeof(*handle));

	if (handle == NULL)
		return err_no_memory(err, POOL_WHERE);
	handle->pool = pool;
	handle->easy = curl_easy_init();
	handle->multi = curl_multi_init();
	if (handle->easy == NULL || handle->multi == NULL) {
		http_pool_discard(handle);
		return err_no_memory(err, POOL_WHERE);
	}
	*out = handle;
	return MSIV2_OK;
}

enum msiv2_rc http_pool_take(struct http_pool *pool, struct http_handle **out,
                             struct msiv2_error *err)
{
	struct http_handle *handle;

	(void)pthread_mutex_lock(&pool->lock);
	handle = pool->idle;
	if (handle != NULL) {
		pool->idle = handle->next;
		pool->idle_count--;
	}
	(void)pthread_mutex_unlock(&pool->lock);
	if (handle == NULL)
		TRY(handle_new(pool, &handle, err));
	curl_easy_reset(handle->easy);
	handle->next = NULL;
	handle->reason[0] = '\0';
	*out = handle;
	return MSIV2_OK;
}

void http_pool_give(struct http_handle *handle)
{
	struct http_pool *pool = handle->pool;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->idle_count < POOL_MAX_IDLE) {
		handle->next = pool->idle;
		pool->idle = handle;
		pool->idle_count++;
		handle = NULL;
	}
	(void)pthread_mutex_unlock(&pool->lock);
	http_pool_discard(handle);
}

/* Called by libcurl for each new TLS connection. */
static CURLcode prepare_tls(CURL *easy, void *ssl_ctx, void *arg)
{
	struct http_handle *handle = arg;
	const struct http_pool_config *config = &handle->pool->config;
	SSL_CTX *ctx = ssl_ctx;

	(void)easy;
	if (config->trust != NULL)
		SSL_CTX_set1_cert_store(ctx, config->trust);
	X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ctx), (time_t)clock_now_s(config->clock));
	if (config->certificate != NULL &&
	    (SSL_CTX_use_certificate(ctx, config->certificate) != 1 ||
	     SSL_CTX_use_PrivateKey(ctx, config->pkey) != 1))
		return CURLE_SSL_CERTPROBLEM;
	handshake_watch(ctx, &handle->handshake);
	return CURLE_OK;
}

/* NET-04: neither variables of the environment nor a configured proxy. NET-03: libcurl sends a
 * request again, unasked, when a kept connection is reset under it; so none is kept. */
static bool apply_direct(CURL *easy)
{
	return curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK;
}

/* A proxy of the environment cannot reach this host's own loopback; what the environment excepts
 * stays excepted. "*" is known to libcurl only when it stands alone. */
static bool apply_environment(CURL *easy)
{
	const char *except = secure_getenv("no_proxy");
	OWNED_STRUCT(bytes) list = {0};

	if (except == NULL)
		except = secure_getenv("NO_PROXY");
	if (except != NULL && strcmp(except, "*") == 0)
		return curl_easy_setopt(easy, CURLOPT_NOPROXY, except) == CURLE_OK;
	bytes_addf(&list, "localhost,127.0.0.0/8,::1,%s", except != NULL ? except : "");
	return !list.failed &&
	       curl_easy_setopt(easy, CURLOPT_NOPROXY, bytes_text(&list)) == CURLE_OK;
}

/* Without these, libcurl would load the system's anchors beside the given ones (STS-06). */
static bool apply_own_trust(CURL *easy)
{
	return curl_easy_setopt(easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

bool http_pool_apply(struct http_handle *handle)
{
	CURL *easy = handle->easy;
	const struct http_pool_config *config = &handle->pool->config;

	return (config->direct ? apply_direct(easy) : apply_environment(easy)) &&
	       (config->trust == NULL || apply_own_trust(easy)) &&
	       curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, prepare_tls) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, handle) == CURLE_OK;
}
