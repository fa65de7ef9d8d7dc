// JSON whose numbers are read to the last bit.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

namespace lossd::push {

/// A document nested no deeper than `max_depth`; nothing where the text is none. Boost.JSON's own parser may miss the
/// nearest double by a unit in the last place, this one does not.
std::optional<boost::json::value> ParseExactJson(std::string_view text, std::size_t max_depth = 32);

}  // namespace lossd::push
