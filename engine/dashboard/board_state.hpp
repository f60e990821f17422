// What the dashboard shows: the newest figures, and a little history that it keeps itself.
#pragma once

#include "engine/metrics/figures.hpp"

#include <deque>
#include <string>
#include <vector>

namespace polyquant::dashboard {

// Points of a line over time. Full, it forgets every other one and takes them half as often: the
// whole run stays visible in bounded memory.
class Line {
public:
    static constexpr std::size_t points_max = 720;

    struct Point {
        std::int64_t at_ms = 0; // Unix time
        double value = 0;
    };

    void add(Point point);

    std::vector<Point> const& points() const { return points_; }

private:
    std::vector<Point> points_;
    std::uint64_t seen_ = 0;
    std::uint64_t every_ = 1;
};

class BoardState {
public:
    static constexpr std::size_t lines_max = 200;
    static constexpr std::size_t windows_max = 40;
    static constexpr std::size_t trace_max = 300;

    void on(metrics::FiguresPtr figures); // once a second
    void on_line(std::string line);       // of the console
    void on_window(observe::SettledWindow window);

    // Null before the first figures.
    metrics::FiguresPtr const& figures() const { return figures_; }

    // One JSON object with everything the page shows; `now` is the steady time of the reader.
    std::string json(Instant now) const;

private:
    // P(UP) and the ask of UP in the present window, second by second.
    struct Trace {
        Window window;

        struct Moment {
            double left = 0; // seconds to the close
            std::optional<double> up;
            std::optional<double> ask;
        };

        std::deque<Moment> moments;
    };

    void trace(metrics::Figures const& figures);

    metrics::FiguresPtr figures_;
    Line equity_;
    std::map<Asset, Trace> traces_;
    std::deque<std::string> lines_;
    std::deque<observe::SettledWindow> windows_;
};

} // namespace polyquant::dashboard
