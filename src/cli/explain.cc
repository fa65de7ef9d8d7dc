#include "cli/explain.h"

#include <ostream>
#include <string_view>
#include <system_error>

#include "cli/explain_printer.h"
#include "cli/log_input.h"
#include "cli/no_sample.h"
#include "readers/log_stream.h"

namespace lossd::cli {
namespace {

std::error_code ExplainLog(const std::string& path, const config::Config& config, ExplainPrinter& printer,
                           FileContent& content) {
  records::ReaderOptions reader = config::ReaderFor(config, path);
  reader.path_hint = path;
  readers::LogStream log(path, reader, config.follow.max_line_bytes);
  bool any = false;
  const auto print = [&](const readers::LogStream::Entry& entry) {
    any = true;
    content.samples += !entry.result.samples.empty();
    // What is no text has no lines to be told of.
    if (log.nature().empty() || !entry.result.samples.empty()) printer.Line(entry.number, entry.text, entry.result);
  };
  const std::error_code error = ReadLog(path, [&](std::string_view piece) {
    content.bytes += piece.size();
    log.Push(piece);
    while (const auto entry = log.Next()) print(entry);
  });
  while (const auto entry = log.Finish()) print(entry);
  content.nature = log.nature();
  if (any || !error) printer.EndOfLog(path);
  return error;
}

}  // namespace

int RunExplain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  int status = 0;
  ExplainPrinter printer(options, out);
  for (const std::string& path : options.files) {
    FileContent content;
    if (const std::error_code error = ExplainLog(path, options.config, printer, content)) {
      err << "lossd: " << path << ": " << error.message() << '\n';
      status = 1;
    } else if (content.samples == 0) {
      err << "lossd: " << path << ": " << NoSample(content) << '\n';
      // Who reads JSON sees that it is empty.
      if (status == 0 && options.output == ExplainOptions::Output::kText) status = kNothingRead;
    }
  }
  return status;
}

}  // namespace lossd::cli
