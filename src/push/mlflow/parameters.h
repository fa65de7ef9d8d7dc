// The parameters of MLflow's calls, as clients write them: a JSON object, or the pairs of a query.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace lossd::push {

/// The pairs of a query as the members of an object; all are strings.
boost::json::object ParseQuery(std::string_view query);

/// The member as text; "" where it is absent or null. Numbers as they stand.
std::string TextOf(const boost::json::object& object, std::string_view name);

/// By its present or its former name; "" for none.
std::string RunIdOf(const boost::json::object& parameters);

/// A run's status by its name, where it is given as the number of the enumeration.
std::string StatusName(std::string status);
/// Whether a run of that status (see StatusName) goes on no more.
bool IsEnd(std::string_view status);

}  // namespace lossd::push
