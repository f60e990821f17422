// [alerts]: when a human is told, and where.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

struct AlertParams {
    bool enabled = true;
    std::string name = "polyquant";
    std::string slack_url_file;
    std::string discord_url_file;
    std::string webhook_url_file;
    std::string telegram_token_file;
    std::string telegram_chat;
    std::string telegram_api = "https://api.telegram.org";
    Seconds stuck_after = 15s;
    Seconds quiet_after = 600s;
    Seconds feed_silent_after = 60s;
    Seconds breaker_open_after = 60s;
    Seconds books_differ_after = 120s;
    Seconds unsettled_after{3'600};
    Millis clock_offset_max{1'000};
    double disk_free_min_gb = 2;
    Seconds repeat_after{4 * 3'600};
    std::int64_t notices_per_hour = 20;

    friend bool operator==(AlertParams const&, AlertParams const&) = default;

    static constexpr auto table() {
        using P = AlertParams;
        constexpr auto fixed = Change::restart;
        constexpr auto week = Seconds{7 * 86'400};
        return std::tuple{
            Param{"enabled", &P::enabled, "", "Watch the run, and tell.", fixed},
            Param{"name", &P::name, "", "What this engine is called in messages.", fixed},
            Param{
                "slack_url_file",
                &P::slack_url_file,
                "path",
                "A file of the owner's with Slack's webhook URL; empty: the variable "
                "POLYQUANT_SLACK_URL, or none.",
                fixed
            },
            Param{
                "discord_url_file",
                &P::discord_url_file,
                "path",
                "The same for Discord; POLYQUANT_DISCORD_URL.",
                fixed
            },
            Param{
                "webhook_url_file",
                &P::webhook_url_file,
                "path",
                "The same for any service that takes JSON; POLYQUANT_WEBHOOK_URL.",
                fixed
            },
            Param{
                "telegram_token_file",
                &P::telegram_token_file,
                "path",
                "The token of a Telegram bot; POLYQUANT_TELEGRAM_TOKEN.",
                fixed
            },
            Param{
                "telegram_chat",
                &P::telegram_chat,
                "",
                "Id or @name of the chat the bot writes to.",
                fixed
            },
            Param{"telegram_api", &P::telegram_api, "URL", "Where bots are served.", fixed},
            Param{
                "stuck_after",
                &P::stuck_after,
                5s,
                Seconds{3'600},
                "",
                "The engine's own loop has not moved for so long.",
                fixed
            },
            Param{
                "quiet_after",
                &P::quiet_after,
                10s,
                week,
                "",
                "No event of any feed for so long.",
                fixed
            },
            Param{
                "feed_silent_after",
                &P::feed_silent_after,
                0s,
                week,
                "",
                "A feed's topic has been silent for so long.",
                fixed
            },
            Param{
                "breaker_open_after",
                &P::breaker_open_after,
                0s,
                week,
                "",
                "A circuit breaker has been open for so long.",
                fixed
            },
            Param{
                "books_differ_after",
                &P::books_differ_after,
                0s,
                week,
                "",
                "Our books have not equalled the venue's, or an order's outcome has been unknown, "
                "for so long.",
                fixed
            },
            Param{
                "unsettled_after",
                &P::unsettled_after,
                60s,
                week,
                "after close",
                "A position still has no outcome.",
                fixed
            },
            Param{
                "clock_offset_max",
                &P::clock_offset_max,
                10ms,
                Millis{3'600'000},
                "",
                "Our clock against the venue's.",
                fixed
            },
            Param{
                "disk_free_min_gb",
                &P::disk_free_min_gb,
                0.0,
                1e6,
                "GB",
                "Less free space than this where the state lies.",
                fixed
            },
            Param{
                "repeat_after",
                &P::repeat_after,
                60s,
                week,
                "",
                "What is still wrong is told again after this.",
                fixed
            },
            Param{
                "notices_per_hour",
                &P::notices_per_hour,
                std::int64_t{1},
                std::int64_t{1'000},
                "messages",
                "More are kept back and counted in the next one.",
                fixed
            },
        };
    }
};

} // namespace polyquant::config
