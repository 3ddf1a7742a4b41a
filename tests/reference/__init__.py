"""Published figures, each with its citation, from the kernel set to the published assumptions."""
