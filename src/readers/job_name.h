// The name of a training job whose log says nothing else: made from the path.
#pragma once

#include <array>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lossd::readers {

/// How the names of files end that may be logs.
inline constexpr std::array<std::string_view, 8> kLogEndings = {".log", ".out", ".err",  ".txt",
                                                                ".csv", ".tsv", ".json", ".jsonl"};

/// The path without what a rotation adds to it (.1, -20260131, .2026-01-31_12, .gz, .old, .bak), e.g. "run/train.log"
/// for "run/train.log.2.gz". A path without such a suffix comes back as it is.
std::string_view WithoutRotationSuffix(std::string_view path);

/// The same for all files of one run, and a path to name it by: without the directory of a checkpoint
/// (`checkpoint-500`, in each of which Hugging Face's Trainer leaves a log of the same run), and without what tells the
/// event files in one directory apart.
std::string RunPath(std::string_view path);

/// The names for the job of a log, by its path, which is best absolute: the working directory names a `train.log` in
/// it. The first that no other job has is taken.
///   1. the file's stem: the name without rotation suffixes and without one of kLogEndings;
///   2. where that is a name that any job's log could have (train, log, output, stdout, stderr, console, metrics,
///   results, trainer_state, nohup, slurm, a number, rank_0, attempt_1, version_3 ...), in its place the nearest
///   directory above with a name of its own, and behind it the directories between that are dates, numbers or versions
///   (Hydra's outputs/2026-01-31/12-30-00, Lightning's version_3): what tells runs apart;
///   3. that with the directories above, nearest first, before it, joined by '-': "a-run" for a/run.log.
/// "-" gives "stdin".
std::vector<std::string> JobNameCandidates(std::string_view path);

/// The first of them that is not `taken`. Where all are, the last one: such logs share a job.
std::string JobName(std::string_view path, const std::function<bool(const std::string&)>& taken);

/// Of logs that are found together the names that more than one would have: none of them is to get it, so that no name
/// depends on their order. x/gpt.log and y/gpt.log are `x-gpt` and `y-gpt`, and `gpt` is contested.
std::set<std::string> ContestedNames(const std::vector<std::string>& paths);

}  // namespace lossd::readers
