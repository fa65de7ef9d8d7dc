// The options -> the properties of librdkafka's clients.
#pragma once

#include <librdkafka/rdkafkacpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sources/kafka/kafka_options.h"

namespace lossd::sources {

enum class ClientRole : std::uint8_t {
  kMember,    ///< consumes the topics, as a member of the group
  kProducer,  ///< writes state and offsets
  kReader,    ///< reads the changelog
  kProbe,     ///< asks where the changelog ends, transactions that are open included
};

using Properties = std::vector<std::pair<std::string, std::string>>;

/// In the order in which they are to be set; the user's own last. `transactional_id`: of kProducer.
Properties PropertiesOf(const KafkaOptions& options, ClientRole role, const std::string& transactional_id = "");

/// Why a property of the user's own cannot be given; "" for nothing.
std::string CheckProperty(const std::string& name, const std::string& value);

/// A configuration with these properties, or null, and what is wrong in `error`.
std::unique_ptr<RdKafka::Conf> MakeConf(const Properties& properties, std::string& error);

}  // namespace lossd::sources
