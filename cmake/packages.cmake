# SPDX-License-Identifier: MIT
# Everything outside the project comes from Debian packages (script/setup installs them).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(openssl REQUIRED IMPORTED_TARGET openssl>=3.0)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl>=7.80)
pkg_check_modules(cjson REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)

# civetweb has no pkg-config file and its CMake config is broken as packaged.
find_library(CIVETWEB_LIBRARY civetweb REQUIRED)
find_path(CIVETWEB_INCLUDE_DIR civetweb.h REQUIRED)
add_library(civetweb INTERFACE)
target_include_directories(civetweb SYSTEM INTERFACE ${CIVETWEB_INCLUDE_DIR})
target_link_libraries(civetweb INTERFACE ${CIVETWEB_LIBRARY})

# PKCS#11 is headers only: the module (SoftHSM2 in tests) is loaded at run time. The TPM stack is
# libraries of Debian; its TCTI modules are loaded by name.
pkg_check_modules(p11kit REQUIRED IMPORTED_TARGET p11-kit-1)
pkg_check_modules(tss2 REQUIRED IMPORTED_TARGET tss2-esys tss2-mu tss2-tctildr tss2-rc)
