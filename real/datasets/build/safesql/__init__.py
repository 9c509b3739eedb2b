"""The builder of SafeSQL-style tasks: seed programs x evolution, kept only if they pass every gate."""
