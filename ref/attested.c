/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "attested.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "common/mem.h"

struct attested {
	atomic_int refs;
	struct attested *next; /* of the list that holds it */
	char *name;
	struct attestation_answer answer;
};

struct attested_list {
	pthread_mutex_t lock;
	struct attested *first;
};

struct attested *attested_new(const char *name, struct attestation_answer *answer)
{
	struct attested *attested = mem_alloc(sizeof(*attested));

	if (attested == NULL)
		return NULL;
	atomic_init(&attested->refs, 1);
	attested->name = mem_strdup(name);
	if (attested->name == NULL) {
		mem_free(attested);
		return NULL;
	}
	attested->answer = steal(answer);
	return attested;
}

struct attested *attested_ref(struct attested *attested)
{
	atomic_fetch_add(&attested->refs, 1);
	return attested;
}

void attested_free(struct attested *attested)
{
	if (attested == NULL || atomic_fetch_sub(&attested->refs, 1) > 1)
		return;
	attestation_answer_free(&attested->answer);
	mem_free(attested->name);
	mem_free(attested);
}

const char *attested_token(const struct attested *attested)
{
	return attested->answer.token;
}

bool attested_is_usable(const struct attested *attested, int64_t now_s)
{
	return attested->answer.expires_on_s - ATTESTED_FRESH_LEFT_S > now_s;
}

struct attested_list *attested_list_new(void)
{
	struct attested_list *list = mem_alloc(sizeof(*list));

	if (list != NULL)
		(void)pthread_mutex_init(&list->lock, NULL);
	return list;
}

void attested_list_free(struct attested_list *list)
{
	if (list == NULL)
		return;
	attested_list_clear(list);
	(void)pthread_mutex_destroy(&list->lock);
	mem_free(list);
}

struct attested *attested_list_find(struct attested_list *list, const char *name, int64_t now_s)
{
	struct attested *found = NULL;

	(void)pthread_mutex_lock(&list->lock);
	for (struct attested *at = list->first; at != NULL && found == NULL; at = at->next) {
		if (strcmp(at->name, name) == 0 && attested_is_usable(at, now_s))
			found = attested_ref(at);
	}
	(void)pthread_mutex_unlock(&list->lock);
	return found;
}

void attested_list_put(struct attested_list *list, struct attested *attested, int64_t now_s)
{
	struct attested **link = &list->first;

	(void)pthread_mutex_lock(&list->lock);
	while (*link != NULL) {
		struct attested *at = *link;

		if (strcmp(at->name, attested->name) != 0 && attested_is_usable(at, now_s)) {
			link = &at->next;
			continue;
		}
		*link = at->next;
		attested_free(at);
	}
	*link = attested_ref(attested);
	attested->next = NULL;
	(void)pthread_mutex_unlock(&list->lock);
}

void attested_list_clear(struct attested_list *list)
{
	struct attested *at;

	(void)pthread_mutex_lock(&list->lock);
	at = list->first;
	list->first = NULL;
	while (at != NULL) {
		struct attested *next = at->next;

		attested_free(at);
		at = next;
	}
	(void)pthread_mutex_unlock(&list->lock);
}
