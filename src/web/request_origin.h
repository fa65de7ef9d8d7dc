// Requests that a web page somewhere else makes a browser send: they come with the rights of whoever sits before it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "http/message.h"

namespace lossd::web {

enum class Effect : std::uint8_t { kNone, kChanges };

/// The refusal of a request that a foreign page may be behind; nothing where there is no sign of one.
///
/// The host that is asked for: where the request came in on the loopback address, or where `allowed` names hosts, it
/// must be localhost, a name without a dot, an address, or one of `allowed` ("*": any). A page can have its own name
/// lead to 127.0.0.1, but none of these.
///
/// What changes something: not from another site (Sec-Fetch-Site), and where an Origin is named, it must be the host
/// that is asked for or one of `allowed`. Programs name neither.
std::optional<http::Response> RefuseForeign(const http::Request& head, Effect effect,
                                            std::span<const std::string> allowed);

}  // namespace lossd::web
