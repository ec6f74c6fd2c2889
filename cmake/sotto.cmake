# One library a folder, explicit source lists; tests stand beside what they test.

add_library(sotto_flags INTERFACE)
target_include_directories(sotto_flags INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src
                                                 ${CMAKE_SOURCE_DIR})
target_compile_options(sotto_flags INTERFACE -Wall -Wextra -Wno-sign-compare -fno-math-errno)
target_compile_definitions(sotto_flags INTERFACE SOTTO_VERSION="${PROJECT_VERSION}")
# The binary, and so an enclave's measurement, must not depend on where it was built.
target_compile_options(sotto_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-ffile-prefix-map=${CMAKE_BINARY_DIR}=build>
  $<$<COMPILE_LANGUAGE:CXX>:-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.>)
# The usual hardening of programs that parse outside bytes. Sanitizers check more, and in their own
# way: FORTIFY's wrappers would hide calls from them.
if(NOT SOTTO_SANITIZE AND NOT SOTTO_FUZZERS)
  target_compile_options(sotto_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fstack-protector-strong;-fstack-clash-protection;-fcf-protection>)
  target_compile_definitions(sotto_flags INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
  target_link_options(sotto_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
if(SOTTO_SANITIZE)
  target_compile_options(sotto_flags INTERFACE -fsanitize=${SOTTO_SANITIZE} -fno-omit-frame-pointer
                                               -fno-sanitize-recover=all -g1)
  target_link_options(sotto_flags INTERFACE -fsanitize=${SOTTO_SANITIZE})
endif()
if(SOTTO_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "SOTTO_FUZZERS needs clang: -DCMAKE_CXX_COMPILER=clang++-14")
  endif()
  target_compile_options(sotto_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                                               -fno-sanitize-recover=all -g1)
  target_link_options(sotto_flags INTERFACE -fsanitize=address,undefined)
endif()

# sotto_library(name SOURCES a.cc ... DEPS lib ...)
function(sotto_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC sotto_flags ${ARG_DEPS})
endfunction()

# sotto_optimise(target ...): what computes. Under sanitizers other code is not optimised: there
# compiling takes far longer than running it.
function(sotto_optimise)
  foreach(target ${ARGN})
    if(TARGET ${target})
      target_compile_options(${target} PRIVATE $<$<CONFIG:Sanitize>:-O2>)
    endif()
  endforeach()
endfunction()

# sotto_test(name SOURCES a_test.cc ... DEPS lib ... [LABELS unit;threaded;e2e] [COST seconds])
# Labels: `unit` runs under ASan+UBSan too, `threaded` under TSan too, `e2e` starts processes. Tests
# are not part of `all`: target `tests` builds every one, `tests_LABEL` those of a label. What has a
# COST begins first: a processor would have nothing to do while the last one ran.
foreach(group tests tests_unit tests_threaded tests_e2e)
  add_custom_target(${group})
endforeach()
function(sotto_test name)
  cmake_parse_arguments(ARG "" "COST" "SOURCES;DEPS;LABELS" ${ARGN})
  if(SOTTO_FUZZERS OR NOT SOTTO_HAVE_TESTS)
    return()
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE sotto_flags ${ARG_DEPS} sotto_testing_paths
                                        GTest::gmock_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  # What a test does itself is little: optimising it takes longer than it saves.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  add_dependencies(tests ${name})
  foreach(label ${ARG_LABELS})
    add_dependencies(tests_${label} ${name})
  endforeach()
  add_test(NAME ${name} COMMAND ${name})
  set(timeout 600)
  if(SOTTO_SANITIZE)  # Which makes work ten times slower.
    set(timeout 1800)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${timeout}
    ENVIRONMENT GTEST_OUTPUT=xml:${CMAKE_BINARY_DIR}/test-results/${name}.xml)
  if(ARG_COST)
    set_tests_properties(${name} PROPERTIES COST ${ARG_COST})
  endif()
endfunction()
