// The doctor's look at an unlocked account: standing, money, approvals, what rests.
#pragma once

#include "config/run_config.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/clob/clob_account.hpp"
#include "engine/app/doctor_check.hpp"

#include <memory>
#include <optional>

namespace polyquant::app {

// What the run will need of the wallet.
struct WalletNeeds {
    Usdc money;            // free and reserved money of all strategies together
    bool neg_risk = false; // a strategy looks at markets of every kind
};

// Money that the configuration's strategies start with; those that look at every market need the
// neg-risk exchange too.
WalletNeeds wallet_needs(config::RunConfig const& config);

// Opens a session of its own; its checks refer to it. Run every check once.
class AccountChecks {
public:
    AccountChecks(
        net::NetContext& context,
        config::RunConfig const& config,
        polymarket::ClobAccount account,
        WalletNeeds needs
    );

    std::vector<DoctorCheck> all();

    // Credentials that the venue gave because none were stored, or those stored were refused.
    std::optional<crypto::ApiCredentials> new_credentials() const;

private:
    using Answer = Task<Result<CheckOutcome>>;

    Answer account(Instant deadline);
    Answer balance(Instant deadline);
    Answer approvals(Instant deadline);
    Answer chain(Instant deadline);
    Answer resting(Instant deadline);
    // True once the session is open; false when it could not be opened.
    Task<bool> is_open(Instant deadline);

    net::NetContext& context_;
    config::RunConfig const& config_;
    WalletNeeds needs_;
    std::unique_ptr<polymarket::ClobSession> session_{};
    std::optional<polymarket::ClobAccountBook> book_{};
    std::optional<Failure> unusable_{};
    bool tried_ = false;
};

} // namespace polyquant::app
