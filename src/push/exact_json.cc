#include "push/exact_json.h"

#include <simdjson.h>

#include <boost/json.hpp>
#include <utility>

namespace lossd::push {
namespace {

namespace dom = simdjson::dom;
namespace json = boost::json;

json::value Convert(const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::ARRAY: {
      json::array array;
      for (const dom::element inner : dom::array(element)) array.push_back(Convert(inner));
      return array;
    }
    case dom::element_type::OBJECT: {
      json::object object;
      for (const auto [name, inner] : dom::object(element)) object.insert_or_assign(name, Convert(inner));
      return object;
    }
    case dom::element_type::INT64:
      return std::int64_t(element);
    case dom::element_type::UINT64:
      return std::uint64_t(element);
    case dom::element_type::DOUBLE:
      return double(element);
    case dom::element_type::STRING:
      return json::string(std::string_view(element));
    case dom::element_type::BOOL:
      return bool(element);
    case dom::element_type::NULL_VALUE:
      break;
  }
  return nullptr;
}

}  // namespace

std::optional<json::value> ParseExactJson(std::string_view text, std::size_t max_depth) {
  dom::parser parser;
  dom::element document;
  if (parser.allocate(text.size(), max_depth) != simdjson::SUCCESS ||
      parser.parse(text.data(), text.size()).get(document) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return Convert(document);
}

}  // namespace lossd::push
