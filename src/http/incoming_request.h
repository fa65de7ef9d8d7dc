// What a Session reads requests with, for the parts of its implementation.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "http/request_head.h"
#include "http/session.h"

namespace lossd::http {

struct Session::Parser : boost::beast::http::request_parser<boost::beast::http::string_body> {};

struct Session::Connection {
  explicit Connection(std::size_t max_buffer) : buffer(max_buffer) {}
  boost::beast::flat_buffer buffer;  ///< what was read and not yet parsed; pipelined requests wait in it
};

/// What a request has come to be, short of its answer.
struct Session::Incoming {
  Request request;
  boost::system::error_code error;  ///< it is not whole
  std::optional<Response> refusal;  ///< by the gate: its body was not read
  std::optional<HeadFault> fault;   ///< its head breaks a rule
  bool streamed = false;            ///< its body is for the handler to read
};

}  // namespace lossd::http
