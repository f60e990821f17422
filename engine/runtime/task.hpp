#pragma once

#include <boost/asio/awaitable.hpp>

namespace polyquant {

namespace asio = boost::asio;

// A coroutine of the engine. Build with clang: GNU C++ 12 miscompiles ordinary ones.
template <class T>
using Task = asio::awaitable<T>;

} // namespace polyquant
