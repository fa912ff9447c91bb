"""The peers `train.py` and `ddpmpp.py` on several GPUs by DistributedDataParallel.

Argument, beside the script's own: script (its name) and ranks. Starts a process for each GPU and
prints the first one's JSON object; its batch is that of one GPU.
"""

import json
import os
import runpy
import socket
import subprocess
import sys


def main():
    ask = json.loads(sys.argv[1])
    if "RANK" in os.environ:
        rank(ask)
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for number in range(ask["ranks"]):
        environment = dict(
            os.environ,
            RANK=str(number),
            WORLD_SIZE=str(ask["ranks"]),
            LOCAL_RANK=str(number),
            MASTER_ADDR="127.0.0.1",
            MASTER_PORT=str(port),
        )
        out = subprocess.PIPE if number == 0 else subprocess.DEVNULL
        command = [sys.executable, __file__, sys.argv[1]]
        processes.append(subprocess.Popen(command, env=environment, stdout=out, text=True))
    said = processes[0].communicate()[0]
    codes = [process.wait() for process in processes]
    print(said.strip().splitlines()[-1] if said.strip() else json.dumps({"skipped": "no result"}))
    sys.exit(max(abs(code) for code in codes))


def rank(ask):
    import torch
    import torch.distributed
    from torch.nn.parallel import DistributedDataParallel

    import measure

    local = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(local)
    torch.distributed.init_process_group("nccl", device_id=torch.device("cuda", local))
    measure.compiled = lambda module, ask, retain=False: DistributedDataParallel(
        module, device_ids=[local], gradient_as_bucket_view=True
    )
    sys.argv = [ask["script"], json.dumps(ask)]
    runpy.run_path(
        os.path.join(os.path.dirname(os.path.abspath(__file__)), ask["script"]), run_name="__main__"
    )
    torch.distributed.destroy_process_group()


main()
