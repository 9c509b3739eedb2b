"""Evolution by a language model behind any endpoint that speaks the OpenAI chat protocol; recorded and replayable."""
