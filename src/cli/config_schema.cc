#include "cli/config_schema.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <map>
#include <string_view>

#include "config/config.h"

namespace lossd::cli {
namespace {

namespace json = boost::json;
using config::ConfigKey;
using Type = ConfigKey::Type;

constexpr const char* kSize = "^[0-9]+(B|KiB|MiB|GiB|kB|MB|GB)?$";
constexpr const char* kTime = "^(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$";
/// YAML reads `7` as a number, where lossd takes it as text.
const json::array kScalar = {"string", "number", "boolean"};

/// The default as JSON, where the way in which it is written is JSON as well; else as a string.
json::value Fallback(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value(json::string(text)) : value;
}

void AddBounds(json::object& schema, const ConfigKey& key) {
  schema["minimum"] = key.min;
  schema["maximum"] = key.max;
}

json::object SchemaOf(const ConfigKey& key) {
  json::object schema;
  switch (key.type) {
    case Type::kText:
      schema["type"] = kScalar;
      break;
    case Type::kFlag:
      schema["type"] = "boolean";
      break;
    case Type::kCount:
      schema["type"] = "integer";
      AddBounds(schema, key);
      break;
    case Type::kNumber:
      schema["type"] = "number";
      AddBounds(schema, key);
      break;
    case Type::kSize:
      schema["type"] = {"string", "integer"};
      schema["pattern"] = kSize;
      schema["minimum"] = 0;
      break;
    case Type::kTime:
      schema["type"] = {"string", "integer"};
      schema["pattern"] = kTime;
      schema["minimum"] = 0;
      schema["maximum"] = 0;  // a number without a unit is no duration, but for 0
      break;
    case Type::kChoice:
      schema["enum"] = json::value_from(key.choices);
      break;
    case Type::kTexts:
      schema["type"] = "array";
      schema["items"] = {{"type", kScalar}};
      break;
    case Type::kCounts: {
      json::object item = {{"type", "integer"}};
      AddBounds(item, key);
      schema["type"] = "array";
      schema["uniqueItems"] = true;
      schema["items"] = std::move(item);
      break;
    }
    case Type::kMap:
      schema["type"] = "object";
      schema["additionalProperties"] = {{"type", kScalar}};
      break;
    case Type::kList:
      schema["type"] = {"array", "null"};
      break;
  }
  schema["default"] = Fallback(key.fallback);
  return schema;
}

/// The schema of a mapping, made where it is not yet there.
json::object& Properties(json::object& schema) {
  if (!schema.contains("properties")) {
    if (!schema.contains("type")) schema["type"] = {"object", "null"};
    schema["additionalProperties"] = false;
    schema["properties"] = json::object();
  }
  return schema["properties"].as_object();
}

/// Puts `value` under the dotted `path`, with the mappings and lists ("files[]") on the way.
void Insert(json::object& schema, std::string_view path, json::object value) {
  const std::size_t dot = path.find('.');
  std::string_view name = path.substr(0, dot);
  const bool list = name.ends_with("[]");
  if (list) name.remove_suffix(2);
  json::value& place = Properties(schema)[name];
  if (!place.is_object()) place = json::object();
  json::object& here = place.as_object();
  if (dot == std::string_view::npos) {
    for (auto& member : value) here[member.key()] = std::move(member.value());
    return;
  }
  if (list && !here.contains("items")) here["items"] = json::object();
  Insert(list ? here["items"].as_object() : here, path.substr(dot + 1), std::move(value));
}

/// The library writes JSON on one line, which nobody reviews.
void Write(const json::value& value, std::size_t depth, std::string& text) {
  const json::object* object = value.if_object();
  if (object == nullptr || object->empty()) {
    text += json::serialize(value);
    return;
  }
  const std::string indent(2 * depth + 2, ' ');
  text += "{\n";
  bool first = true;
  for (const auto& member : *object) {
    if (!first) text += ",\n";
    first = false;
    text += indent + json::serialize(json::value(member.key())) + ": ";
    Write(member.value(), depth + 1, text);
  }
  text += '\n' + std::string(2 * depth, ' ') + '}';
}

}  // namespace

std::string ConfigSchema(const config::ConfigReaders& others) {
  json::object schema = {
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"title", "Configuration of lossd"},
      {"description", "Made by `lossd generate schema`; config/lossd.example.yml tells what each key does."}};
  for (const auto& [key, about] : config::ConfigKeys(others)) Insert(schema, key, SchemaOf(about));
  std::string text;
  Write(schema, 0, text);
  return text + '\n';
}

}  // namespace lossd::cli
