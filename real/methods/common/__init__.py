"""What several methods share: losses, masks, the training loop, adapters, findings."""
