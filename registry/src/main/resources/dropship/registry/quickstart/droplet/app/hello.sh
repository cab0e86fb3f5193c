#!/bin/bash
echo "Hello from a droplet: $GREETING"
echo "I am uid $(id -u) in $PWD, instance $CF_INSTANCE_INDEX."
if ! command -v perl > /dev/null; then
  echo "There is no perl here, with which I would answer on port $PORT."
  exit
fi
echo "I answer on port $PORT."
LC_ALL=C exec perl server.pl
