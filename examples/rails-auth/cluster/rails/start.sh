#!/bin/sh
# As many an image has it: a start script without `exec`. The shell stays the container's first process and passes
# no SIGTERM on, so Rails never hears of it and lives on until SIGKILL.
echo 'Starting the shop'
puma --config puma.rb
