#include "http/request_head.h"

#include <boost/beast/core/string.hpp>
#include <utility>

namespace lossd::http {

namespace beast = boost::beast;
using beast::http::field;

Target SplitTarget(std::string_view target) {
  if (const auto scheme = target.find("://"); !target.starts_with('/') && scheme != std::string_view::npos) {
    const auto path = target.find_first_of("/?", scheme + 3);
    target = path == std::string_view::npos ? std::string_view() : target.substr(path);
  }
  target = target.substr(0, target.find('#'));
  const auto mark = target.find('?');
  const auto path = target.substr(0, mark);
  return {path.empty() ? "/" : path, mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1)};
}

Request ToRequest(const beast::http::header<true, beast::http::fields>& head) {
  Request request;
  request.method = head.method() == beast::http::verb::head ? "GET" : std::string(head.method_string());
  request.is_head = head.method() == beast::http::verb::head;
  const Target target = SplitTarget({head.target().data(), head.target().size()});
  request.path = target.path;
  request.query = target.query;
  for (const auto& field : head) {
    std::string name(field.name_string());
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  return request;
}

std::optional<HeadFault> CheckHead(const beast::http::header<true, beast::http::fields>& head) {
  const auto codings = head.count(field::transfer_encoding);
  if (codings > 0) {
    // A coding that is not understood leaves no way to tell where the body ends (RFC 9112, 6.1).
    if (codings > 1 || !beast::iequals(head[field::transfer_encoding], "chunked")) {
      return HeadFault{501, "transfer-encoding: only chunked is understood"};
    }
    if (head.version() < 11) return HeadFault{400, "transfer-encoding needs HTTP/1.1"};
  }
  const auto hosts = head.count(field::host);
  if (hosts > 1 || (hosts == 0 && head.version() >= 11)) return HeadFault{400, "exactly one Host is needed"};
  // A line that goes on in the next one may hide another field from whoever reads it otherwise (RFC 9112, 3.2 and 5.2).
  if (hosts == 1 && head[field::host].find_first_of(" \t,/@") != beast::string_view::npos) {
    return HeadFault{400, "the Host is not the name of one"};
  }
  if (head.count(field::expect) > 0 && !beast::iequals(head[field::expect], "100-continue")) {
    return HeadFault{417, "expect: only 100-continue is understood"};
  }
  return std::nullopt;
}

bool NamesOtherHttpVersion(std::string_view unparsed) {
  const auto line = unparsed.substr(0, unparsed.find("\r\n"));
  const auto version = line.substr(line.rfind(' ') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
         is_digit(version[7]);
}

}  // namespace lossd::http
