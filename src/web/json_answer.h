// Answers of the API.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace lossd::web {

/// `text` is JSON. Nobody is to keep it: it is of now.
http::Response Json(unsigned status, std::string text);
/// `{"error": "..."}`; any bytes.
http::Response JsonError(unsigned status, std::string_view error);

}  // namespace lossd::web
