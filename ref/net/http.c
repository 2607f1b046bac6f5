/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "http.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "common/clock.h"
#include "common/text.h"
#include "http_pool.h"
#include "retry.h"

#define POLL_MAX_US CLOCK_US_PER_S

/* One request on its way. */
struct transfer {
	const struct http_request *request;
	struct http_answer *answer;
	struct http_handle *handle;
	struct curl_slist *headers;
	bool answering;   /* part of an answer has arrived */
	bool head_done;   /* and its head is complete */
	bool out_of_time; /* deadline or cancelled */
};

void http_answer_free(struct http_answer *answer)
{
	bytes_free(&answer->head);
	bytes_free(&answer->body);
	*answer = (struct http_answer){0};
}

const char *http_answer_header(const struct http_answer *answer, const char *name)
{
	const char *at = bytes_text(&answer->head);
	const char *end = at + answer->head.len;

	while (at < end) {
		const char *value = at + strlen(at) + 1;

		if (text_equal_nocase(at, name))
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

int64_t http_answer_retry_after_s(const struct http_answer *answer, int64_t now_s)
{
	const char *text = http_answer_header(answer, "Retry-After");
	int64_t value;
	time_t date;

	if (text == NULL)
		return RETRY_NO_RETRY_AFTER;
	if (text_to_int(text, 0, INT64_MAX, &value))
		return value;
	date = curl_getdate(text, NULL);
	if (date == (time_t)-1)
		return RETRY_NO_RETRY_AFTER;
	return (int64_t)date > now_s ? (int64_t)date - now_s : 0;
}

int64_t http_answer_date_s(const struct http_answer *answer)
{
	const char *text = http_answer_header(answer, "Date");

	return text != NULL ? (int64_t)curl_getdate(text, NULL) : -1;
}

/* ---- what libcurl calls ---- */

static size_t trimmed_end(const char *text, size_t from, size_t to)
{
	while (to > from && strchr(" \t\r\n", text[to - 1]) != NULL)
		to--;
	return to;
}

static void add_header(struct bytes *head, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t value;

	if (colon == NULL)
		return;
	value = (size_t)(colon - line) + 1;
	while (value < len && (line[value] == ' ' || line[value] == '\t'))
		value++;
	bytes_add(head, line, (size_t)(colon - line));
	bytes_add_byte(head, 0);
	bytes_add(head, line + value, trimmed_end(line, value, len) - value);
	bytes_add_byte(head, 0);
}

/* size is always 1 here, and a line has at least its end. */
static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	struct bytes *head = &transfer->answer->head;

	(void)size;
	transfer->answering = true;
	transfer->handle->handshake.accepted = true;
	/* A status line starts a head of its own: an interim 1xx answer came before it. */
	if (count >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		bytes_clear(head);
		transfer->head_done = false;
		return count;
	}
	if (line[0] == '\r' || line[0] == '\n')
		transfer->head_done = true;
	else if (memchr(line, '\0', count) == NULL)
		add_header(head, line, count);
	return head->failed ? 0 : count;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;

	bytes_add(&transfer->answer->body, data, size * count);
	return transfer->answer->body.failed ? 0 : size * count;
}

/* ---- options of one request ---- */

/* The list may hold an Authorization value. */
static void free_headers(struct curl_slist *list)
{
	for (struct curl_slist *item = list; item != NULL; item = item->next)
		OPENSSL_cleanse(item->data, strlen(item->data));
	curl_slist_free_all(list);
}

static bool append_header(struct curl_slist **list, const char *name, const char *value)
{
	OWNED_STRUCT(bytes) line = {.secret = true};
	struct curl_slist *longer;

	bytes_addf(&line, "%s: %s", name, value);
	if (line.failed)
		return false;
	longer = curl_slist_append(*list, bytes_text(&line));
	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

static bool apply_headers(struct transfer *transfer)
{
	const struct http_request *request = transfer->request;

	/* No "100 Continue" round trip before a body. */
	if (!append_header(&transfer->headers, "Expect", ""))
		return false;
	for (size_t i = 0; i < request->header_count; i++) {
		if (!append_header(&transfer->headers, request->headers[i].name,
		                   request->headers[i].value))
			return false;
	}
	return curl_easy_setopt(transfer->handle->easy, CURLOPT_HTTPHEADER, transfer->headers) ==
	       CURLE_OK;
}

static bool apply_method(CURL *easy, const struct http_request *request)
{
	bool ok = true;

	if (request->body != NULL || strcmp(request->method, "POST") == 0)
		ok = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		                      (curl_off_t)request->body_len) == CURLE_OK &&
		     curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
		                      request->body != NULL ? request->body : "") == CURLE_OK;
	else if (strcmp(request->method, "HEAD") == 0)
		ok = curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
	return ok && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK;
}

