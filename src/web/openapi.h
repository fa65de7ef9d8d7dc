// The HTTP interface as OpenAPI 3.1.
#pragma once

#include <string_view>

namespace lossd::web {

/// What `GET /api/v1/openapi.json` answers: the native protocol and the API of jobs. Other protocols are documented by
/// those whose they are.
std::string_view OpenApiDocument();

}  // namespace lossd::web
