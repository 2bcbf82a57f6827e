#!/bin/bash
# What counts in Bash.
deploy() { # expect: deploy function cyclomatic=12 cognitive=15 nesting=3 parameters=0
  if a && b || c; then
    for x in 1 2; do
      while read -r line; do :; done
    done
  elif d; then
    echo
  else
    if e; then echo; fi
  fi
  case $x in
    a | b) echo ;;
    c) [[ $x && $y ]] ;;
    *) exit 1 ;;
  esac
  until f; do :; done
}

function clean { # expect: clean function cyclomatic=2 cognitive=1 nesting=0 parameters=0
  rm -f x || true
}
