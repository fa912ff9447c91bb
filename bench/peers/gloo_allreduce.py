"""One rank of the peer in AllReduceBench: torch.distributed allreduce over Gloo.

Arguments: rank, world size, master port, threads. Then commands on standard input, one per line:
`run BYTES WARMUP ITERATIONS` answers, from rank 0, with the seconds of each iteration as JSON; `quit` ends.
"""

import json
import os
import sys
import time


def main():
    rank, size, port, threads = (int(word) for word in sys.argv[1:5])
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    import torch
    import torch.distributed as dist

    torch.set_num_threads(threads)
    dist.init_process_group(
        "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size
    )
    print("ready torch " + torch.__version__, flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            break
        count, warmup, iterations = int(words[1]) // 4, int(words[2]), int(words[3])
        tensor = torch.ones(count)
        seconds = []
        for i in range(warmup + iterations):
            dist.barrier()
            start = time.perf_counter()
            dist.all_reduce(tensor)
            if i >= warmup:
                seconds.append(time.perf_counter() - start)
            tensor.fill_(1.0)
        print(json.dumps(seconds), flush=True)
    dist.destroy_process_group()


main()
