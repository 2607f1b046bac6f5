# SPDX-License-Identifier: MIT
# One INTERFACE target carries the warnings, the hardening and the sanitizers of the whole project.
add_library(msiv2_house INTERFACE)
# Libraries of ours pass it on to whoever links them; a program of somebody else's, which embeds the
# emulator, keeps its own rules.
set(is_ours
  $<PATH:IS_PREFIX,${PROJECT_SOURCE_DIR},$<TARGET_PROPERTY:SOURCE_DIR>>)
set(house_warnings
  -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Wformat=2 -Werror
  -fstack-protector-strong -fno-common)
target_compile_definitions(msiv2_house INTERFACE $<${is_ours}:_GNU_SOURCE>)
target_include_directories(msiv2_house INTERFACE $<${is_ours}:${PROJECT_SOURCE_DIR}>)
target_compile_options(msiv2_house INTERFACE "$<${is_ours}:${house_warnings}>")
target_link_options(msiv2_house INTERFACE -Wl,-z,relro,-z,now)

if(MSIV2_SANITIZE)
  target_compile_options(msiv2_house INTERFACE
    -fsanitize=${MSIV2_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(msiv2_house INTERFACE -fsanitize=${MSIV2_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_definitions(msiv2_house INTERFACE $<${is_ours}:_FORTIFY_SOURCE=2>)
endif()
