#include "connectors/chain/redeemer/relay_desk.hpp"

#include "connectors/crypto/bytes.hpp"

#include <fmt/format.h>

#include <sstream>

namespace polyquant::chain {

namespace {

Failure broken(std::string const& record) {
    return {Fault::storage, "relay desk", "no record: " + record.substr(0, 60)};
}

} // namespace

std::string RelayDesk::signed_record(Relayed const& r) {
    return fmt::format(
        "relayed {} {} {} {} {}",
        r.task,
        r.nonce,
        r.from_block,
        r.deadline_s,
        crypto::to_hex(crypto::bytes_of(r.body))
    );
}

std::string RelayDesk::id_record(std::string const& task, std::string const& id) {
    return fmt::format("relay-id {} {}", task, id);
}

std::string RelayDesk::end_record(std::string const& task) {
    return fmt::format("relay-end {}", task);
}

Result<bool> RelayDesk::apply(std::string const& record) {
    std::istringstream in{record};
    std::string word;
    in >> word;
    if (word == "relayed") {
        Relayed r;
        std::string hex;
        if (!(in >> r.task >> r.nonce >> r.from_block >> r.deadline_s >> hex))
            return broken(record);
        auto const body = crypto::parse_hex(hex);
        if (!body) return broken(record);
        r.body.assign(body->begin(), body->end());
        open_ = std::move(r);
        return true;
    }
    if (word != "relay-id" && word != "relay-end") return false;
    std::string task;
    if (!(in >> task)) return broken(record);
    if (!has_task(task)) return true;
    if (word == "relay-end") {
        open_.reset();
        return true;
    }
    if (!(in >> open_->id)) return broken(record);
    return true;
}

} // namespace polyquant::chain
