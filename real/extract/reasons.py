"""Why a response holds no program."""

NO_BLOCK = "no code block"
UNCLOSED = "unclosed code fence"
UNCLOSED_THOUGHT = "unclosed think section"
EMPTY = "empty code block"
PLACEHOLDER = "placeholder"
