#include "push/native/sample_json.h"

#include <simdjson.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "push/native/sample_object.h"
#include "text/json_number.h"

namespace lossd::push {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

/// What is misspelt in one object is misspelt in all.
constexpr std::size_t kWarnedObjects = 16;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

/// Reads the documents of one body into a SampleDocument.
class SampleReader::BodyReader {
 public:
  void Begin(std::string_view body, const Options& options) {
    buffer_.assign(body);
    buffer_.append(simdjson::SIMDJSON_PADDING, ' ');
    body_ = std::string_view(buffer_).substr(0, body.size());
    job_ = options.job;
    warns_ = options.warns;
    lines_ = {};
    index_ = rejected_ = unread_ = 0;
    begun_ = false;
  }

  bool Read(std::size_t objects, SampleDocument& into) {
    result_ = &into;
    if (!std::exchange(begun_, true)) ReadHead();
    ReadLines(objects);
    return !lines_.empty();
  }
  std::size_t unread() const { return unread_; }

 private:
  void ReadHead() {
    std::string_view text = text::TrimJson(body_.substr(body_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0));
    if (text.empty()) {
      Reject(0, "", "empty body");
    } else if (text.front() == '[') {
      ReadArray(text);
    } else if (const std::size_t end = text.find('\n');
               end == std::string_view::npos || IsBalanced(text.substr(0, end)) || !ReadWhole(text)) {
      lines_ = text;
    }
  }

