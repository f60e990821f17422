// [wallet]: which key signs and which wallet holds the money. Secrets are never part of it.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

// How the venue knows the wallet; the numbers are its signature types.
enum class WalletType : std::uint8_t { eoa = 0, proxy = 1, safe = 2, deposit = 3 };

constexpr std::array<Choice<WalletType>, 4> choices(WalletType) {
    return {
        {{"eoa", WalletType::eoa},
         {"proxy", WalletType::proxy},
         {"safe", WalletType::safe},
         {"deposit", WalletType::deposit}}
    };
}

struct WalletParams {
    std::string key;
    WalletType type = WalletType::eoa;
    std::string funder;
    int api_nonce = 0;

    friend bool operator==(WalletParams const&, WalletParams const&) = default;

    std::vector<ParamFault> faults() const {
        std::vector<ParamFault> found;
        if (type != WalletType::eoa && funder.empty())
            found.push_back({"funder", "must name the wallet's address unless type is \"eoa\""});
        return found;
    }

    static constexpr auto table() {
        using P = WalletParams;
        constexpr auto fixed = Change::restart;
        return std::tuple{
            Param{
                "key",
                &P::key,
                "name",
                "The key of the keystore that live mode signs with (`polyquant keys list`); empty: "
                "the only one there is.",
                fixed
            },
            Param{
                "type",
                &P::type,
                "",
                "eoa: the key's own account; proxy: of an email login; safe: of a browser wallet; "
                "deposit: a deposit wallet.",
                fixed
            },
            Param{
                "funder",
                &P::funder,
                "address",
                "The wallet that holds the money (the address the website shows); empty for eoa.",
                fixed
            },
            Param{
                "api_nonce",
                &P::api_nonce,
                0,
                1'000'000,
                "",
                "Which of the key's API credentials; 0 unless you made several.",
                fixed
            },
        };
    }
};

} // namespace polyquant::config
