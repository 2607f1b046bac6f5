/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "pkcs11_module.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/mem.h"
#include "common/text.h"
#include "pkcs11_turn.h"

#define LOOK_AGAIN_US CLOCK_US_PER_MS

struct pkcs11_module {
	struct pkcs11_module *next;
	unsigned owners; /* guarded by the registry's lock */
	void *library;
	char *path;
	const CK_FUNCTION_LIST *functions;
	pid_t pid;
	bool started_here;
	pthread_rwlock_t gate; /* read: inside the module; write: it is being restarted */
	uint64_t generation;   /* guarded by the gate */
	bool running;          /* a restart may have failed half-way; guarded by the gate */
};

/* C_Initialize is of the process, so what was initialised must be too. */
static struct {
	pthread_mutex_t lock;
	struct pkcs11_module *first;
} registry = {PTHREAD_MUTEX_INITIALIZER, NULL};

const char *pkcs11_module_default(void)
{
	static const char *const places[] = {
	        "/usr/lib/softhsm/libsofthsm2.so",
#ifdef __x86_64__
	        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
#endif
#ifdef __aarch64__
	        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
#endif
	        "/usr/lib64/softhsm/libsofthsm2.so",
	        "/usr/lib64/pkcs11/libsofthsm2.so",
	        "/usr/local/lib/softhsm/libsofthsm2.so",
	};

	for (size_t i = 0; i < TEXT_COUNT(places); i++) {
		if (files_exists(places[i]))
			return places[i];
	}
	return NULL;
}

/* ---- loading ---- */

/* NODELETE: libraries a module brings along leave handlers behind that run at the thread's or the
 * process's end; code that is gone by then would be jumped into. */
static enum msiv2_rc load(const char *path, void **library, struct pkcs11_trouble *trouble)
{
	if (strchr(path, '/') != NULL && !files_exists(path))
		return pkcs11_says(trouble, KEY_LACK_ABSENT, "there is no such file");
	*library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (*library == NULL)
		return pkcs11_says(trouble, KEY_LACK_BROKEN, "not a PKCS#11 module: %s", dlerror());
	return MSIV2_OK;
}

static bool complete(const CK_FUNCTION_LIST *f)
{
	return f->C_Initialize != NULL && f->C_Finalize != NULL && f->C_GetSlotList != NULL &&
	       f->C_GetTokenInfo != NULL && f->C_OpenSession != NULL && f->C_CloseSession != NULL &&
	       f->C_GetSessionInfo != NULL && f->C_Login != NULL && f->C_CreateObject != NULL &&
	       f->C_DestroyObject != NULL && f->C_GetAttributeValue != NULL &&
	       f->C_FindObjectsInit != NULL && f->C_FindObjects != NULL &&
	       f->C_FindObjectsFinal != NULL && f->C_SignInit != NULL && f->C_Sign != NULL &&
	       f->C_GenerateKeyPair != NULL;
}

static enum msiv2_rc find_functions(void *library, const CK_FUNCTION_LIST **out,
                                    struct pkcs11_trouble *trouble)
{
	union {
		void *symbol;
		CK_RV (*get)(CK_FUNCTION_LIST_PTR_PTR list);
	} entry = {.symbol = dlsym(library, "C_GetFunctionList")};
	CK_FUNCTION_LIST *list = NULL;
	CK_RV rv;

	if (entry.symbol == NULL)
		return pkcs11_says(trouble, KEY_LACK_BROKEN,
		                   "not a PKCS#11 module: no C_GetFunctionList in it");
	rv = entry.get(&list);
	if (rv != CKR_OK)
		return pkcs11_failed(trouble, "C_GetFunctionList", rv);
	if (list == NULL || list->version.major < 2 || !complete(list))
		return pkcs11_says(trouble, KEY_LACK_BROKEN,
		                   "not a PKCS#11 module of version 2: functions are missing");
	*out = list;
	return MSIV2_OK;
}

/* ---- starting and ending ---- */

static CK_RV initialize(const struct pkcs11_module *module, const struct pkcs11_patience *patience)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	OWNED_STRUCT(pkcs11_turn) turn = {0};

	pkcs11_turn_take(&turn, PKCS11_TURN_STATE, module->path, patience);
	return module->functions->C_Initialize(&args);
}

/* An older entry of the same library, made by the process this one was forked from. */
static bool inherited(const void *library)
{
	for (const struct pkcs11_module *m = registry.first; m != NULL; m = m->next) {
		if (m->library == library && m->pid != getpid() && m->started_here)
			return true;
	}
	return false;
}

static enum msiv2_rc start(struct pkcs11_module *module, const struct pkcs11_patience *patience,
                           struct pkcs11_trouble *trouble)
{
	CK_RV rv = initialize(module, patience);

	if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED && inherited(module->library)) {
		/* What fork() copied is the parent's; the child begins with its own. */
		(void)module->functions->C_Finalize(NULL);
		rv = initialize(module, patience);
	}
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return pkcs11_failed(trouble, "C_Initialize", rv);
	module->started_here = rv == CKR_OK;
	module->running = true;
	return MSIV2_OK;
}

static void destroy(struct pkcs11_module *module)
{
	if (module == NULL)
		return;
	if (module->running && module->started_here)
		(void)module->functions->C_Finalize(NULL);
	if (module->library != NULL)
		(void)dlclose(module->library);
	(void)pthread_rwlock_destroy(&module->gate);
	mem_free(module->path);
	mem_free(module);
}