/* Only the scheme the caller wrote. */
static bool apply_scheme(CURL *easy, const char *url)
{
	bool https = text_starts_nocase(url, "https:");
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, https ? "https" : "http") == CURLE_OK;
#else
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
	                        (long)(https ? CURLPROTO_HTTPS : CURLPROTO_HTTP)) == CURLE_OK;
#endif
}

static bool apply_manners(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name server that hangs must not hold us past the deadline. */
	if (curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) != CURLE_OK)
		return false;
#endif
	return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       /* What a proxy answers to CONNECT is not the server's answer. */
	       curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)HTTP_BODY_MAX) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, "msiv2") == CURLE_OK;
}

static bool apply_request(struct transfer *transfer)
{
	CURL *easy = transfer->handle->easy;
	const struct http_request *request = transfer->request;

	return curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->handle->reason) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
	       apply_scheme(easy, request->url) && apply_manners(easy) &&
	       apply_method(easy, request) && apply_headers(transfer) &&
	       http_pool_apply(transfer->handle);
}

/* ---- running it ---- */

static CURLcode run_multi(struct transfer *transfer)
{
	CURLM *multi = transfer->handle->multi;
	const struct patience *patience = transfer->request->patience;
	const CURLMsg *message;
	int running = 1;
	int left = 0;
	int nap_ms;

	while (running > 0) {
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			return CURLE_FAILED_INIT;
		if (running == 0)
			break;
		nap_ms = (int)(patience_nap_us(patience, POLL_MAX_US) / CLOCK_US_PER_MS) + 1;
		transfer->out_of_time = patience_check(patience, "", NULL) != MSIV2_OK;
		if (transfer->out_of_time)
			return CURLE_OPERATION_TIMEDOUT;
		if (curl_multi_poll(multi, NULL, 0, nap_ms, NULL) != CURLM_OK)
			return CURLE_FAILED_INIT;
	}
	message = curl_multi_info_read(multi, &left);
	return message != NULL ? message->data.result : CURLE_FAILED_INIT;
}

/* Older versions of libcurl let OpenSSL write to the socket itself, and a write to a connection
 * that the peer has reset raises SIGPIPE. A library must not end the program: the signal is kept
 * from this thread, and one that came from here is taken away. */
static CURLcode run_without_sigpipe(struct transfer *transfer)
{
	const struct timespec at_once = {0};
	sigset_t sigpipe;
	sigset_t before;
	sigset_t pending;
	CURLcode code;

	(void)sigemptyset(&sigpipe);
	(void)sigaddset(&sigpipe, SIGPIPE);
	(void)sigpending(&pending);
	(void)pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
	code = run_multi(transfer);
	if (sigismember(&pending, SIGPIPE) == 0)
		(void)sigtimedwait(&sigpipe, NULL, &at_once);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}

static CURLcode run(struct transfer *transfer)
{
	struct http_handle *handle = transfer->handle;
	CURLcode code;

	if (!apply_request(transfer) ||
	    curl_multi_add_handle(handle->multi, handle->easy) != CURLM_OK)
		return CURLE_OUT_OF_MEMORY;
	code = run_without_sigpipe(transfer);
	(void)curl_multi_remove_handle(handle->multi, handle->easy);
	return code;
}

/* ---- what came of it ---- */

enum failure { NO_ANSWER, LINE_ENDED, BAD_ANSWER, KEY_UNUSABLE, OUR_FAULT };

