// JSON objects printed over many lines.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "records/field.h"

namespace lossd::readers {

/// Gathers the members of pretty-printed objects, one a line, until the object's closing brace.
class ObjectLines {
 public:
  /// Whether `line` is a line of such an object. Where it closes one, the object's numbers are appended to `fields`,
  /// together with those of the objects around it; their views stay valid until the next call.
  bool Read(std::string_view line, records::Fields& fields);

  /// Whether an object waits for more of its members.
  bool open() const { return !levels_.empty(); }

 private:
  struct Member {
    std::string name;
    text::Number number;
    double total = 0;
  };
  struct Level {
    std::string key;
    std::size_t first_member = 0;
    records::Phase phase = records::Phase::kUnsaid;
  };
  static constexpr std::size_t kMostLevels = 16;
  static constexpr std::size_t kMostMembers = 256;

  bool OpensWithMember(std::string_view line);
  void Open(std::string_view key);
  void Close(records::Fields& fields);
  void Add(std::string_view key, std::string_view value);

  std::vector<Level> levels_;
  std::vector<Member> members_;
  std::deque<Member> closed_;  // what the views of the last result point into
};

}  // namespace lossd::readers
