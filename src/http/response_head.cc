#include "http/response_head.h"

#include <ctime>

namespace lossd::http {
namespace {

using boost::beast::http::field;

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc));
}

bool IsSafeValue(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

Response Plain(unsigned status, std::string_view reason) {
  return {.status = status, .body = std::string(reason) + "\n"};
}

boost::beast::http::response<boost::beast::http::string_body> MakeMessage(
    const Response& response, const std::vector<std::pair<std::string, std::string>>& extra,
    const HeadOptions& options) {
  boost::beast::http::response<boost::beast::http::string_body> head;
  head.version(options.version);
  head.result(response.status);
  if (!response.verbatim) {
    head.set(field::date, HttpDate());
    for (const auto& [name, value] : extra) head.insert(name, value);
    // What we serve is what we say it is: a browser must not take text that a job's name is part of for a page.
    if (head.count("X-Content-Type-Options") == 0) head.set("X-Content-Type-Options", "nosniff");
  }
  for (const auto& [name, value] : response.headers) {
    if (IsSafeValue(value)) head.insert(name, value);
  }
  if (options.framing != Framing::kNone) {
    if (!response.content_type.empty() && !response.verbatim) head.set(field::content_type, response.content_type);
    if (options.may_be_gzip) head.set(field::vary, "Accept-Encoding");
    if (options.gzip) head.set(field::content_encoding, "gzip");
  }
  if (options.framing == Framing::kLength) head.content_length(options.length);
  if (options.framing == Framing::kChunked) head.chunked(true);
  head.keep_alive(options.keep_alive);
  return head;
}

}  // namespace lossd::http
