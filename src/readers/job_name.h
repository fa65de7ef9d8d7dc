// The name of a training job whose log says nothing else: made from the path.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace lossd::readers {

/// The path without what a rotation adds to it (.1, -20260131, .2026-01-31_12, .gz, .old, .bak), e.g. "run/train.log"
/// for "run/train.log.2.gz". A path without such a suffix comes back as it is.
std::string_view WithoutRotationSuffix(std::string_view path);

/// The same for all files of one run, and a path to name it by: without the directory of a checkpoint
/// (`checkpoint-500`, in each of which Hugging Face's Trainer leaves a log of the same run), and without what tells the
/// event files in one directory apart.
std::string RunPath(std::string_view path);

/// Names a job by its log's path, which is best absolute: the working directory names a `train.log` in it.
///   1. the file's stem: the name without rotation suffixes and without .log .out .err .txt .csv .tsv .json .jsonl;
///   2. where that is a name that any job's log could have (train, log, output, stdout, stderr, console, metrics,
///   results,
///      trainer_state, nohup, slurm, a number, rank_0, attempt_1, version_3 ...), the nearest directory above with a
///      name of its own, and behind it the directories between that are dates, numbers or versions (Hydra's
///      outputs/2026-01-31/12-30-00, Lightning's version_3): what tells runs apart;
///   3. where `taken` knows the name already, the directories above, nearest first, are put before it, joined by '-',
///   until
///      it is free: "a-run" for a/run.log beside a job "run".
/// Where nothing above is left the last candidate is returned, taken or not: such logs share a job. "-" gives "stdin".
std::string JobName(std::string_view path, const std::function<bool(const std::string&)>& taken);

}  // namespace lossd::readers
