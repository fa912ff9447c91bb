#!/usr/bin/env bash
# GPU discovery for Spark: prints the addresses of this host's NVIDIA GPUs as Spark expects them.
#   --conf spark.executor.resource.gpu.amount=8 --conf spark.task.resource.gpu.amount=1
#   --conf spark.executor.resource.gpu.discoveryScript=conf/clusters/discover-gpus.sh
set -euo pipefail
addresses=$(nvidia-smi --query-gpu=index --format=csv,noheader | sed 's/.*/"&"/' | paste -sd, -)
echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