/* Takes ownership of library. The registry is locked. */
static enum msiv2_rc make(void *library, const char *path, const struct pkcs11_patience *patience,
                          struct pkcs11_module **out, struct pkcs11_trouble *trouble)
{
	struct pkcs11_module *module = mem_alloc(sizeof(*module));
	enum msiv2_rc rc;

	if (module == NULL) {
		(void)dlclose(library);
		return pkcs11_no_memory(trouble);
	}
	(void)pthread_rwlock_init(&module->gate, NULL);
	module->library = library;
	module->owners = 1;
	module->pid = getpid();
	module->path = mem_strdup(path);
	rc = module->path != NULL ? find_functions(library, &module->functions, trouble)
	                          : pkcs11_no_memory(trouble);
	if (rc == MSIV2_OK)
		rc = start(module, patience, trouble);
	if (rc != MSIV2_OK) {
		destroy(module);
		return rc;
	}
	module->next = registry.first;
	registry.first = module;
	*out = module;
	return MSIV2_OK;
}

/* ---- the registry ---- */

/* Tries instead of waiting: in a forked child the lock may belong to a thread that is not there. */
static enum msiv2_rc lock_registry(const struct pkcs11_patience *patience,
                                   struct pkcs11_trouble *trouble)
{
	while (pthread_mutex_trylock(&registry.lock) != 0) {
		if (clock_left_us(patience->clock, patience->deadline_us) == 0)
			return pkcs11_too_late(trouble);
		clock_wait_us(patience->clock, LOOK_AGAIN_US);
	}
	return MSIV2_OK;
}

static struct pkcs11_module *find_open(const void *library)
{
	for (struct pkcs11_module *m = registry.first; m != NULL; m = m->next) {
		if (m->library == library && m->pid == getpid())
			return m;
	}
	return NULL;
}

enum msiv2_rc pkcs11_module_open(const char *path, const struct pkcs11_patience *patience,
                                 struct pkcs11_module **out, struct pkcs11_trouble *trouble)
{
	enum msiv2_rc rc = MSIV2_OK;
	void *library = NULL;

	TRY(load(path, &library, trouble));
	rc = lock_registry(patience, trouble);
	if (rc != MSIV2_OK) {
		(void)dlclose(library);
		return rc;
	}
	*out = find_open(library);
	if (*out != NULL) {
		(*out)->owners++;
		(void)dlclose(library);
	} else {
		rc = make(library, path, patience, out, trouble);
	}
	(void)pthread_mutex_unlock(&registry.lock);
	return rc;
}

static void unlist(const struct pkcs11_module *module)
{
	struct pkcs11_module **link = &registry.first;

	while (*link != module)
		link = &(*link)->next;
	*link = module->next;
}

void pkcs11_module_close(struct pkcs11_module *module)
{
	/* A forked child leaves the parent's alone, and keeps the entry: it says what it
	 * inherited. */
	if (module == NULL || !pkcs11_module_is_ours(module))
		return;
	(void)pthread_mutex_lock(&registry.lock);
	if (--module->owners == 0) {
		unlist(module);
		destroy(module);
	}
	(void)pthread_mutex_unlock(&registry.lock);
}

bool pkcs11_module_is_ours(const struct pkcs11_module *module)
{
	return module->pid == getpid();
}

/* ---- being inside ---- */

enum msiv2_rc pkcs11_module_enter(struct pkcs11_module *module, const CK_FUNCTION_LIST **functions,
                                  uint64_t *generation, struct pkcs11_trouble *trouble)
{
	if (!pkcs11_module_is_ours(module))
		return pkcs11_says(trouble, KEY_LACK_BROKEN,
		                   "the key was opened before fork(); open it in this process");
	(void)pthread_rwlock_rdlock(&module->gate);
	*generation = module->generation;
	if (!module->running) {
		(void)pthread_rwlock_unlock(&module->gate);
		return pkcs11_failed(trouble, "C_Initialize", CKR_CRYPTOKI_NOT_INITIALIZED);
	}
	*functions = module->functions;
	return MSIV2_OK;
}

const char *pkcs11_module_path(const struct pkcs11_module *module)
{
	return module->path;
}

void pkcs11_module_leave(struct pkcs11_module *module)
{
	(void)pthread_rwlock_unlock(&module->gate);
}

static enum msiv2_rc restart_now(struct pkcs11_module *module,
                                 const struct pkcs11_patience *patience,
                                 struct pkcs11_trouble *trouble)
{
	CK_RV rv;

	if (module->running)
		(void)module->functions->C_Finalize(NULL);
	module->running = false;
	module->generation++;
	rv = initialize(module, patience);
	if (rv != CKR_OK)
		return pkcs11_failed(trouble, "C_Initialize", rv);
	module->running = true;
	return MSIV2_OK;
}

enum msiv2_rc pkcs11_module_restart(struct pkcs11_module *module, uint64_t generation,
                                    const struct pkcs11_patience *patience,
                                    struct pkcs11_trouble *trouble)
{
	enum msiv2_rc rc = MSIV2_OK;

	if (!module->started_here)
		return MSIV2_OK; /* not ours to end */
	while (pthread_rwlock_trywrlock(&module->gate) != 0) {
		if (clock_left_us(patience->clock, patience->deadline_us) == 0)
			return pkcs11_too_late(trouble);
		clock_wait_us(patience->clock, LOOK_AGAIN_US);
	}
	if (module->generation == generation || !module->running)
		rc = restart_now(module, patience, trouble);
	(void)pthread_rwlock_unlock(&module->gate);
	return rc;
}