static const struct {
	CURLcode code;
	enum failure failure;
} failures[] = {
        {CURLE_OUT_OF_MEMORY, OUR_FAULT},
        {CURLE_FAILED_INIT, OUR_FAULT},
        {CURLE_URL_MALFORMAT, BAD_ANSWER}, /* an endpoint that was given to us */
        {CURLE_SSL_CONNECT_ERROR, LINE_ENDED},
        {CURLE_SEND_ERROR, LINE_ENDED},
        {CURLE_RECV_ERROR, LINE_ENDED},
        {CURLE_GOT_NOTHING, LINE_ENDED},
        {CURLE_SSL_CERTPROBLEM, KEY_UNUSABLE},
        {CURLE_UNSUPPORTED_PROTOCOL, BAD_ANSWER}, /* libcurl's word for HTTP/0.9 and garbage */
        {CURLE_WEIRD_SERVER_REPLY, BAD_ANSWER},
        {CURLE_BAD_CONTENT_ENCODING, BAD_ANSWER},
        {CURLE_PARTIAL_FILE, BAD_ANSWER},
        {CURLE_WRITE_ERROR, BAD_ANSWER},
        {CURLE_FILESIZE_EXCEEDED, BAD_ANSWER},
};

static bool head_too_large(const struct transfer *transfer, CURLcode code)
{
	curl_off_t first_byte_us = 0;

	(void)curl_easy_getinfo(transfer->handle->easy, CURLINFO_STARTTRANSFER_TIME_T,
	                        &first_byte_us);
	/* What libcurl says of a header line above its own limit is "out of memory". */
	return transfer->answer->head.over_limit ||
	       (code == CURLE_OUT_OF_MEMORY && first_byte_us > 0);
}

static enum failure failure_of(const struct transfer *transfer, CURLcode code)
{
	enum failure failure = NO_ANSWER;

	for (size_t i = 0; i < TEXT_COUNT(failures); i++) {
		if (failures[i].code == code)
			failure = failures[i].failure;
	}
	if (failure == LINE_ENDED && handshake_key_failed(&transfer->handle->handshake))
		return KEY_UNUSABLE;
	/* Part of an answer is not "no answer". */
	if ((failure == LINE_ENDED && transfer->answering) || head_too_large(transfer, code))
		return BAD_ANSWER;
	return failure;
}

static const char *bad_answer_words(const struct transfer *transfer, CURLcode code)
{
	if (transfer->answer->body.over_limit || code == CURLE_FILESIZE_EXCEEDED)
		return "the body is larger than 1 MiB";
	if (head_too_large(transfer, code))
		return "the head is larger than 64 KiB";
	if (transfer->answering)
		return "the answer is cut short";
	return "not an HTTP answer";
}

/* NET-03, STS-05, STS-06 */
static enum msiv2_rc no_answer(struct transfer *transfer, CURLcode code, const char *origin,
                               const char *reason, struct msiv2_error *err)
{
	const struct handshake *handshake = &transfer->handle->handshake;
	const char *distrust = handshake_distrust(handshake);
	bool untrusted = code == CURLE_PEER_FAILED_VERIFICATION || distrust != NULL;

	transfer->answer->certificate_refused =
	        http_pool_has_certificate(transfer->handle->pool) &&
	        handshake_refused_certificate(handshake, failure_of(transfer, code) == LINE_ENDED);
	if (untrusted && !transfer->answer->certificate_refused)
		return err_set(err, MSIV2_TRANSPORT, transfer->request->where,
		               "%s is not trusted: %s", origin,
		               distrust != NULL ? distrust : reason);
	return err_set(err, MSIV2_TRANSPORT, transfer->request->where, "%s %s: %s",
	               transfer->answer->certificate_refused ? "our certificate was refused by"
	                                                     : "no answer from",
	               origin, reason);
}

/* Why the transfer failed, in words. When the server has ended the connection, libcurl may have met
 * the dead socket first, and keeps its first words: an alert is the better reason, and what it says
 * of the code is. */
static void add_reason(const struct transfer *transfer, CURLcode code, struct bytes *out)
{
	const char *alert = handshake_alert(&transfer->handle->handshake);
	const char *reason = transfer->handle->reason;

	if (alert != NULL)
		bytes_addf(out, "it sent the TLS alert \"%s\"", alert);
	else if (reason[0] == '\0' || text_starts(reason, "getpeername() failed"))
		bytes_add_text(out, curl_easy_strerror(code));
	else
		bytes_add_text(out, reason);
}

