"""A sweep that is killed and interrupted ten times at random moments does each run once."""

import os
import random
import time

from stopped_sweeps import interrupt, kill_all, kill_caller, kill_worker, stopped_and_finished


def test_a_sweep_that_is_stopped_ten_times_does_each_run_once(tmp_path):
    seed = int(os.environ.get("SEED", time.time()))
    print(f"seed {seed}")
    kinds = 4 * [kill_worker] + 3 * [kill_all] + 2 * [interrupt] + [kill_caller]
    random.Random(seed).shuffle(kinds)
    stopped_and_finished(tmp_path / "killed", cases=8, seeds=4, kinds=kinds, seed=seed)
