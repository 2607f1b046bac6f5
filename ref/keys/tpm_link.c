/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_link.h"

#include <errno.h>
#include <string.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fs.h"
#include "common/text.h"
#include "tpm_socket.h"

#define WHERE      "key.hardware"
#define LINK_MAGIC UINT64_C(0x6d736976325f7470) /* "msiv2_tp" */

#define SIZE_OFFSET 2 /* in a header */

static struct tpm_link *link_of(TSS2_TCTI_CONTEXT *tcti)
{
	return (struct tpm_link *)tcti;
}

static TSS2_RC code_of(enum msiv2_rc rc)
{
	return rc == MSIV2_OK ? TSS2_RC_SUCCESS : TSS2_TCTI_RC_IO_ERROR;
}

/* tctildr does not say why a device cannot be opened, so ask before. */
static enum msiv2_rc check_device(struct tpm_link *link)
{
	const char *path = link->address.text + strlen("device:");

	if (!text_starts(link->address.text, "device:") || access(path, R_OK | W_OK) == 0)
		return MSIV2_OK;
	link->denied = errno == EACCES || errno == EPERM;
	return err_set(&link->trouble, MSIV2_KEY_UNAVAILABLE, WHERE, "cannot open %s: %s%s", path,
	               strerror(errno), link->denied ? " (on many systems the group tss may)" : "");
}

static enum msiv2_rc open_module(struct tpm_link *link)
{
	TSS2_RC rc;

	TRY(check_device(link));
	rc = Tss2_TctiLdr_Initialize(link->address.text, &link->module);
	if (rc != TSS2_RC_SUCCESS)
		return err_set(&link->trouble, MSIV2_KEY_UNAVAILABLE, WHERE,
		               "its TCTI module does not open it (0x%08x)", (unsigned)rc);
	return MSIV2_OK;
}

static enum msiv2_rc connect_link(struct tpm_link *link)
{
	if (link->address.way == TPM_WAY_MODULE)
		return link->module != NULL ? MSIV2_OK : open_module(link);
	if (link->fd >= 0)
		return MSIV2_OK;
	return tpm_socket_connect(&link->address, link->patience, &link->fd, &link->trouble);
}

static TSS2_RC link_transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
	struct tpm_link *link = link_of(tcti);

	if (connect_link(link) != MSIV2_OK)
		return TSS2_TCTI_RC_NO_CONNECTION;
	if (link->module != NULL)
		return Tss2_Tcti_Transmit(link->module, size, command);
	return code_of(tpm_socket_send(link->fd, link->patience, command, size, &link->trouble));
}

static TSS2_RC receive_from_module(struct tpm_link *link, size_t *size, uint8_t *response)
{
	size_t room = *size;
	TSS2_RC rc;

	do {
		int64_t nap_us = patience_nap_us(link->patience, CLOCK_US_PER_S);

		if (patience_check(link->patience, WHERE, &link->trouble) != MSIV2_OK)
			return TSS2_TCTI_RC_IO_ERROR;
		*size = room;
		rc = Tss2_Tcti_Receive(link->module, size, response,
		                       (int32_t)((nap_us + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS));
	} while (rc == TSS2_TCTI_RC_TRY_AGAIN);
	return rc;
}

static size_t answer_size(const uint8_t *header)
{
	const uint8_t *at = header + SIZE_OFFSET;

	return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | (size_t)at[3];
}

static enum msiv2_rc read_header(struct tpm_link *link)
{
	if (link->header_read)
		return MSIV2_OK;
	TRY(tpm_socket_receive(link->fd, link->patience, link->header, sizeof(link->header),
	                       &link->trouble));
	link->header_read = true;
	return MSIV2_OK;
}

/* response NULL asks for the size only. */
static TSS2_RC receive_from_socket(struct tpm_link *link, size_t *size, uint8_t *response)
{
	size_t room = *size;

	if (read_header(link) != MSIV2_OK)
		return TSS2_TCTI_RC_IO_ERROR;
	*size = answer_size(link->header);
	if (response == NULL)
		return TSS2_RC_SUCCESS;
	link->header_read = false;
	if (*size < TPM_HEADER_LEN || *size > room) {
		(void)err_set(&link->trouble, MSIV2_KEY_UNAVAILABLE, WHERE,
		              "it answered what is not an answer of a TPM");
		return TSS2_TCTI_RC_MALFORMED_RESPONSE;
	}
	memcpy(response, link->header, TPM_HEADER_LEN);
	return code_of(tpm_socket_receive(link->fd, link->patience, response + TPM_HEADER_LEN,
	                                  *size - TPM_HEADER_LEN, &link->trouble));
}

/* ESYS asks for ever (timeout -1) from its synchronous functions; the operation's patience is what
 * counts. */
static TSS2_RC link_receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response,
                            int32_t timeout)
{
	struct tpm_link *link = link_of(tcti);

	(void)timeout;
	return link->module != NULL ? receive_from_module(link, size, response)
	                            : receive_from_socket(link, size, response);
}

static void link_finalize(TSS2_TCTI_CONTEXT *tcti)
{
	tpm_link_close(link_of(tcti));
}

void tpm_link_init(struct tpm_link *link, const struct tpm_address *address)
{
	memset(link, 0, sizeof(*link));
	link->tcti.v1.magic = LINK_MAGIC;
	link->tcti.v1.version = 2;
	link->tcti.v1.transmit = link_transmit;
	link->tcti.v1.receive = link_receive;
	link->tcti.v1.finalize = link_finalize;
	link->address = *address;
	link->fd = -1;
}

TSS2_TCTI_CONTEXT *tpm_link_tcti(struct tpm_link *link)
{
	return (TSS2_TCTI_CONTEXT *)&link->tcti;
}

void tpm_link_release(struct tpm_link *link)
{
	if (link->fd >= 0)
		(void)fs_close(link->fd);
	link->fd = -1;
	link->header_read = false;
}

void tpm_link_close(struct tpm_link *link)
{
	tpm_link_release(link);
	if (link->module != NULL)
		Tss2_TctiLdr_Finalize(&link->module);
}
