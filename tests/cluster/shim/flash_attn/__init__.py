"""Test only: stands in for flash-attn, which builds with CUDA alone."""
