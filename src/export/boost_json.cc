// Compiles Boost.JSON, which is otherwise only headers.
#include <boost/json/src.hpp>
