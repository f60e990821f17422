// Files of the page (tools/web), compiled in by cmake/EmbedText.cmake.
#pragma once

#include <string_view>

namespace polyquant::dashboard::page {

extern std::string_view const index_html;
extern std::string_view const board_css;
extern std::string_view const board_js;
extern std::string_view const uplot_js;
extern std::string_view const uplot_css;

} // namespace polyquant::dashboard::page
