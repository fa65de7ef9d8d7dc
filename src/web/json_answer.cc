#include "web/json_answer.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "text/utf8_text.h"

namespace lossd::web {

http::Response Json(unsigned status, std::string text) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(text) + '\n';
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http::Response JsonError(unsigned status, std::string_view error) {
  return Json(status, boost::json::serialize(boost::json::object{{"error", text::ToUtf8(error)}}));
}

}  // namespace lossd::web