  /// Whether brackets and quotes close on the line on which they opened.
  static bool IsBalanced(std::string_view line) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (quoted) {
        if (c == '\\') ++i;
        quoted = c != '"';
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (depth-- == 0) return true;  // broken, but not by a line that goes on
      }
    }
    return depth == 0 && !quoted;
  }

  void Reject(std::size_t index, std::string field, std::string reason) {
    ++rejected_;
    result_->rejected.push_back({index, std::move(field), std::move(reason)});
  }

  void RejectText(std::size_t index, error_code error, ondemand::document* document, std::string_view text) {
    if (error == simdjson::UTF8_ERROR) return Reject(index, "", "not UTF-8");
    if (error == simdjson::DEPTH_ERROR) {
      return Reject(index, "", "nested deeper than " + std::to_string(kMaxJsonDepth));
    }
    const char* at = text.data() + text.size();
    if (const char* location = nullptr; document != nullptr &&
                                        error != simdjson::INCOMPLETE_ARRAY_OR_OBJECT &&  // missing at the end, that is
                                        document->current_location().get(location) == simdjson::SUCCESS) {
      at = std::clamp(location, text.data(), at);
    }
    Reject(index, "", "not JSON at byte " + std::to_string(at - body_.data()));
  }

  void Keep(std::size_t index, SampleObject& object) {
    if (object.fault()) return Reject(index, object.fault()->field, object.fault()->reason);
    if (warns_ && index < kWarnedObjects) {
      for (SampleFault& member : object.MisspeltMembers()) {
        result_->warnings.push_back({index, std::move(member.field), std::move(member.reason)});
      }
    }
    result_->accepted.push_back(object.Take());
    result_->accepted.back().index = index;
  }

  simdjson::padded_string_view Padded(std::string_view text) const {
    const auto offset = static_cast<std::size_t>(text.data() - body_.data());
    return simdjson::padded_string_view(text, body_.size() - offset + simdjson::SIMDJSON_PADDING);
  }

  /// One object that is the whole text. With `report` unset, text that is not JSON leaves no rejection.
  bool ReadObject(std::string_view text, std::size_t index, bool report) {
    ondemand::document document;
    ondemand::value value;
    error_code error = parser_.iterate(Padded(text)).get(document);
    const bool scanned = error == simdjson::SUCCESS;
    if (scanned) error = document.get_value().get(value);
    SampleObject object(job_);
    if (error == simdjson::SCALAR_DOCUMENT_AS_VALUE && IsScalar(text)) {
      Reject(index, "", "not an object");
      return true;
    }
    if (error == simdjson::SUCCESS) error = object.Read(value);
    if (const char* rest = nullptr;
        error == simdjson::SUCCESS && document.current_location().get(rest) == simdjson::SUCCESS) {
      error = simdjson::TRAILING_CONTENT;
    }
    if (error == simdjson::SUCCESS) {
      Keep(index, object);
      return true;
    }
    if (report) RejectText(index, error, scanned ? &document : nullptr, text);
    return false;
  }

  static bool IsScalar(std::string_view text) {
    return text.front() == '"' || text == "true" || text == "false" || text == "null" || text::IsNumberToken(text);
  }

  /// A document that spans lines. False where the lines are to be read one by one.
  bool ReadWhole(std::string_view text) {
    if (ReadObject(text, 0, false)) return true;
    for (auto rest = text; !rest.empty();) {
      const std::string_view line = CutLine(rest);
      if (line.data() != text.data() && line.starts_with('{') && IsBalanced(line)) return false;
    }
    ReadObject(text, 0, true);
    return true;
  }

  static std::string_view CutLine(std::string_view& rest) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return text::TrimJson(line);
  }

  void ReadLines(std::size_t objects) {
    for (std::size_t read = 0; read < objects && !lines_.empty();) {
      const std::string_view line = CutLine(lines_);
      if (line.empty()) continue;
      ReadObject(line, index_++, true);
      ++read;
      if (rejected_ < kMostRejected) continue;
      unread_ = static_cast<std::size_t>(std::ranges::count(lines_, '\n')) + (lines_.ends_with('\n') ? 0 : 1);
      if (lines_.empty()) unread_ = 0;
      lines_ = {};
    }
  }

  void ReadArray(std::string_view text) {
    ondemand::document document;
    ondemand::array array;
    std::size_t index = 0;
    error_code error = parser_.iterate(Padded(text)).get(document);
    const bool scanned = error == simdjson::SUCCESS;
    if (scanned) error = document.get_array().get(array);
    if (error == simdjson::SUCCESS) {
      for (auto element : array) {
        ondemand::value value;
        SampleObject object(job_);
        if (index == kMostInArray) {
          error = simdjson::CAPACITY;
          break;
        }
        if ((error = element.get(value)) || (error = object.Read(value))) break;
        Keep(index++, object);
      }
    }
    if (const char* rest = nullptr;
        error == simdjson::SUCCESS && document.current_location().get(rest) == simdjson::SUCCESS) {
      error = simdjson::TRAILING_CONTENT;
    }
    if (error == simdjson::SUCCESS && index == 0) Reject(0, "", "an empty array: no samples");
    if (error == simdjson::SUCCESS) return;
    // Half of a damaged document is not what the sender meant.
    *result_ = {};
    if (index == kMostInArray && error == simdjson::CAPACITY) {
      return Reject(0, "", "an array of more than " + std::to_string(kMostInArray) + " objects: send them one a line");
    }
    RejectText(index, error, scanned ? &document : nullptr, text);
  }

  std::string buffer_;     ///< the body and the padding behind it
  std::string_view body_;  ///< in buffer_
  std::string job_;
  bool warns_ = true;
  ondemand::parser parser_;
  SampleDocument* result_ = nullptr;  ///< of the call at hand
  std::string_view lines_;            ///< those still to be read
  std::size_t index_ = 0, rejected_ = 0, unread_ = 0;
  bool begun_ = false;
};

SampleReader::SampleReader() : reader_(std::make_unique<BodyReader>()) {}

SampleReader::SampleReader(std::string_view body) : SampleReader() { Begin(body, {}); }

void SampleReader::Begin(std::string_view body, const Options& options) { reader_->Begin(body, options); }

SampleReader::~SampleReader() = default;

bool SampleReader::Read(std::size_t objects, SampleDocument& into) { return reader_->Read(objects, into); }

std::size_t SampleReader::unread() const { return reader_->unread(); }

}  // namespace lossd::push
