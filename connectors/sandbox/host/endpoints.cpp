#include "connectors/sandbox/host/endpoints.hpp"

#include "connectors/json/writer.hpp"

#include <fmt/format.h>

namespace polyquant::sandbox {

std::string endpoints_toml(config::EndpointParams const& endpoints) {
    std::string text = "# Written by `polyquant sandbox`; gone with it.\n[endpoints]\n";
    std::apply(
        [&](auto const&... row) {
            auto const add = [&](auto const& one) {
                auto const& value = endpoints.*one.member;
                // Basic strings of TOML escape what JSON escapes.
                if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
                    text += fmt::format("{} = {}\n", one.name, json::quoted(value));
                else
                    text += fmt::format("{} = {}\n", one.name, value);
            };
            (add(row), ...);
        },
        config::EndpointParams::table()
    );
    return text;
}

} // namespace polyquant::sandbox
