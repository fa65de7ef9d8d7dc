// How the configuration names the keys that a log's reader takes its values from.
#pragma once

#include "config/yaml/yaml_section.h"
#include "records/reader_options.h"

namespace lossd::sources {

/// `keys` {loss, eval_loss, step, epoch, lr, grad_norm, metrics} of `section`.
void ReadKeys(config::YamlSection& section, records::ReaderOptions& reader);

}  // namespace lossd::sources
