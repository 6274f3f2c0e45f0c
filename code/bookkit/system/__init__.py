"""What stands between the kit and the machine: files, processes, locks, and ends that tidy up."""
