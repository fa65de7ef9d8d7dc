// Lists in HTTP's headers whose elements have a quality: `gzip;q=0.5, *`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lossd::text {

struct WeightedElement {
  std::string value;    ///< in small letters: "text/plain", "gzip", "*"
  std::string version;  ///< the parameter of that name, without quotes; empty: there is none
  double quality = 1;   ///< from 0 to 1
};

/// Elements whose quality is malformed are left out.
std::vector<WeightedElement> ParseWeightedList(std::string_view header);

}  // namespace lossd::text
