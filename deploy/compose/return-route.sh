#!/bin/sh
# docs/transparent.md, B: what a backend on 127.0.0.1 sends to a client is delivered on this machine, to the gateway's socket.
set -eu
ip rule del from 127.0.0.1/8 iif lo table 123 2>/dev/null || true
ip rule add from 127.0.0.1/8 iif lo table 123
ip route replace local 0.0.0.0/0 dev lo table 123
