// Names of system errors as values of the label `reason`.
#pragma once

#include <string>
#include <system_error>

namespace lossd::os {

/// "ENOENT", "EACCES", ...; one that has no name here is "errno N".
std::string ErrorName(std::error_code error);

/// Whether it says that there is no such file.
bool IsAbsence(std::error_code error);

}  // namespace lossd::os
