/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "swtpm_fixture.h"

#include "tests/testing.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#define NO_SESSION ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE
#define PASSWORD   ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE
#define CHILD_FD   200 /* where swtpm finds its socket */
#define CONTROL_FD 201 /* and the other, which tpm2-tss's TCTI asks for */
#define MOST       200

/* As swtpm makes it itself, queue of one included, only before swtpm is there. */
static int listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof(at.sun_path));
	memcpy(at.sun_path, path, strlen(path));
	(void)unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* The child: its sockets where it is told, nothing of its parent's, and gone with it. Only what a
 * child of a process with threads may call. */
static void become(int fd, int control_fd, pid_t parent, char *const argv[])
{
	int null = open("/dev/null", O_RDWR);

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && null >= 0 &&
	    dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2 &&
	    dup2(fd, CHILD_FD) == CHILD_FD && dup2(control_fd, CONTROL_FD) == CONTROL_FD)
		(void)execvp(argv[0], argv);
	_exit(127);
}

static pid_t spawn(int fd, int control_fd, char *const argv[])
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0)
		become(fd, control_fd, parent, argv);
	assert_true(pid > 0);
	return pid;
}

void swtpm_start(struct swtpm *swtpm)
{
	char control_path[64];
	char state[64];
	char server[64];
	char control[64];
	char *argv[] = {"swtpm",
	                "socket",
	                "--tpm2",
	                "--tpmstate",
	                state,
	                "--server",
	                server,
	                "--ctrl",
	                control,
	                "--flags",
	                "not-need-init,startup-clear",
	                "--log",
	                "file=-",
	                NULL};
	int control_fd;
	int fd;

	(void)snprintf(control_path, sizeof(control_path), "%s.ctrl", swtpm->socket);
	(void)snprintf(state, sizeof(state), "dir=%s", swtpm->dir);
	(void)snprintf(server, sizeof(server), "type=unixio,fd=%d", CHILD_FD);
	(void)snprintf(control, sizeof(control), "type=unixio,fd=%d", CONTROL_FD);
	fd = listen_at(swtpm->socket);
	control_fd = listen_at(control_path);
	swtpm->pid = spawn(fd, control_fd, argv);
	(void)close(fd);
	(void)close(control_fd);
}

void swtpm_make(struct swtpm *swtpm)
{
	memset(swtpm, 0, sizeof(*swtpm));
	(void)snprintf(swtpm->dir, sizeof(swtpm->dir), "/tmp/msiv2-swtpm-XXXXXX");
	assert_non_null(mkdtemp(swtpm->dir));
	(void)snprintf(swtpm->socket, sizeof(swtpm->socket), "%s/sock", swtpm->dir);
	(void)snprintf(swtpm->tcti, sizeof(swtpm->tcti), "swtpm:path=%s", swtpm->socket);
	/* tpm2-tss writes what fails to stderr; failing is what these tests do. */
	assert_int_equal(setenv("TSS2_LOG", "all+NONE", 1), 0);
	swtpm_start(swtpm);
}

void swtpm_end(struct swtpm *swtpm, int signal)
{
	if (swtpm->pid == 0)
		return;
	assert_int_equal(kill(swtpm->pid, signal), 0);
	assert_int_equal(waitpid(swtpm->pid, NULL, 0), swtpm->pid);
	swtpm->pid = 0;
}

void swtpm_freeze(const struct swtpm *swtpm)
{
	int status = 0;

	assert_int_equal(kill(swtpm->pid, SIGSTOP), 0);
	assert_int_equal(waitpid(swtpm->pid, &status, WUNTRACED), swtpm->pid);
	assert_true(WIFSTOPPED(status));
}

