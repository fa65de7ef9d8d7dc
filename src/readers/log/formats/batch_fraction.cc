#include "readers/log/formats/batch_fraction.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "readers/log/formats/number_surroundings.h"

namespace lossd::readers {

using std::string_view;

void BatchFraction::Split(string_view line, records::Fields& fields) {
  const auto found = std::ranges::find_if(fields.all, [](const records::Field& field) {
    return field.name.ends_with("Batch") || field.name.ends_with("batch");
  });
  if (found == fields.all.end() || !found->number.integral || found->unit || found->bar) return;
  const std::size_t end = found->at + found->number.length;
  if (line.substr(end, 1) != "/") return;
  const auto total = text::ScanNumber(line.substr(end + 1));
  if (!total || !total->integral) return;
  // "CV Batch" counts as "Batch" does.
  constexpr std::size_t kNoun = 5;
  const std::size_t prefix = found->name.size() - kNoun;
  if (records::IsPhaseOnly(found->name.substr(0, prefix))) found->name.remove_prefix(prefix);
  const auto is_epoch = [](const records::Field& field) { return MeaningOf(field).role == records::Role::kEpoch; };
  if (std::ranges::any_of(fields.all, is_epoch) || !Shows(*found, total->value)) return;
  found->total = 0;
  records::Field batch = *found;
  found->name = "epoch";
  batch.number = *total;
  batch.at = static_cast<std::uint32_t>(end + 1);
  fields.all.insert(found + 1, batch);
}

bool BatchFraction::Shows(const records::Field& fraction, double total) {
  const bool same = fraction.number.value == number_ && fraction.phase == phase_;
  growths_ = same && total > total_ ? growths_ + 1 : 0;
  // Where no word tells training from its validation, the two may be of different lengths.
  constexpr int kEnough = 1, kEnoughUnsaid = 2;
  const int enough = fraction.phase != records::Phase::kUnsaid ? kEnough : kEnoughUnsaid;
  known_ = known_ || total == 0 || growths_ >= enough;
  number_ = fraction.number.value;
  total_ = total;
  phase_ = fraction.phase;
  return known_;
}

}  // namespace lossd::readers
