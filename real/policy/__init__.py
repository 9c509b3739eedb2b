"""The policy model: the embedded tiny one, its tokenizer and warm start, and hub models."""
