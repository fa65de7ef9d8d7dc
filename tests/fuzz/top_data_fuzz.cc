// What `lossd top` makes of any answer.
#include <string>

#include "cli/top/terminal_text.h"
#include "cli/top/top_data.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = lossd::fuzz::Text(data, size);
  using lossd::fuzz::Require;
  if (const auto run = lossd::cli::ParseRun(text)) {
    const std::size_t points = run->step.size();
    Require(run->min.size() == points && run->max.size() == points && run->smoothed.size() == points);
    for (const auto& change : run->changes) Require(change.point < std::max<std::size_t>(points, 1));
  }
  lossd::cli::ParseOverview(text);
  return 0;
}
