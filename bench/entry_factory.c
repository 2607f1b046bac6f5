/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "entry_factory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/fs.h"
#include "common/mem.h"
#include "common/x509.h"

#define CLIENT_ID "a1a1a1a1-0000-4000-8000-000000000001"
#define TENANT_ID "72f988bf-0000-4000-8000-00000000aaaa"
#define SOURCE    "http://169.254.169.254"
#define WEEK_S    INT64_C(604800)

struct entry_factory {
	struct store *store;
	EVP_PKEY *key;
	EVP_PKEY *issuer;
	uint8_t key_sha256[X509_SHA256_LEN];
	int64_t now_s;
	struct store_entry *planted; /* the one that is planted, with another alias each time */
};

_Noreturn void entry_factory_die(const char *why)
{
	fprintf(stderr, "bench_store: %s\n", why);
	exit(1);
}

void entry_factory_must(enum msiv2_rc rc, const struct msiv2_error *err)
{
	if (rc != MSIV2_OK)
		entry_factory_die(msiv2_error_message(err));
}

struct entry_factory *entry_factory_new(struct store *store)
{
	struct entry_factory *factory = mem_alloc(sizeof(*factory));
	unsigned char *der = NULL;
	int len;

	if (factory == NULL)
		entry_factory_die("out of memory");
	factory->store = store;
	factory->now_s = clock_now_s(clock_system());
	factory->key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	factory->issuer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	len = i2d_PUBKEY(factory->key, &der);
	if (len <= 0 ||
	    EVP_Digest(der, (size_t)len, factory->key_sha256, NULL, EVP_sha256(), NULL) != 1)
		entry_factory_die("OpenSSL makes no key");
	OPENSSL_free(der);
	factory->planted = entry_factory_make(factory, "planted", 0);
	return factory;
}

void entry_factory_free(struct entry_factory *factory)
{
	entry_factory_take(factory->planted);
	EVP_PKEY_free(factory->key);
	EVP_PKEY_free(factory->issuer);
	mem_free(factory);
}

struct store_want entry_factory_want(const struct entry_factory *factory, const char *alias)
{
	return (struct store_want){.alias = alias,
	                           .source = SOURCE,
	                           .client_id = CLIENT_ID,
	                           .now_s = factory->now_s,
	                           .key_kind = "keyguard",
	                           .key_sha256 = factory->key_sha256};
}

/* ---- entries ---- */

static bool add_name(X509_NAME *name, int nid, int type, const char *text)
{
	return X509_NAME_add_entry_by_NID(name, nid, type, (const uint8_t *)text, -1, -1, 0) == 1;
}

static X509 *certify(const struct entry_factory *factory, int later)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);
	int64_t end_s = factory->now_s + WEEK_S + later;

	if (X509_set_version(cert, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set(X509_get_serialNumber(cert), later + 1) != 1 ||
	    !add_name(subject, NID_domainComponent, V_ASN1_IA5STRING, TENANT_ID) ||
	    !add_name(subject, NID_commonName, V_ASN1_PRINTABLESTRING, CLIENT_ID) ||
	    !add_name(X509_get_issuer_name(cert), NID_commonName, V_ASN1_PRINTABLESTRING,
	              "NOT FOR PRODUCTION") ||
	    ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(factory->now_s - 300)) == NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)end_s) == NULL ||
	    X509_set_pubkey(cert, factory->key) != 1 ||
	    X509_sign(cert, factory->issuer, EVP_sha256()) <= 0)
		entry_factory_die("OpenSSL makes no certificate");
	return cert;
}

struct store_entry *entry_factory_make(struct entry_factory *factory, const char *alias, int later)
{
	struct store_entry *entry = mem_alloc(sizeof(*entry));

	if (entry == NULL)
		entry_factory_die("out of memory");
	*entry = (struct store_entry){
	        .alias = mem_strdup(alias),
	        .source = mem_strdup(SOURCE),
	        .client_id = mem_strdup(CLIENT_ID),
	        .tenant_id = mem_strdup(TENANT_ID),
	        .identity_type = mem_strdup("SystemAssigned"),
	        .endpoint = mem_strdup("https://mtlsauth.microsoft.com"),
	        .key_kind = mem_strdup("keyguard"),
	        .key_name = mem_strdup("msiv2"),
	        .stored_at_s = factory->now_s,
	        .certificate = certify(factory, later),
	};
	memcpy(entry->key_sha256, factory->key_sha256, sizeof(entry->key_sha256));
	return entry;
}

void entry_factory_take(struct store_entry *entry)
{
	store_entry_free(entry);
	mem_free(entry);
}

/* ---- files ---- */

static void add_folder(const struct entry_factory *factory, const char *alias, struct bytes *out)
{
	uint8_t digest[X509_SHA256_LEN];

	if (EVP_Digest(alias, strlen(alias), digest, NULL, EVP_sha256(), NULL) != 1)
		entry_factory_die("no digest");
	bytes_addf(out, "%s/", store_path(factory->store));
	hex_encode(digest, sizeof(digest) / 2, out);
}

static void write_file(const char *path, const struct bytes *text)
{
	int fd = fs_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || fs_write(fd, text->data, text->len) != (ssize_t)text->len)
		entry_factory_die("a file cannot be written");
	(void)fs_close(fd);
}

void entry_factory_plant(struct entry_factory *factory, long n)
{
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) text = {0};
	uint8_t sha256[X509_SHA256_LEN];
	struct msiv2_error err = {0};
	char alias[64];

	(void)snprintf(alias, sizeof(alias), "other-%ld#att=0", n);
	mem_free(factory->planted->alias);
	factory->planted->alias = mem_strdup(alias);
	entry_factory_must(store_entry_encode(factory->planted, &text, &err), &err);
	entry_factory_must(x509_sha256(factory->planted->certificate, sha256, &err), &err);
	add_folder(factory, alias, &path);
	if (fs_mkdir(bytes_text(&path), 0700) != 0)
		entry_factory_die("a folder cannot be made");
	bytes_add_text(&path, "/");
	hex_encode(sha256, sizeof(sha256), &path);
	bytes_add_text(&path, ".pem");
	write_file(bytes_text(&path), &text);
}

void entry_factory_forget(const struct entry_factory *factory, const char *alias)
{
	OWNED_STRUCT(bytes) path = {0};
	struct dirent *found;
	DIR *folder;

	add_folder(factory, alias, &path);
	folder = opendir(bytes_text(&path));
	if (folder == NULL)
		entry_factory_die("a folder cannot be read");
	while ((found = readdir(folder)) != NULL) {
		OWNED_STRUCT(bytes) file = {0};
		int fd;

		bytes_addf(&file, "%s/%s", bytes_text(&path), found->d_name);
		fd = fs_open(bytes_text(&file), O_RDONLY | O_NOFOLLOW, 0);
		if (fd < 0)
			continue;
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		(void)fs_close(fd);
	}
	(void)closedir(folder);
}
