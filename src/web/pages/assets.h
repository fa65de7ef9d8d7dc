// The files of the pages, built into the program.
#pragma once

#include <span>
#include <string_view>

namespace lossd::web {

struct Asset {
  std::string_view name;  ///< "lossd.js"
  std::string_view content;
};

/// Every file, in order of their names.
std::span<const Asset> Assets();
/// nullptr where there is none of that name.
const Asset* FindAsset(std::string_view name);

}  // namespace lossd::web
