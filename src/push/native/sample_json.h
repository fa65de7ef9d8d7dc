// The native HTTP protocol: JSON samples, one object, an array, or one object a line.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/sample.h"

namespace lossd::push {

struct JsonSample {
  std::string training_job;
  core::Labels labels;
  std::vector<core::Sample> samples;  ///< one for `loss`, one a member for `losses`, in the order given
  std::size_t index = 0;              ///< of the object in the body, from 0
};

struct JsonRejection {
  std::size_t index = 0;
  std::string field;  ///< the offending member, "" for the whole object
  std::string reason;
};

struct SampleDocument {
  std::vector<JsonSample> accepted;
  std::vector<JsonRejection> rejected;
  std::vector<JsonRejection> warnings;  ///< members of accepted objects that are probably misspelt
};

/// Reads a body piece by piece, so that neither the work of one turn nor what is held at once grows with the body.
/// Numbers may be strings, and bare NaN, Infinity and -Infinity are taken; a timestamp may be RFC 3339. Unknown members
/// are ignored, but for a warning where the name is near that of a known one that is not there (in the first objects
/// alone). An object that is not a sample is rejected alone; text that is not JSON at all is one rejection with the
/// offset in its reason.
///
/// An array is one document, which is taken as a whole or, where it is not JSON, not at all; it may hold kMostInArray
/// objects. Lines may be any number, but behind kMostRejected of them that are none, the rest is not looked at.
class SampleReader {
 public:
  SampleReader();
  explicit SampleReader(std::string_view body);
  ~SampleReader();

  struct Options {
    std::string_view job;  ///< of objects that name none; "" rejects them
    bool warns = true;     ///< of members that are probably misspelt
  };
  /// Begins with another body, in the memory of the one before.
  void Begin(std::string_view body, const Options& options);

  /// Adds the next objects to `into`, at most `objects` where they stand one a line. False once there is nothing more.
  bool Read(std::size_t objects, SampleDocument& into);
  /// Lines that were not looked at, in the end.
  std::size_t unread() const;

  static constexpr std::size_t kMostInArray = 32'768;
  static constexpr std::size_t kMostRejected = 100'000;

 private:
  class BodyReader;
  std::unique_ptr<BodyReader> reader_;
};

}  // namespace lossd::push
