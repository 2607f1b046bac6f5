/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "registry.h"

#include <pthread.h>
#include <string.h>

#include "common/mem.h"

#define WHERE "registry"

/* The items with sequence numbers first .. next - 1; item seq is in slot seq % REGISTRY_MAX. One
 * that could not be kept is a slot without content. */
struct ring {
	struct registry_item items[REGISTRY_MAX];
	uint64_t first;
	uint64_t next;
	uint64_t dropped;
};

struct registry {
	pthread_mutex_t lock;
	struct ring rings[REGISTRY_KINDS];
};

enum msiv2_rc registry_new(struct registry **out, struct msiv2_error *err)
{
	*out = mem_alloc(sizeof(**out));
	if (*out == NULL)
		return err_no_memory(err, WHERE);
	(void)pthread_mutex_init(&(*out)->lock, NULL);
	for (size_t i = 0; i < REGISTRY_KINDS; i++)
		(*out)->rings[i].first = (*out)->rings[i].next = 1;
	return MSIV2_OK;
}

void registry_item_free(struct registry_item *item)
{
	bytes_free(&item->content);
	*item = (struct registry_item){0};
}

static struct registry_item *slot(struct ring *ring, uint64_t seq)
{
	return &ring->items[seq % REGISTRY_MAX];
}

/* Under the lock. */
static void ring_clear(struct ring *ring)
{
	for (; ring->first < ring->next; ring->first++)
		registry_item_free(slot(ring, ring->first));
	ring->dropped = 0;
}

void registry_free(struct registry *registry)
{
	if (registry == NULL)
		return;
	for (size_t i = 0; i < REGISTRY_KINDS; i++)
		ring_clear(&registry->rings[i]);
	(void)pthread_mutex_destroy(&registry->lock);
	mem_free(registry);
}

/* Under the lock: makes room for one and gives it its number. */
static struct registry_item *ring_take(struct ring *ring)
{
	struct registry_item *item = slot(ring, ring->next);

	if (ring->next - ring->first == REGISTRY_MAX) {
		if (item->content.len > 0)
			ring->dropped++;
		registry_item_free(item);
		ring->first++;
	}
	item->seq = ring->next++;
	return item;
}

void registry_add(struct registry *registry, enum registry_kind kind,
                  const struct registry_facts *facts, const void *content, size_t len)
{
	struct ring *ring = &registry->rings[kind];
	struct bytes copy = {.secret = kind == REGISTRY_TOKEN, .limit = REGISTRY_BYTES_MAX};
	struct registry_item *item;

	bytes_add(&copy, content, len);
	(void)pthread_mutex_lock(&registry->lock);
	item = ring_take(ring);
	item->facts = *facts;
	if (copy.failed || copy.len == 0)
		ring->dropped++;
	else
		item->content = steal(&copy);
	(void)pthread_mutex_unlock(&registry->lock);
	bytes_free(&copy);
}

/* Under the lock: the oldest item from seq on that has a content, or NULL. */
static struct registry_item *ring_find(struct ring *ring, uint64_t seq)
{
	for (uint64_t i = seq > ring->first ? seq : ring->first; i < ring->next; i++)
		if (slot(ring, i)->content.len > 0)
			return slot(ring, i);
	return NULL;
}

enum msiv2_rc registry_from(struct registry *registry, enum registry_kind kind, uint64_t seq,
                            struct registry_item *out, struct msiv2_error *err)
{
	const struct registry_item *found;

	registry_item_free(out);
	out->content.secret = kind == REGISTRY_TOKEN;
	(void)pthread_mutex_lock(&registry->lock);
	found = ring_find(&registry->rings[kind], seq);
	if (found != NULL) {
		out->seq = found->seq;
		out->facts = found->facts;
		bytes_add(&out->content, found->content.data, found->content.len);
	}
	(void)pthread_mutex_unlock(&registry->lock);
	return bytes_done(&out->content, WHERE, err);
}

uint64_t registry_next(struct registry *registry, enum registry_kind kind)
{
	uint64_t next;

	(void)pthread_mutex_lock(&registry->lock);
	next = registry->rings[kind].next;
	(void)pthread_mutex_unlock(&registry->lock);
	return next;
}

uint64_t registry_dropped(struct registry *registry, enum registry_kind kind)
{
	uint64_t dropped;

	(void)pthread_mutex_lock(&registry->lock);
	dropped = registry->rings[kind].dropped;
	(void)pthread_mutex_unlock(&registry->lock);
	return dropped;
}

void registry_reset(struct registry *registry)
{
	(void)pthread_mutex_lock(&registry->lock);
	for (size_t i = 0; i < REGISTRY_KINDS; i++)
		ring_clear(&registry->rings[i]);
	(void)pthread_mutex_unlock(&registry->lock);
}
