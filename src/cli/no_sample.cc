#include "cli/no_sample.h"

namespace lossd::cli {

std::string NoSample(const FileContent& content) {
  if (content.bytes == 0)
    return "empty: nothing was written yet, or it waits in the buffer of its writer (python3 -u, PYTHONUNBUFFERED=1)";
  if (!content.nature.empty()) return std::string(content.nature);
  return "no line gives a sample: no training log, or its loss has a name of its own (keys, patterns in the "
         "configuration); lossd explain says what became of each line";
}

}  // namespace lossd::cli
