#include "connectors/polymarket/contracts.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

crypto::Address known(std::string_view text) {
    return crypto::parse_address(text).value();
}

Contracts polygon() {
    return {
        polygon_chain_id,
        known("0xE111180000d2663C0091e4f400237545B87B996B"),
        known("0xe2222d279d744050d28e00520010520000310F59"),
        known("0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"),
        known("0x4D97DCd97eC945f40cF65F87097ACe5EA0476045"),
        known("0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174"),
        known("0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB"),
    };
}

Contracts amoy() {
    auto contracts = polygon();
    contracts.chain_id = amoy_chain_id;
    contracts.exchange_v3 = known("0x9fE6e61422AdB6F610d8597F9684b16912D50C3D");
    contracts.conditional_tokens = known("0x69308FB512518e39F9b16112fA8d994F4e2Bf8bB");
    return contracts;
}

} // namespace

Result<Contracts> contracts_of(std::uint64_t chain_id) {
    if (chain_id == polygon_chain_id) return polygon();
    if (chain_id == amoy_chain_id) return amoy();
    return Failure{
        Fault::invalid,
        "chain id",
        fmt::format(
            "{} is neither Polygon ({}) nor Amoy ({})", chain_id, polygon_chain_id, amoy_chain_id
        )
    };
}

OrderDomain order_domain_of(Contracts const& contracts, ProtocolVersion version, bool neg_risk) {
    switch (version) {
    case ProtocolVersion::v1:
        return {"2", neg_risk ? contracts.neg_risk_exchange : contracts.exchange};
    case ProtocolVersion::v2: return {"3", contracts.exchange_v3};
    }
    std::abort();
}

} // namespace polyquant::polymarket
