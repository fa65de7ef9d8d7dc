# What every target of ours is made with: the options of the compiler, and one way to make a library.
add_library(lossd_options INTERFACE)
target_include_directories(lossd_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(lossd_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${LOSSD_DEVELOPER}>:-Werror>)
# One set of warnings whatever compiles: clang's -Wconversion holds a warning more than g++'s.
target_compile_options(lossd_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>)
# g++ 12 sees overlapping copies in an inlined std::string assignment (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(lossd_options INTERFACE -Wno-restrict)
endif()
# One rounding whatever computes: arm64 would join a product and a sum, and say other last digits than amd64.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)")
  target_compile_options(lossd_options INTERFACE -ffp-contract=off)
endif()
# What makes an error harder to use by somebody who means harm; tests/integration/hardening_test.py looks at the program.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
  set(lossd_branch_protection -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(lossd_branch_protection -mbranch-protection=standard)
endif()
target_compile_options(lossd_options INTERFACE
  "$<$<CONFIG:Release>:-fstack-protector-strong;-fstack-clash-protection;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2;${lossd_branch_protection}>")
target_link_options(lossd_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(LOSSD_SANITIZE)
  target_compile_options(lossd_options INTERFACE -fsanitize=${LOSSD_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(lossd_options INTERFACE -fsanitize=${LOSSD_SANITIZE})
  # What is read before or behind a view of a line is mostly another part of that line, of which no sanitizer knows.
  target_compile_definitions(lossd_options INTERFACE _GLIBCXX_ASSERTIONS)
  # g++ 12 takes the memory of a coroutine's frame, which Asio hands out, for that of another allocator.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(lossd_options INTERFACE -Wno-mismatched-new-delete)
  endif()
  # Asio has a fence, which the sanitizer does not see and g++ therefore warns of.
  if(LOSSD_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(lossd_options INTERFACE -Wno-tsan)
  endif()
endif()
if(LOSSD_FUZZ)
  target_compile_options(lossd_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# lossd_library(NAME SOURCES ... [LINKS ...] [PRIVATE_LINKS ...]): one static library per directory.
# LINKS are part of the headers' contract, PRIVATE_LINKS stay inside the .cc files. Without SOURCES: headers alone.
function(lossd_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  if(NOT arg_SOURCES)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE lossd_options ${arg_LINKS})
    return()
  endif()
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC lossd_options ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
endfunction()

# lossd_messages(NAME FILE.proto): a library of the classes that protoc makes, whose code is not ours to warn about.
function(lossd_messages name file)
  add_library(${name} STATIC ${file})
  protobuf_generate(TARGET ${name} LANGUAGE cpp)
  target_include_directories(${name} SYSTEM PUBLIC ${PROJECT_BINARY_DIR}/src)
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf-lite)
endfunction()
