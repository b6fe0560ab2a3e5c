#!/bin/sh
# Stands in for AWS: takes so many seconds of the simulated world.
exec sleep "$(awk "BEGIN { print $1 / SPEED }")"
