// The parts that Prometheus text and OpenMetrics are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/sample.h"
#include "export/metrics_page.h"

namespace lossd::exporter {

/// A number as both formats take it: NaN, +Inf, -Inf, whole numbers without an exponent, else the shortest text that
/// reads back as the same double.
void AppendNumber(std::string& out, double number);
void AppendNumber(std::string& out, std::uint64_t number);
void AppendNumber(std::string& out, std::int64_t number);
/// The same to a place with room for kNumberBytes; returns the end of it.
inline constexpr std::size_t kNumberBytes = 32;
char* WriteNumber(char* to, double number);
char* WriteNumber(char* to, std::uint64_t number);
char* WriteNumber(char* to, std::int64_t number);

/// Appends `name="value"`, behind a comma where `labels` is not empty. The value is made UTF-8 and escaped; the name
/// must be valid.
void AppendLabel(std::string& labels, std::string_view name, std::string_view value);

/// Appends labels that somebody else has named: characters that a name may not have become '_', a name that is
/// reserved, or that `labels` already has, gets the prefix `exported_`. Empty values are left out: to Prometheus they
/// are the same as no label.
void AppendForeignLabels(std::string& labels, const core::Labels& foreign);

/// Appends the HELP and TYPE lines of a metric. OpenMetrics calls a counter by its name without `_total`.
void AppendHead(std::string& out, std::string_view name, std::string_view type, std::string_view help,
                TextFormat format);

}  // namespace lossd::exporter