static enum msiv2_rc out_of_time(const struct transfer *transfer, const char *origin,
                                 struct msiv2_error *err)
{
	const struct http_request *request = transfer->request;

	return err_set(err, MSIV2_TIMEOUT, request->where, "%s while talking to %s",
	               patience_cancelled(request->patience) ? "cancelled by the caller"
	                                                     : "the deadline passed",
	               origin);
}

static bool lacks_memory(const struct bytes *bytes)
{
	return bytes->failed && !bytes->over_limit;
}

static enum msiv2_rc judge_failure(struct transfer *transfer, CURLcode code, const char *origin,
                                   struct msiv2_error *err)
{
	const struct http_request *request = transfer->request;
	enum failure failure = failure_of(transfer, code);
	OWNED_STRUCT(bytes) words = {0};
	const char *reason;

	add_reason(transfer, code, &words);
	TRY(bytes_done(&words, request->where, err));
	reason = bytes_text(&words);
	if (lacks_memory(&transfer->answer->body) || lacks_memory(&transfer->answer->head))
		return err_no_memory(err, request->where);
	if (failure == OUR_FAULT)
		return err_set(err, MSIV2_INTERNAL, request->where, "cannot talk to %s: %s", origin,
		               reason);
	if (failure == BAD_ANSWER)
		return err_set(err, request->malformed, request->where, "%s: %s (%s)", origin,
		               bad_answer_words(transfer, code), reason);
	if (failure == KEY_UNUSABLE)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, request->where,
		               "the certificate's key cannot be used for TLS with %s: %s", origin,
		               reason);
	return no_answer(transfer, code, origin, reason, err);
}

/* Whom we talked to, and through whom. The proxy's address as it was connected to: a setting may
 * hold a password. */
static enum msiv2_rc name_peer(const struct transfer *transfer, struct bytes *out,
                               struct msiv2_error *err)
{
	const struct blame blame = {transfer->request->malformed, transfer->request->where};
	CURL *easy = transfer->handle->easy;
	const char *ip = NULL;
	long answered = 0;
	long port = 0;

	TRY(address_origin(transfer->request->url, false, &blame, out, err));
	(void)curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &answered);
	(void)curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
	(void)curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
	if (answered != 0 && !text_empty(ip))
		bytes_addf(out, " through the proxy at %s port %ld", ip, port);
	return bytes_done(out, blame.where, err);
}

static enum msiv2_rc judge(struct transfer *transfer, CURLcode code, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) peer = {0};
	long status = 0;

	/* A head that ends without its empty line is whole to libcurl. */
	if (code == CURLE_OK && !transfer->head_done)
		code = CURLE_PARTIAL_FILE;
	if (code == CURLE_OK) {
		(void)curl_easy_getinfo(transfer->handle->easy, CURLINFO_RESPONSE_CODE, &status);
		transfer->answer->status = (int)status;
		return MSIV2_OK;
	}
	TRY(name_peer(transfer, &peer, err));
	if (transfer->out_of_time)
		return out_of_time(transfer, bytes_text(&peer), err);
	return judge_failure(transfer, code, bytes_text(&peer), err);
}

enum msiv2_rc http_send(struct http_pool *pool, const struct http_request *request,
                        struct http_answer *answer, struct msiv2_error *err)
{
	struct transfer transfer = {.request = request, .answer = answer};
	enum msiv2_rc rc;

	http_answer_free(answer);
	answer->head.limit = HTTP_HEAD_MAX;
	answer->body = (struct bytes){.limit = HTTP_BODY_MAX, .secret = true};
	TRY(patience_check(request->patience, request->where, err));
	TRY(http_pool_take(pool, &transfer.handle, err));
	rc = judge(&transfer, run(&transfer), err);
	free_headers(transfer.headers);
	if (rc == MSIV2_OK)
		http_pool_give(transfer.handle);
	else
		http_pool_discard(transfer.handle);
	return rc;
}