void swtpm_thaw(const struct swtpm *swtpm)
{
	assert_int_equal(kill(swtpm->pid, SIGCONT), 0);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_tree(const char *path)
{
	assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void swtpm_wipe(struct swtpm *swtpm)
{
	swtpm_end(swtpm, SIGKILL);
	remove_tree(swtpm->dir);
	assert_int_equal(mkdir(swtpm->dir, 0700), 0);
	swtpm_start(swtpm);
}

void swtpm_drop(struct swtpm *swtpm)
{
	swtpm_end(swtpm, SIGKILL);
	remove_tree(swtpm->dir);
}

void foreign_open(const struct swtpm *swtpm, struct foreign_client *client)
{
	memset(client, 0, sizeof(*client));
	assert_int_equal(Tss2_TctiLdr_Initialize(swtpm->tcti, &client->tcti), TSS2_RC_SUCCESS);
	assert_int_equal(Esys_Initialize(&client->esys, client->tcti, NULL), TSS2_RC_SUCCESS);
}

void foreign_close(struct foreign_client *client)
{
	Esys_Finalize(&client->esys);
	Tss2_TctiLdr_Finalize(&client->tcti);
}

unsigned foreign_count(const struct swtpm *swtpm, TPM2_HANDLE first)
{
	struct foreign_client client;
	TPMS_CAPABILITY_DATA *list = NULL;
	TPMI_YES_NO more;
	unsigned count;

	foreign_open(swtpm, &client);
	assert_int_equal(Esys_GetCapability(client.esys, NO_SESSION, TPM2_CAP_HANDLES, first, MOST,
	                                    &more, &list),
	                 TSS2_RC_SUCCESS);
	count = list->data.handles.count;
	Esys_Free(list);
	foreign_close(&client);
	return count;
}

ESYS_TR foreign_primary(struct foreign_client *client, const TPM2B_PUBLIC *template,
                        const char *password)
{
	const TPM2B_DATA no_info = {0};
	const TPML_PCR_SELECTION no_pcr = {0};
	TPM2B_SENSITIVE_CREATE sensitive = {0};
	ESYS_TR key = ESYS_TR_NONE;

	if (password != NULL) {
		sensitive.sensitive.userAuth.size = (UINT16)strlen(password);
		memcpy(sensitive.sensitive.userAuth.buffer, password, strlen(password));
	}
	assert_int_equal(Esys_CreatePrimary(client->esys, ESYS_TR_RH_OWNER, PASSWORD, &sensitive,
	                                    template, &no_info, &no_pcr, &key, NULL, NULL, NULL,
	                                    NULL),
	                 TSS2_RC_SUCCESS);
	return key;
}

void foreign_persist(struct foreign_client *client, ESYS_TR key, TPM2_HANDLE handle)
{
	ESYS_TR persistent = ESYS_TR_NONE;

	assert_int_equal(Esys_EvictControl(client->esys, ESYS_TR_RH_OWNER, key, PASSWORD, handle,
	                                   &persistent),
	                 TSS2_RC_SUCCESS);
	assert_int_equal(Esys_FlushContext(client->esys, key), TSS2_RC_SUCCESS);
}

void foreign_template(TPM2B_PUBLIC *out)
{
	TPMS_ECC_PARMS *ecc = &out->publicArea.parameters.eccDetail;

	memset(out, 0, sizeof(*out));
	out->publicArea.type = TPM2_ALG_ECC;
	out->publicArea.nameAlg = TPM2_ALG_SHA256;
	out->publicArea.objectAttributes = TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT |
	                                   TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	                                   TPMA_OBJECT_SENSITIVEDATAORIGIN;
	ecc->symmetric.algorithm = TPM2_ALG_NULL;
	ecc->scheme.scheme = TPM2_ALG_NULL;
	ecc->curveID = TPM2_ECC_NIST_P256;
	ecc->kdf.scheme = TPM2_ALG_NULL;
}

size_t foreign_public(const struct swtpm *swtpm, TPM2_HANDLE handle, uint8_t *out)
{
	struct foreign_client client;
	TPM2B_PUBLIC *area = NULL;
	ESYS_TR key = ESYS_TR_NONE;
	size_t len;

	foreign_open(swtpm, &client);
	assert_int_equal(Esys_TR_FromTPMPublic(client.esys, handle, NO_SESSION, &key),
	                 TSS2_RC_SUCCESS);
	assert_int_equal(Esys_ReadPublic(client.esys, key, NO_SESSION, &area, NULL, NULL),
	                 TSS2_RC_SUCCESS);
	len = area->publicArea.unique.rsa.size;
	memcpy(out, area->publicArea.unique.rsa.buffer, len);
	Esys_Free(area);
	foreign_close(&client);
	return len;
}
