// An upgraded connection. For the .cpp files of this folder only.
#pragma once

#include "connectors/net/server/server_state.hpp"
#include "engine/runtime/mailbox.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace polyquant::net::server {

using RawRequest = boost::beast::http::request<boost::beast::http::string_body>;

class WsConnection final : public WsPeer, public std::enable_shared_from_this<WsConnection> {
public:
    WsConnection(
        std::shared_ptr<ServerState> state,
        std::shared_ptr<Wire> wire,
        HttpCall upgrade,
        WsService& service,
        WsOptions options
    );
    ~WsConnection() override;

    // From the upgrade to the end, on the connection's own job.
    Task<Result<void>> run(RawRequest request);

    std::uint64_t id() const override { return upgrade_.connection; }

    HttpCall const& upgrade() const override { return upgrade_; }

    bool is_open() const override { return is_open_; }

    bool send(std::string text, std::string_view topic) override;
    void close(int code, std::string reason) override;
    void reset() override;

private:
    struct Socket;

    struct Post {
        enum class Kind : std::uint8_t { text, ping, close, wake, last };
        Kind kind = Kind::text;
        std::string text{};
        int code = 0;
    };

    Task<Result<void>> accept(RawRequest request);
    Task<Result<int>> read_all();
    static Task<void> write_all(std::shared_ptr<WsConnection> self);
    static Task<void> watch(std::shared_ptr<WsConnection> self);
    Task<Result<void>> write(Post const& post);
    Task<Result<void>> write_in_time(Post const& post);
    bool has_housekeeping() const;
    std::optional<Post> due(Instant now);
    void on_message(std::string_view text);
    bool post(Post post);
    void release_held();
    void end();

    std::shared_ptr<ServerState> state_;
    std::shared_ptr<Wire> wire_;
    HttpCall upgrade_;
    WsService& service_;
    WsOptions options_;
    std::unique_ptr<Socket> socket_;
    runtime::Mailbox<Post, runtime::Fatal> posts_;
    std::optional<std::string> held_{}; // waits for the next message to overtake it
    Instant held_until_{};
    Instant opened_at_{};
    Instant heard_at_{};
    Instant pinged_at_{};
    bool awaits_pong_ = false;
    bool is_open_ = false;
};

} // namespace polyquant::net::server
