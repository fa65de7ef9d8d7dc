// Which names may become label values and label names of our metrics.
#pragma once

#include <cstddef>
#include <string_view>

namespace lossd::core {

/// Valid UTF-8 (no surrogates, no overlong forms) without NUL, of at most `max_bytes` bytes. The empty text is one.
bool IsText(std::string_view text, std::size_t max_bytes);

/// A label that our metrics carry, or to which Prometheus gives a meaning of its own (also all that begin with "__").
bool IsReservedLabel(std::string_view name);

/// A name that a sender may give a label: [a-zA-Z_][a-zA-Z0-9_]*, and no reserved
/// one: a label twice on one series would make the whole scrape invalid.
bool IsLabelName(std::string_view name);

}  // namespace lossd::core
