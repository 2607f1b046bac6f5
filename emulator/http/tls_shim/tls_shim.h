/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a program calls so that the linker keeps the shim libraries among its dependencies. */
#ifndef EMULATOR_HTTP_TLS_SHIM_TLS_SHIM_H
#define EMULATOR_HTTP_TLS_SHIM_TLS_SHIM_H

/* 1: the shim for libssl is loaded. */
int tls_shim_ssl(void);
/* 1: the shim for libcrypto is loaded, over OpenSSL 3 or later. */
int tls_shim_crypto(void);

#endif
