#include "ingest/error_name.h"

#include <string.h>

namespace lossd::ingest {

std::string ErrorName(std::error_code error) {
  const char* name = strerrorname_np(error.value());
  return name != nullptr ? name : "errno " + std::to_string(error.value());
}

}  // namespace lossd::ingest
