// `polyquant db`: copy, verify and bring up to date a run's ledger.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

//   db backup RUN FILE   a consistent copy, beside a running engine too; verified before it counts
//   db check RUN         the file's pages, then the books
//   db migrate RUN       the newest schema, with a copy of the old file beside it
// Exit codes: 0 fine, 1 the books or the file are damaged, 2 usage, 5 storage.
int run_db(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
