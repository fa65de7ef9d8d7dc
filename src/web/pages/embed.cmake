# Writes OUTPUT, a source that holds FILES, a list of "name=path", as the table behind Assets().
set(arrays "")
set(table "")
set(number 0)
foreach(entry IN LISTS FILES)
  string(REGEX MATCH "^([^=]+)=(.*)$" entry "${entry}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
  # One literal may be only so long, by the standard; what follows a \x must be another one or the end.
  string(REGEX REPLACE "((\\\\x..){1024})" "\\1\"\n    \"" bytes "${bytes}")
  string(APPEND arrays "constexpr char kFile${number}[] =\n    \"${bytes}\";\n")
  string(APPEND table "    {\"${name}\", {kFile${number}, ${size}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Made by embed.cmake.
#include \"web/pages/assets.h\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace lossd::web {
namespace {

${arrays}
constexpr Asset kAssets[] = {
${table}};

}  // namespace

std::span<const Asset> Assets() { return kAssets; }

}  // namespace lossd::web
")
