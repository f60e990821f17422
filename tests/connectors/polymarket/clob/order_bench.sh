#!/usr/bin/env bash
# Our order path and the official client's, in one run on one machine.
#   order_bench.sh [BUILD_DIR]      build/release; its targets clob_bench and loop_bench
# First what it takes to the signed request, then end to end against a sandbox on the loopback.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd)
here=$root/tests/connectors/polymarket/clob
built=${1:-$root/build/release}/tests/connectors/polymarket/clob
"$root/tools/fetch_node_clients" polymarket >/dev/null
npm_dir=$root/build/deps/node/polymarket
"$built/clob_bench"
NPM_DIR=$npm_dir node "$here/official_client_bench.mjs"
"$built/loop_bench" "$npm_dir"
