"""One rank of the peer in AllReduceBench: torch.distributed allreduce over NCCL, on the GPU of the rank's number.

Arguments: rank, world size, master port, threads. Then commands on standard input, one per line:
`run BYTES WARMUP ITERATIONS` answers, from rank 0, with the mean seconds of ITERATIONS calls that follow each other, for
each of five rounds, as JSON; `quit` ends.
"""

import json
import sys
import time

ROUNDS = 5


def main():
    rank, size, port, threads = (int(word) for word in sys.argv[1:5])
    import torch
    import torch.distributed as dist

    torch.set_num_threads(threads)
    torch.cuda.set_device(rank)
    dist.init_process_group(
        "nccl", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size
    )
    dist.all_reduce(torch.zeros(1, device="cuda"))
    nccl = ".".join(str(part) for part in torch.cuda.nccl.version())
    print(f"ready torch {torch.__version__}, NCCL {nccl}", flush=True)

    def round_of(tensor, iterations):
        torch.cuda.synchronize()
        dist.barrier()
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(iterations):
            dist.all_reduce(tensor)
        torch.cuda.synchronize()
        return (time.perf_counter() - start) / iterations

    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            break
        count, warmup, iterations = int(words[1]) // 4, int(words[2]), int(words[3])
        tensor = torch.zeros(count, device="cuda")
        round_of(tensor, warmup)
        print(json.dumps([round_of(tensor, iterations) for _ in range(ROUNDS)]), flush=True)
    dist.destroy_process_group()


main()
