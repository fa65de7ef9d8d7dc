#include "os/error_name.h"

#include <string.h>

namespace lossd::os {

std::string ErrorName(std::error_code error) {
  const char* name = strerrorname_np(error.value());
  return name != nullptr ? name : "errno " + std::to_string(error.value());
}

bool IsAbsence(std::error_code error) {
  return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
}

}  // namespace lossd::os
