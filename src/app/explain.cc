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
#include "ingest/event_file_reader.h"
#include "ingest/line_framer.h"

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

void ExplainLog(std::istream& in, const ingest::ReaderOptions& options, ExplainPrinter& printer) {
  ingest::LogReader reader(options);
  ingest::LineFramer framer;
  std::uint64_t number = 0;
  const auto explain = [&](const ingest::LineFramer::Line& line, bool terminated) {
    ++number;
    if (line.truncated) {
      printer.Line(number, line.text, {ingest::Ignored::kTooLong, {}, {}, nullptr, "longer than the limit"});
    } else {
      printer.Line(number, line.text, reader.Read(line.text, terminated));
    }
  };
  ReadPieces(in, [&](std::string_view piece) {
    framer.Push(piece);
    while (const auto line = framer.Next()) explain(*line, true);
  });
  if (const auto line = framer.Finish()) explain(*line, false);
  const ingest::LineResult rest = reader.Finish();
  if (!rest.samples.empty()) printer.Line(number, {}, rest);
}

void ExplainEventFile(std::istream& in, const ingest::ReaderOptions& options, ExplainPrinter& printer) {
  ingest::EventFileReader reader(options);
  std::uint64_t number = 0;
  ReadPieces(in, [&](std::string_view piece) {
    reader.Push(piece);
    while (const auto result = reader.Next()) printer.Line(++number, {}, *result);
  });
  const ingest::LineResult rest = reader.Finish();
  if (!rest.samples.empty()) printer.Line(number, {}, rest);
}

}  // namespace

int RunExplain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  int status = 0;
  ExplainPrinter printer(options, out);
  for (const std::string& path : options.files) {
    if (path == "-") {
      ExplainLog(std::cin, options.reader, printer);
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
    if (ingest::EventFileReader::Handles(path)) {
      ExplainEventFile(file, reader, printer);
    } else {
      ExplainLog(file, reader, printer);
    }
    printer.EndOfLog(path);
  }
  return status;
}

}  // namespace lossd::app
