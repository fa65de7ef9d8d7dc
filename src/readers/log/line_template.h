// The fast path: a line that differs from one already read only in its numbers has the same meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/record.h"

namespace lossd::readers {

/// One line that the recognisers understood, with its numbers taken out. Text must match byte for byte; the digits that
/// meant nothing may differ; padding before a number may change its width. One word may be any of those with which the
/// line was understood in the same way.
class LineTemplate {
 public:
  static constexpr std::size_t kMostWords = 1024;

  /// Learns from `line`, of which the first `prefix` bytes name `rank` and must stay the same, and from what it was
  /// understood as. Nothing where the numbers cannot be found again in the text (sums, tensors).
  static std::optional<LineTemplate> Learn(std::string_view line, std::size_t prefix, std::optional<std::int64_t> rank,
                                           const records::Record& reading);

  /// The reading of `line`, or null where it differs in more than its numbers. Valid until the next call; the caller
  /// may change it.
  records::Record* Match(std::string_view line);

  const std::optional<std::int64_t>& rank() const { return rank_; }
  /// See Record::statement.
  void Name(std::uint64_t statement) { reading_.statement = statement; }

  /// Takes in a line that differs from this one in one word and was understood in the same way. False where it differs
  /// in more.
  bool Take(const LineTemplate& other);

 private:
  enum class Tail : std::uint8_t { kNone, kDigits, kNumber, kWord };
  /// Text, then blanks, then digits, a number, or one of the words; each may be missing.
  struct Piece {
    std::uint32_t begin = 0, length = 0;  // of the text, in text_
    bool padded = false;                  // blanks follow, one or more
    Tail tail = Tail::kNone;
    std::uint32_t slot = 0;  // of kNumber, in slots_

    bool takes_text() const { return !padded && tail == Tail::kNone; }
  };
  enum class Target : std::uint8_t { kStep, kEpoch, kLearningRate, kGradientNorm, kLoss };
  /// Where a number of the line belongs in the reading.
  struct Slot {
    Target target = Target::kLoss;
    std::uint32_t at = 0;  // in the line learnt from
    std::size_t loss = 0;
    bool integral = false;
  };

  bool FindSlots(std::string_view line, std::size_t prefix);
  bool IsInName(std::size_t at) const;
  void Cut(std::string_view line, std::size_t prefix);
  std::string_view TextOf(const Piece& piece) const {
    return std::string_view(text_).substr(piece.begin, piece.length);
  }
  /// What the records of both say, but for their numbers and places.
  bool MeansTheSame(const LineTemplate& other) const;
  /// The piece of the one text that differs; nothing where none or several do.
  std::optional<std::size_t> OnlyOtherText(const LineTemplate& other) const;
  /// Cuts piece `at` around the word in which its text differs from `text`. False where it differs in more.
  bool CutOutWord(std::size_t at, std::string_view text);
  bool TakeWord(const LineTemplate& other);
  Piece& PieceForText();
  Piece& PieceForTail();
  bool Fill(const Slot& slot, const text::Number& number);

  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<Slot> slots_;
  records::Record learnt_;  // with the numbers of the line learnt from
  records::Record reading_;
  std::optional<std::int64_t> rank_;
  std::size_t prefix_ = 0;
  /// The words that may stand at the piece with kWord, each with the layout of its line; empty where no piece has it.
  std::map<std::string, std::uint64_t, std::less<>> words_;
  std::size_t record_piece_ = 0;   // the piece in whose text the record begins ...
  std::size_t record_offset_ = 0;  // ... and how far into it
};

/// The few templates that a log alternates between, the most recent first.
class TemplateCache {
 public:
  /// The template that `line` matches, with its reading, or null.
  LineTemplate* Find(std::string_view line, records::Record*& reading);
  /// Learns from a line that no template matched. Logs whose lines never match soon stop costing anything here.
  void Learn(std::string_view line, std::size_t prefix, std::optional<std::int64_t> rank,
             const records::Record& reading);

 private:
  static constexpr std::size_t kMost = 4;
  std::vector<LineTemplate> templates_;
  std::uint64_t learnt_ = 0;
  std::uint32_t learnt_in_vain_ = 0;  // since the last match
};

}  // namespace lossd::readers
