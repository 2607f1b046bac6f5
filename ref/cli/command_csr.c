/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "command.h"
#include "common/files.h"
#include "common/x509.h"
#include "json_report.h"
#include "session.h"
#include "text_report.h"

typedef struct msiv2_csr client_csr;
DEFINE_OWNED(client_csr, msiv2_csr_free)

#define CSR_WHERE "csr"

static enum msiv2_rc read_request(const client_csr *csr, X509_REQ **out, struct msiv2_error *err)
{
	size_t len;
	const uint8_t *der = msiv2_csr_der(csr, &len);

	*out = d2i_X509_REQ(NULL, &der, (long)len);
	if (*out == NULL)
		return err_openssl(err, MSIV2_INTERNAL, CSR_WHERE, "our own CSR cannot be read");
	return MSIV2_OK;
}

static enum msiv2_rc add_pem(X509_REQ *req, struct bytes *out, struct msiv2_error *err)
{
	OWNED(BIO) *bio = BIO_new(BIO_s_mem());
	const char *text = NULL;
	long len;

	if (bio == NULL || PEM_write_bio_X509_REQ(bio, req) != 1)
		return err_openssl(err, MSIV2_INTERNAL, CSR_WHERE, "cannot write PEM");
	len = BIO_get_mem_data(bio, &text);
	bytes_add(out, text, (size_t)len);
	return bytes_done(out, CSR_WHERE, err);
}

/* A CSR holds nothing secret: the file has the mode of ordinary files. */
static enum msiv2_rc write_der(const char *path, const client_csr *csr, struct bytes *out,
                               struct msiv2_error *err)
{
	size_t len;
	const uint8_t *der = msiv2_csr_der(csr, &len);

	if (strcmp(path, "-") != 0)
		return files_replace(path, der, len, 0644, MSIV2_CONFIG, err);
	bytes_add(out, der, len);
	return bytes_done(out, CSR_WHERE, err);
}

static enum msiv2_rc as_json(const client_csr *csr, const char *subject, struct bytes *out,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(json_report) report = {0};
	struct msiv2_timings timings;

	msiv2_csr_timings(csr, &timings);
	json_report_begin(&report, true);
	json_report_text(&report, NULL, "csr", msiv2_csr_base64(csr));
	json_report_text(&report, NULL, "subject", subject);
	json_report_timings(&report, &timings);
	return json_report_print(&report, out, err);
}

static void for_people(const client_csr *csr, const char *subject, struct bytes *out)
{
	struct msiv2_timings timings;
	size_t len;

	(void)msiv2_csr_der(csr, &len);
	msiv2_csr_timings(csr, &timings);
	text_report_legs(out, &timings, NULL);
	text_report_line(out, "csr", "%s, %zu bytes of DER", subject, len);
	bytes_addf(out, "  base64     %s\n", msiv2_csr_base64(csr));
}

enum msiv2_rc command_csr(const struct arguments *args, struct command_result *result,
                          struct msiv2_error *err)
{
	const struct msiv2_request request = session_request(args);
	OWNED_STRUCT(session) session = {0};
	OWNED_STRUCT(bytes) subject = {0};
	OWNED(client_csr) *csr = NULL;
	OWNED(X509_REQ) *req = NULL;

	TRY(session_open(&session, args, err));
	TRY(msiv2_client_csr(session.client, &request, &csr, err));
	TRY(read_request(csr, &req, err));
	x509_name_text(X509_REQ_get_subject_name(req), &subject);
	TRY(bytes_done(&subject, CSR_WHERE, err));
	if (args->pem)
		return add_pem(req, &result->out, err);
	if (args->der != NULL)
		return write_der(args->der, csr, &result->out, err);
	if (args->json)
		return as_json(csr, bytes_text(&subject), &result->out, err);
	for_people(csr, bytes_text(&subject), &result->out);
	return MSIV2_OK;
}
