#include "connectors/net/jitter.hpp"

#include <memory>
#include <random>

namespace polyquant::net {

Random random_from_seed(std::uint64_t seed) {
    auto engine = std::make_shared<std::mt19937_64>(seed);
    return [engine](std::uint64_t bound) {
        return std::uniform_int_distribution<std::uint64_t>{0, bound}(*engine);
    };
}

Random random_from_entropy() {
    std::random_device device;
    auto const high = static_cast<std::uint64_t>(device()) << 32U;
    return random_from_seed(high | device());
}

} // namespace polyquant::net
