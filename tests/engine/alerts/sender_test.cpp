#include "engine/alerts/sender.hpp"
#include "tests/connectors/net/server/server_world.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <sys/stat.h>

using namespace polyquant;
using namespace polyquant::alerts;

namespace {

crypto::SecretBytes secret(std::string_view text) {
    return crypto::SecretBytes{
        crypto::Bytes{reinterpret_cast<std::uint8_t const*>(text.data()), text.size()}
    };
}

Notice notice(std::string text = "kill switch") {
    Notice n;
    n.kind = AlertKind::trading_halted;
    n.text = std::move(text);
    n.at = utc_from_seconds(1'800'000'000);
    return n;
}

// A service of webhooks on the loopback; every path is a hook.
struct Hooks : net::testing::ServerWorld {
    std::vector<std::string> bodies{};
    std::vector<int> answers{}; // the next ones; then 200
    std::vector<std::string> said{};
    std::unique_ptr<Sender> sender{};

    Hooks() {
        net::server::Router router;
        router
            .add_plain(net::Method::post, "/hook/{key}", [this](net::server::HttpCall const& call) {
                bodies.push_back(call.body);
                auto status = 200;
                if (!answers.empty()) {
                    status = answers.front();
                    answers.erase(answers.begin());
                }
                return net::server::text_reply("secret-key is what you sent", status);
            });
        serve(std::move(router));
    }

    void make(std::vector<Channel> channels, Sender::Options options = {}) {
        sender = std::make_unique<Sender>(
            net::NetContext{
                io.get_executor(),
                clock,
                supervisor,
                dialer,
                groups,
                client,
                net::random_from_seed(1)
            },
            std::move(channels),
            std::move(options),
            [this](std::string const& text) { said.push_back(text); }
        );
        sender->start(supervisor);
    }

    Channel channel(Channel::Service service = Channel::Service::webhook) const {
        return Channel::make(service, secret(url("/hook/secret-key").to_string())).value();
    }

    Sender::Counts counts() const { return sender->counts().at("webhook"); }
};

template <class... C>
std::vector<Channel> list(C... channels) {
    std::vector<Channel> all;
    (all.push_back(std::move(channels)), ...);
    return all;
}

} // namespace

TEST_CASE("A notice reaches its service as that service reads it", "[alerts][sender]") {
    using Service = Channel::Service;
    auto const text = notice("<b> & \"quotes\"");

    CHECK(
        body_of(Service::slack, text, "pq", {}) ==
        R"({"text":"pq: CRITICAL trading_halted: &lt;b&gt; &amp; \"quotes\""})"
    );
    CHECK(
        body_of(Service::discord, text, "pq", {}) ==
        R"({"content":"pq: CRITICAL trading_halted: <b> & \"quotes\"","allowed_mentions":{"parse":[]}})"
    );
    CHECK(
        body_of(Service::telegram, text, "pq", "-1001") ==
        R"({"chat_id":"-1001","text":"pq: CRITICAL trading_halted: <b> & \"quotes\"","disable_web_page_preview":true})"
    );
    CHECK(
        body_of(Service::webhook, notice(), "pq", {}) ==
        R"({"engine":"pq","alert":"trading_halted","subject":"","state":"raised","severity":"critical",)"
        R"("text":"pq: CRITICAL trading_halted: kill switch","at":"2027-01-15T08:00:00Z"})"
    );
    CHECK(body_of(Service::discord, notice(std::string(5'000, 'x')), "pq", {}).size() < 2'000);
}

TEST_CASE("A posted notice is delivered once", "[alerts][sender]") {
    Hooks world;
    world.make(list(world.channel()));

    world.sender->post(notice());
    world.pass_until([&] { return world.counts().sent == 1; });

    CHECK(
        world.bodies == std::vector{body_of(Channel::Service::webhook, notice(), "polyquant", {})}
    );
    world.stop();
}

TEST_CASE("A service in trouble is tried again, with longer pauses", "[alerts][sender]") {
    Hooks world;
    world.answers = {503, 500};
    world.make(list(world.channel()));
    auto const began = world.clock.now();

    world.sender->post(notice());
    world.pass_until([&] { return world.counts().sent == 1; });

    CHECK(world.bodies.size() == 3);
    CHECK(world.clock.now() - began >= Seconds{15});
    world.stop();
}

TEST_CASE("A refusal is final, is said, and shows neither URL nor answer", "[alerts][sender]") {
    Hooks world;
    world.answers = {404};
    world.make(list(world.channel()));

    world.sender->post(notice());
    world.pass_until([&] { return world.counts().failed == 1; });

    CHECK(world.bodies.size() == 1);
    REQUIRE(world.said.size() == 1);
    CHECK(world.said[0].find("404") != std::string::npos);
    CHECK(world.said[0].find("secret-key") == std::string::npos);
    world.stop();
}

TEST_CASE("A channel that hangs holds up no other, and never the poster", "[alerts][sender]") {
    Hooks world;
    auto hanging = Channel::make(Channel::Service::slack, secret("https://nowhere.test/hook/x"));
    Sender::Options options;
    options.queue_max = 4;
    world.make(list(std::move(hanging.value()), world.channel()), options);

    for (int i = 0; i < 10; ++i) {
        world.sender->post(notice());
        auto const want = static_cast<std::uint64_t>(i) + 1;
        world.pass_until([&] { return world.counts().sent == want; });
    }

    auto const slack = world.sender->counts().at("slack");
    CHECK(slack.sent == 0);
    CHECK(slack.dropped + slack.failed > 0);
    world.stop();
}

TEST_CASE(
    "Channels come out of the owner's files, and failures show no secret", "[alerts][channel]"
) {
    runtime::testing::ScratchFolder const folder;
    auto const file = folder / "url";
    config::AlertParams params;
    params.slack_url_file = file.string();
    std::ofstream{file} << "https://hooks.slack.test/services/T0/B0/secret\n";
    ::chmod(file.c_str(), 0600);

    auto const channels = read_channels(params);
    REQUIRE(channels);
    REQUIRE(channels->size() == 1);
    CHECK((*channels)[0].name() == "slack");
    CHECK((*channels)[0].request(notice(), "pq").url.target == "/services/T0/B0/secret");

    std::ofstream{file} << "http://hooks.slack.test/secret";
    auto const plain = describe(read_channels(params).error());
    CHECK(plain.find("https://") != std::string::npos);
    CHECK(plain.find("secret\"") == std::string::npos);
    CHECK(plain.find("hooks.slack.test") == std::string::npos);
    ::chmod(file.c_str(), 0644);
    CHECK(describe(read_channels(params).error()).find("slack_url_file") != std::string::npos);
}

TEST_CASE("A Telegram bot needs its chat, and its token looks like one", "[alerts][channel]") {
    runtime::testing::ScratchFolder const folder;
    auto const file = folder / "token";
    std::ofstream{file} << "12345:abcDEF_-x";
    ::chmod(file.c_str(), 0600);
    config::AlertParams params;
    params.telegram_token_file = file.string();

    CHECK(describe(read_channels(params).error()).find("telegram_chat") != std::string::npos);
    params.telegram_chat = "-1001";
    auto const channels = read_channels(params);
    REQUIRE(channels);
    CHECK(
        channels->at(0).request(notice(), "pq").url.to_string() ==
        "https://api.telegram.org/bot12345:abcDEF_-x/sendMessage"
    );
    std::ofstream{file} << "../../x";
    CHECK(describe(read_channels(params).error()).find("no bot token") != std::string::npos);
}
