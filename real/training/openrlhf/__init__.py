"""Paper-scale PPO: OpenRLHF on Ray and vLLM, driven from the same configuration as the local trainer.

``plan`` turns a configuration into the exact command line, ``run`` launches, watches and resumes it.
"""
