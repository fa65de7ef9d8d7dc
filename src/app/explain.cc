#include "app/explain.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <ostream>
#include <string_view>

#include "app/explain_printer.h"
#include "ingest/log_stream.h"

namespace lossd::app {
namespace {

/// Calls `take` with each piece of a stream.
template <typename Take>
void ReadPieces(std::istream& in, Take take) {
  std::array<char, 65536> buffer{};
  while (in.read(buffer.data(), buffer.size()), in.gcount() > 0) {
    take(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount())));
  }
}

void ExplainLog(std::istream& in, const std::string& path, const ingest::ReaderOptions& options,
                ExplainPrinter& printer) {
  ingest::LogStream log(path, options);
  const auto print = [&](const ingest::LogStream::Entry& entry) {
    printer.Line(entry.number, entry.text, entry.result);
  };
  ReadPieces(in, [&](std::string_view piece) {
    log.Push(piece);
    while (const auto entry = log.Next()) print(*entry);
  });
  while (const auto entry = log.Finish()) print(*entry);
}

}  // namespace

int RunExplain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  int status = 0;
  ExplainPrinter printer(options, out);
  for (const std::string& path : options.files) {
    if (path == "-") {
      ExplainLog(std::cin, path, options.reader, printer);
      printer.EndOfLog(path);
      continue;
    }
    std::ifstream file(path, std::ios::binary);
    // A directory opens, but cannot be read.
    if (!file || (file.peek() == std::ifstream::traits_type::eof() && file.bad())) {
      err << "lossd: " << path << ": " << std::strerror(errno) << '\n';
      status = 1;
      continue;
    }
    file.clear();
    ingest::ReaderOptions reader = options.reader;
    reader.path_hint = path;
    ExplainLog(file, path, reader, printer);
    printer.EndOfLog(path);
  }
  return status;
}

}  // namespace lossd::app
