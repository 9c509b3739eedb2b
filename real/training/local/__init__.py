"""PPO on one device, CPU or GPU: the engine for a laptop and for one GPU."""
