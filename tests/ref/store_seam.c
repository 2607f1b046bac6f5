/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "store_seam.h"

#include "ref/issue.h"
#include "ref/store/store.h"

struct store_seam *store_seam(void)
{
	static struct store_seam armed;

	return &armed;
}

static enum msiv2_rc fault(enum seam seam, struct msiv2_error *err)
{
	static const char *const names[] = {"new", "read", "put", "remove", "remove alias", "gate"};
	enum msiv2_rc rc = store_seam()->rc[seam];

	store_seam()->asked[seam]++;
	if (store_seam()->clock != NULL && seam != SEAM_NEW)
		clock_wait_us(store_seam()->clock, CLOCK_US_PER_S);
	return rc != MSIV2_OK ? err_set(err, rc, "/the/store", "scripted: %s", names[seam])
	                      : MSIV2_OK;
}

enum msiv2_rc __real_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err);
enum msiv2_rc __wrap_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err);
enum msiv2_rc __real_store_new(enum store_scope scope, const char *root,
                               const struct msiv2_clock *clock, struct store **out,
                               struct msiv2_error *err);
enum msiv2_rc __real_store_read(struct store *store, const char *alias, struct store_records *out,
                                struct msiv2_error *err);
enum msiv2_rc __real_store_put(struct store *store, const struct store_entry *entry,
                               const struct store_want *want, struct msiv2_error *err);
enum msiv2_rc __real_store_remove(struct store *store, const char *alias,
                                  const struct store_records *records, unsigned verdicts,
                                  size_t *removed, struct msiv2_error *err);
enum msiv2_rc __real_store_remove_alias(struct store *store, const char *alias, X509 *refused,
                                        size_t *removed, struct msiv2_error *err);
enum msiv2_rc __real_store_gate(struct store *store, const char *alias,
                                const struct patience *patience, struct store_lock **out,
                                struct msiv2_error *err);
enum msiv2_rc __wrap_store_new(enum store_scope scope, const char *root,
                               const struct msiv2_clock *clock, struct store **out,
                               struct msiv2_error *err);
enum msiv2_rc __wrap_store_read(struct store *store, const char *alias, struct store_records *out,
                                struct msiv2_error *err);
enum msiv2_rc __wrap_store_put(struct store *store, const struct store_entry *entry,
                               const struct store_want *want, struct msiv2_error *err);
enum msiv2_rc __wrap_store_remove(struct store *store, const char *alias,
                                  const struct store_records *records, unsigned verdicts,
                                  size_t *removed, struct msiv2_error *err);
enum msiv2_rc __wrap_store_remove_alias(struct store *store, const char *alias, X509 *refused,
                                        size_t *removed, struct msiv2_error *err);
enum msiv2_rc __wrap_store_gate(struct store *store, const char *alias,
                                const struct patience *patience, struct store_lock **out,
                                struct msiv2_error *err);

enum msiv2_rc __wrap_store_new(enum store_scope scope, const char *root,
                               const struct msiv2_clock *clock, struct store **out,
                               struct msiv2_error *err)
{
	TRY(fault(SEAM_NEW, err));
	return __real_store_new(scope, root, clock, out, err);
}

enum msiv2_rc __wrap_store_read(struct store *store, const char *alias, struct store_records *out,
                                struct msiv2_error *err)
{
	TRY(fault(SEAM_READ, err));
	return __real_store_read(store, alias, out, err);
}

enum msiv2_rc __wrap_store_put(struct store *store, const struct store_entry *entry,
                               const struct store_want *want, struct msiv2_error *err)
{
	TRY(fault(SEAM_PUT, err));
	return __real_store_put(store, entry, want, err);
}

enum msiv2_rc __wrap_store_remove(struct store *store, const char *alias,
                                  const struct store_records *records, unsigned verdicts,
                                  size_t *removed, struct msiv2_error *err)
{
	TRY(fault(SEAM_REMOVE, err));
	return __real_store_remove(store, alias, records, verdicts, removed, err);
}

enum msiv2_rc __wrap_store_remove_alias(struct store *store, const char *alias, X509 *refused,
                                        size_t *removed, struct msiv2_error *err)
{
	TRY(fault(SEAM_REMOVE_ALIAS, err));
	return __real_store_remove_alias(store, alias, refused, removed, err);
}

enum msiv2_rc __wrap_store_gate(struct store *store, const char *alias,
                                const struct patience *patience, struct store_lock **out,
                                struct msiv2_error *err)
{
	TRY(fault(SEAM_GATE, err));
	*out = NULL;
	return store_seam()->gate_stalls ? MSIV2_OK
	                                 : __real_store_gate(store, alias, patience, out, err);
}

void __real_store_lock_progress(struct store_lock *lock);
void __wrap_store_lock_progress(struct store_lock *lock);

void __wrap_store_lock_progress(struct store_lock *lock)
{
	store_seam()->progress += lock != NULL;
	__real_store_lock_progress(lock);
}

enum msiv2_rc __wrap_issue_check(const struct issue *issue, EVP_PKEY *public_key, int64_t now_s,
                                 struct msiv2_error *err)
{
	if (store_seam()->bad_checks == 0)
		return __real_issue_check(issue, public_key, now_s, err);
	store_seam()->bad_checks--;
	return err_set(err, MSIV2_CERT_INVALID, "test", "scripted");
}
