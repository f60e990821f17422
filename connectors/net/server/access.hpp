// Who may read: by a token, and by the name the browser believes it talks to.
#pragma once

#include "connectors/crypto/secret_bytes.hpp"
#include "connectors/net/server/http_call.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace polyquant::net::server {

// A token out of `file` (the owner's alone), or without one out of the environment variable; empty
// when neither is set. Fault::invalid for a file others can read, and for tokens under 16
// characters or with blanks or quotes in them.
Result<std::optional<crypto::SecretBytes>>
read_access_token(std::filesystem::path const& file, char const* variable);

// Asked before every handler (Router::set_gate).
//
// Without a token only requests that name the loopback as their host are answered: a page of the
// web that has its own name point at 127.0.0.1 reads nothing. With a token every request brings it,
// as "Authorization: Bearer ..." or in the cookie that login() sets.
class Access {
public:
    struct Options {
        std::optional<crypto::SecretBytes> token{};
        std::string cookie{};     // its name; empty: headers only
        bool secure = false;      // over TLS: the cookie is for TLS only
        std::string login_path{}; // answered by login(), with the token as "?token=..."
    };

    explicit Access(Options options) : options_{std::move(options)} {}

    bool has_token() const { return options_.token.has_value(); }

    // 401 or 403; empty: welcome.
    std::optional<HttpReply> refuse(HttpCall const& call) const;
    // Sets the cookie and sends the browser to "/", so that the token leaves the address bar.
    HttpReply login(HttpCall const& call) const;

private:
    bool is_right(std::string_view token) const;
    bool brings_token(HttpCall const& call) const;

    Options options_;
};

} // namespace polyquant::net::server
