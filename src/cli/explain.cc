#include "cli/explain.h"

#include <cstdint>
#include <ostream>
#include <string_view>
#include <system_error>

#include "cli/explain_printer.h"
#include "cli/log_input.h"
#include "cli/no_sample.h"
#include "readers/log_stream.h"

namespace lossd::cli {
namespace {

/// `samples`: how many lines gave any.
std::error_code ExplainLog(const std::string& path, const config::Config& config, ExplainPrinter& printer,
                           std::uint64_t& samples) {
  records::ReaderOptions reader = config::ReaderFor(config, path);
  reader.path_hint = path;
  readers::LogStream log(path, reader, config.follow.max_line_bytes);
  bool any = false;
  const auto print = [&](const readers::LogStream::Entry& entry) {
    any = true;
    samples += !entry.result.samples.empty();
    printer.Line(entry.number, entry.text, entry.result);
  };
  const std::error_code error = ReadLog(path, [&](std::string_view piece) {
    log.Push(piece);
    while (const auto entry = log.Next()) print(entry);
  });
  while (const auto entry = log.Finish()) print(entry);
  if (any || !error) printer.EndOfLog(path);
  return error;
}

}  // namespace

int RunExplain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  int status = 0;
  ExplainPrinter printer(options, out);
  for (const std::string& path : options.files) {
    std::uint64_t samples = 0;
    if (const std::error_code error = ExplainLog(path, options.config, printer, samples)) {
      err << "lossd: " << path << ": " << error.message() << '\n';
      status = 1;
    } else if (samples == 0) {
      err << "lossd: " << path << ": " << kNoSample;
      // Who reads JSON sees that it is empty.
      if (status == 0 && options.output == ExplainOptions::Output::kText) status = kNothingRead;
    }
  }
  return status;
}

}  // namespace lossd::cli
