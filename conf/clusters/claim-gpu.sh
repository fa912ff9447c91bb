#!/usr/bin/env bash
# GPU discovery for several Spark workers on one host: each caller gets one GPU that no other live process has.
# Spark's standalone workers do not know of each other: all would claim all GPUs that discover-gpus.sh prints, and two
# executors would compute on the same one. A claim is a file that names the calling process (a worker, or the driver
# with local-cluster, which calls once for each of its workers) and falls when that process is gone.
#   --conf spark.worker.resource.gpu.amount=1 --conf spark.worker.resource.gpu.discoveryScript=conf/clusters/claim-gpu.sh
# TESSERA_GPU_CLAIMS names the folder of claims; all workers of a host share it.
set -euo pipefail
claims=${TESSERA_GPU_CLAIMS:-${TMPDIR:-/tmp}/tessera-gpu-claims-$(id -u)}

# Number and start of a process: a number alone is used again.
identity() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  set -- "$1" ${stat##*) }
  echo "$1 ${21}"
}

alive() {
  [ "$(identity "${1%% *}" || true)" = "$1" ]
}

mkdir -p "$claims"
exec 9>"$claims/lock"
flock -w 30 9
own=$(identity "$PPID")
taken=
for gpu in $(nvidia-smi --query-gpu=index --format=csv,noheader); do
  holder=$(cat "$claims/$gpu" 2>/dev/null || true)
  if [ -n "$holder" ] && alive "$holder"; then
    taken="$taken $gpu (process ${holder%% *})"
    continue
  fi
  echo "$own" >"$claims/$gpu"
  echo "{\"name\": \"gpu\", \"addresses\": [\"$gpu\"]}"
  exit 0
done
echo "claim-gpu.sh: no GPU is free:${taken:- there is none}" >&2
exit 1
