#include "web/pages/assets.h"

#include <algorithm>

namespace lossd::web {

const Asset* FindAsset(std::string_view name) {
  const auto found = std::ranges::find(Assets(), name, &Asset::name);
  return found == Assets().end() ? nullptr : &*found;
}

}  // namespace lossd::web
