# SPDX-License-Identifier: MIT
# Files as constants in a program.
#
#   msiv2_embed(TARGET SYMBOL FILE ...)
#
# adds `const struct embedded_file SYMBOL[]` and `const size_t SYMBOL_count` (emulator/embedded.h)
# to the target, made anew whenever one of the files changes. As a script, with OUTPUT, SYMBOL and
# FILES, this file writes that source.
function(msiv2_embed target symbol)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.c)
  set(files "")
  foreach(file IN LISTS ARGN)
    list(APPEND files ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${output} -D SYMBOL=${symbol} -D "FILES=${files}"
      -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  # A NUL after the last byte, so that a text can be read as one.
  string(APPEND arrays "static const unsigned char file_${number}[] = {${bytes}0};\n")
  string(APPEND rows "\t{\"${name}\", file_${number}, sizeof(file_${number}) - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Made by cmake/embed.cmake. */
#include \"emulator/embedded.h\"

${arrays}
const struct embedded_file ${SYMBOL}[] = {
${rows}};
const size_t ${SYMBOL}_count = sizeof(${SYMBOL}) / sizeof(${SYMBOL}[0]);
")
