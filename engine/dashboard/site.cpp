#include "engine/dashboard/site.hpp"

#include "engine/dashboard/page_parts.hpp"

namespace polyquant::dashboard {

namespace {

using net::Method;
using net::server::HttpCall;
using net::server::HttpReply;

// Scripts, styles and connections of this origin only; no page may frame this one.
constexpr auto policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' "
    "data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void guard(HttpReply& reply) {
    reply.headers.push_back({"Content-Security-Policy", policy});
    reply.headers.push_back({"X-Content-Type-Options", "nosniff"});
    reply.headers.push_back({"X-Frame-Options", "DENY"});
    if (!net::find_header(reply.headers, "Referrer-Policy"))
        reply.headers.push_back({"Referrer-Policy", "no-referrer"});
    if (!net::find_header(reply.headers, "Cache-Control"))
        reply.headers.push_back({"Cache-Control", "no-store"});
}

HttpReply file(std::string_view text, char const* type) {
    return {200, std::string{text}, {}, type};
}

// "http://127.0.0.1:9180" against "127.0.0.1:9180".
bool is_same_origin(std::string_view origin, std::string_view host) {
    auto const scheme = origin.find("://");
    return scheme != std::string_view::npos && origin.substr(scheme + 3) == host;
}

} // namespace

Site::Site(
    runtime::Clock& clock, std::shared_ptr<net::server::Access> access, std::size_t clients_max
)
    : clock_{clock}, access_{std::move(access)}, clients_max_{clients_max} {}

net::server::Router Site::router() {
    net::server::Router router;
    router.set_gate([this](HttpCall const& call) { return access_->refuse(call); });
    router.set_finish([](HttpCall const&, HttpReply& reply) { guard(reply); });
    auto const serve = [&](char const* path, std::string_view text, char const* type) {
        router.add_plain(Method::get, path, [text, type](HttpCall const&) {
            return file(text, type);
        });
    };
    serve("/", page::index_html, "text/html; charset=utf-8");
    serve("/board.css", page::board_css, "text/css; charset=utf-8");
    serve("/board.js", page::board_js, "text/javascript; charset=utf-8");
    serve("/uplot.css", page::uplot_css, "text/css; charset=utf-8");
    serve("/uplot.js", page::uplot_js, "text/javascript; charset=utf-8");
    router.add_plain(Method::get, "/state.json", [this](HttpCall const&) {
        return net::server::json_reply(state_.json(clock_.now()));
    });
    if (access_->has_token())
        router.add_plain(Method::get, "/login", [this](HttpCall const& call) {
            return access_->login(call);
        });
    net::server::WsOptions socket;
    socket.deflate = false; // a page a second to fifty readers: their lines are faster than we pack
    socket.message_bytes_max = 1024;
    socket.queued_max = 8; // a page that does not take its updates is disconnected, and comes back
    socket.ping_every = Seconds{20};
    socket.pong_max = Seconds{20};
    router.add_socket("/live", *this, socket);
    return router;
}

void Site::broadcast() {
    if (peers_.empty()) return;
    auto const text = state_.json(clock_.now());
    // A send may end a connection, which changes the list.
    auto const peers = peers_;
    for (auto const& [id, peer] : peers)
        peer->send(text);
}

std::optional<HttpReply> Site::refuse(HttpCall const& call) {
    // Browsers tell where a script comes from; other pages have no business here.
    if (auto const origin = call.header("Origin");
        origin && !is_same_origin(*origin, call.header("Host").value_or("")))
        return net::server::text_reply("another page's script\n", 403);
    if (peers_.size() >= clients_max_)
        return net::server::text_reply("too many pages are open ([dashboard] clients_max)\n", 503);
    return std::nullopt;
}

void Site::on_open(std::shared_ptr<net::server::WsPeer> peer) {
    auto const id = peer->id();
    peer->send(state_.json(clock_.now()));
    peers_.emplace(id, std::move(peer));
}

void Site::on_text(net::server::WsPeer& peer, std::string_view) {
    peer.close(1008, "this page only listens");
}

void Site::on_closed(net::server::WsPeer& peer, int) {
    peers_.erase(peer.id());
}

} // namespace polyquant::dashboard
