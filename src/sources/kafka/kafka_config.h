// The section `kafka` of the configuration.
#pragma once

#include "config/yaml/yaml_section.h"
#include "sources/kafka/kafka_options.h"

namespace lossd::sources {

void ReadKafka(config::YamlSection& document, KafkaOptions& options);

}  // namespace lossd::sources
