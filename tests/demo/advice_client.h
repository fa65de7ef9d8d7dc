// Asks a running lossd for advice on the learning rate, over HTTP.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "demo/lr_adviser.h"

namespace lossd::demo {

/// One request a question, each on a connection of its own. A lossd that is away, slow or confused is no error:
/// training goes on without advice.
class AdviceClient {
 public:
  /// Reads `http://HOST:PORT/PATH`; nothing where that is not such a URL.
  static std::optional<AdviceClient> Parse(std::string_view url);

  /// Asks until the advice rests on `step`, so that what follows does not depend on how fast lossd reads; nothing where
  /// it does not get there in time, and at once where nobody answers.
  std::optional<LrAdvice> AskAbout(std::int64_t step, std::chrono::milliseconds patience) const;

 private:
  std::string host_, port_, path_;
};

}  // namespace lossd::demo
