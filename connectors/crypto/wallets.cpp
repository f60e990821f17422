#include "connectors/crypto/wallets.hpp"

#include "connectors/crypto/eip712.hpp"
#include "connectors/crypto/keccak.hpp"

#include <algorithm>

namespace polyquant::crypto {

namespace {

Hash32 constant(std::string_view hex) {
    return parse_hash32(hex).value();
}

Address known(std::string_view text) {
    return parse_address(text).value();
}

void append(std::vector<std::uint8_t>& to, Bytes bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

void append_hex_bytes(std::vector<std::uint8_t>& to, std::string_view hex) {
    append(to, parse_hex(hex).value());
}

// abi.encode(factory, bytes32(owner)): constructor arguments of the deposit wallet and, hashed, its
// salt.
std::array<std::uint8_t, 64> deposit_arguments(Address const& owner, Address const& factory) {
    std::array<std::uint8_t, 64> args;
    std::ranges::copy(word(factory), args.begin());
    std::ranges::copy(word(owner), args.begin() + 32);
    return args;
}

// Solady v0.1.26 LibClone puts the argument length (64) into the 10-byte head of its ERC-1967
// proxies: 0x61003d3d8160233d3973 and 0x6100523d8160233d3973 with 0x40 added to the size.
Hash32 uups_init_code_hash(Address const& implementation, Bytes args) {
    std::vector<std::uint8_t> code;
    append_hex_bytes(code, "61007d3d8160233d3973");
    append(code, implementation.bytes);
    append_hex_bytes(code, "6009");
    append_hex_bytes(code, "5155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076");
    append_hex_bytes(code, "cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3");
    append(code, args);
    return keccak256(code);
}

Hash32 beacon_init_code_hash(Address const& beacon, Bytes args) {
    std::vector<std::uint8_t> code;
    append_hex_bytes(code, "6100923d8160233d3973");
    append(code, beacon.bytes);
    append_hex_bytes(code, "60195155f3363d3d373d3d363d602036600436635c60da");
    append_hex_bytes(code, "1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c");
    append_hex_bytes(code, "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3");
    append(code, args);
    return keccak256(code);
}

} // namespace

Address create2_address(Address const& factory, Hash32 const& salt, Hash32 const& init_code_hash) {
    std::array<std::uint8_t, 85> preimage{0xff};
    std::ranges::copy(factory.bytes, preimage.begin() + 1);
    std::ranges::copy(salt, preimage.begin() + 21);
    std::ranges::copy(init_code_hash, preimage.begin() + 53);
    auto const hash = keccak256(preimage);
    Address address;
    std::copy_n(hash.begin() + 12, 20, address.bytes.begin());
    return address;
}

WalletFactories const& polygon_wallet_factories() {
    static auto const factories = WalletFactories{
        known("0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"),
        known("0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b"),
        known("0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"),
        known("0x58CA52ebe0DadfdF531Cde7062e76746de4Db1eB"),
        known("0x7A18EDfe055488A3128f01F563e5B479D92ffc3a"),
    };
    return factories;
}

Address proxy_wallet(Address const& owner, WalletFactories const& at) {
    static auto const init_code_hash =
        constant("0xd21df8dc65880a8606f09fe0ce3df9b8869287ab0b058be05aa9e8af6330a00b");
    return create2_address(at.proxy, keccak256(Bytes{owner.bytes}), init_code_hash);
}

Address safe_wallet(Address const& owner, WalletFactories const& at) {
    static auto const init_code_hash =
        constant("0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf");
    return create2_address(at.safe, keccak256(Bytes{word(owner)}), init_code_hash);
}

Address deposit_wallet_uups(Address const& owner, WalletFactories const& at) {
    auto const args = deposit_arguments(owner, at.deposit);
    return create2_address(
        at.deposit, keccak256(Bytes{args}), uups_init_code_hash(at.deposit_implementation, args)
    );
}

Address deposit_wallet_beacon(Address const& owner, WalletFactories const& at) {
    auto const args = deposit_arguments(owner, at.deposit);
    return create2_address(
        at.deposit, keccak256(Bytes{args}), beacon_init_code_hash(at.deposit_beacon, args)
    );
}

} // namespace polyquant::crypto
