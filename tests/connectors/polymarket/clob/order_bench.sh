#!/usr/bin/env bash
# Our order path and the official client's, in one run on one machine.
#   order_bench.sh BUILD_DIR NPM_DIR      NPM_DIR: npm i @polymarket/clob-client-v2 viem
set -euo pipefail
here=$(dirname "$0")
"$1/tests/connectors/polymarket/clob/clob_bench"
NPM_DIR=$2 node "$here/official_client_bench.mjs"
