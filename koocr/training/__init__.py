"""Training that all tasks share: loop, optimisers, schedules, averages, checkpoints, logs."""
